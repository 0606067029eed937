"""Load figures as ratios in one run, as a table: `make bench`. `--quick` leaves the large rosters out."""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.load import quizzes, rosters, segments, servers, webhooks

FRIENDS = 120_000
ROUNDS = 10  # of a quiz of ten questions, by each friend
MANY_FRIENDS = 1_000_000


def main() -> None:
    """Measure and print."""
    servers.refuse_strangers()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--turns", type=int, default=5)
    arguments.add_argument("--requests", type=int, default=2_000)
    chosen = arguments.parse_args()
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = webhooks.measure(folder, turns=chosen.turns, requests=chosen.requests, idle=200)
        show(console, "Webhook, SQLite FULL, one web process, two cores shared with the load", webhooks.table(figures))
        played = quizzes.measure(folder, turns=chosen.turns, rounds=ROUNDS)
        show(console, "A quiz in the chat, SQLite FULL, one web process", quizzes.table(played))
        if chosen.quick:
            return
        empty, full = rosters.measure_memory(folder, 0), rosters.measure_memory(folder, FRIENDS)
        rows = [
            ("web plus jobs, empty database", f"{empty:.0f} MB", ""),
            (f"web plus jobs, {FRIENDS:,} friends", f"{full:.0f} MB", "≤ 300 MB"),
            ("  above the empty one", f"{full - empty:.0f} MB", "≤ 40 MB"),
        ]
        show(console, "Memory (PSS)", rows)
        found = [(what, f"{wait:.1f} ms", "≤ 40 ms") for what, wait in rosters.measure_lists(MANY_FRIENDS)]
        show(console, f"Friends list, PostgreSQL, {MANY_FRIENDS:,} friends", found)
        for kind, of_segments in segments.measure_both(folder, MANY_FRIENDS, rounds=chosen.turns):
            title = f"Segments of ten leaves, {kind}, {MANY_FRIENDS:,} friends with ten tags each"
            show(console, title, segments.table(kind, of_segments))


def show(console: Console, title: str, rows: list[tuple[str, str, str]]) -> None:
    """Print one table."""
    table = Table("what", "measured", "wanted", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
