"""Twenty minutes at half load: `make soak`. Nothing is lost, memory stays flat."""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bot import schema
from bot.database import connect
from tests.load import servers
from tests.load.rosters import memory_of
from tests.load.texts import add_rules, texts
from tests.load.wire import hear_all, post_all, standin

PER_SECOND = 250  # about half of what is fully answered
SETTLED = 60  # seconds until caches are filled


def main() -> None:
    """Run for `--minutes` and print a line a minute. Exit code 1 if a reply is missing or memory grew by a fifth."""
    servers.refuse_strangers()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=20)
    minutes = arguments.parse_args().minutes
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as name, standin() as line_port, ExitStack() as stack:
        folder = Path(name)
        url = f"sqlite:///{folder}/soak.sqlite3"
        db = connect(url)
        schema.migrate(db.engine)
        db.dispose()
        add_rules(url)
        env = servers.environment(url, line_port)
        port, web = stack.enter_context(servers.web(env, folder / "web.log"))
        jobs = stack.enter_context(servers.jobs(env, folder / "jobs.log"))
        began = shown = time.monotonic()  # what is compared is memory after the first minute: processes are warm then
        first, until, asked, heard = 0.0, began + minutes * 60, 0, 0
        while time.monotonic() < until:
            second = time.monotonic()
            post_all(port, texts(PER_SECOND), parallel=8)
            asked += PER_SECOND
            heard += len(hear_all(line_port, asked - heard, patience=2))
            if time.monotonic() - shown > SETTLED:
                shown, used = time.monotonic(), memory_of(web) + memory_of(jobs)
                first = first or used
                console.print(f"{shown - began:6.0f} s  asked {asked:7d}  answered {heard:7d}  memory {used:5.0f} MB")
            time.sleep(max(0.0, 1 - (time.monotonic() - second)))
        heard += len(hear_all(line_port, asked - heard, patience=30))
        used = memory_of(web) + memory_of(jobs)
    console.print(f"asked {asked}, answered {heard}, memory {first:.0f} → {used:.0f} MB")
    if heard != asked or used > first * 1.2:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
