"""Kills and faults in ten seeds, on both databases: `make torture`."""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console
from sqlalchemy import func, select

from bot.database import connect
from models import AnswerState, WebhookEvent
from tests import databases
from tests.factories import set_greeting
from tests.journeys.town import Town, stored_events, unfinished, wait_until
from tests.load import servers

FRIENDS = 300
KILLS = 4
FAULTS = ("error_before", "error_after", "reset_before", "reset_after", "rate_limit")


def main() -> None:
    """Run every seed on each database and print what came of it. Exit code 1 at the first broken promise."""
    servers.refuse_strangers()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=10)
    seeds = arguments.parse_args().seeds
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as name, databases.postgres_server() as server:
        folder = Path(name)
        template = databases.make_sqlite_template(folder)
        for seed in range(seeds):
            file = folder / f"torture-{seed}.sqlite3"
            shutil.copy(template, file)
            console.print(f"seed {seed} sqlite      {run(f'sqlite:///{file}', folder, seed)}")
            url = server.make(f"torture_{seed}")
            console.print(f"seed {seed} postgresql  {run(url, folder, seed)}")


def run(database_url: str, folder: Path, seed: int) -> str:
    """One seed: follows in bursts, web and jobs killed at random moments, LINE failing in every way it can.

    Raises SystemExit if somebody acknowledged is lost or anybody is greeted twice.
    """
    chance = random.Random(seed)
    db = connect(database_url, pool_size=5)
    with db.begin() as session:
        set_greeting(session)
    town = Town(db, database_url, folder)
    try:
        town.ask("PUT", "webhooks/behaviour", redeliver=True, copies=chance.randint(1, 3))
        for number, kind in enumerate(FAULTS):
            fault = {"endpoint": "*reply", "kind": kind, "probability": 0.05, "count": None, "seed": seed + number}
            town.ask("POST", "faults", **fault)
        jobs, other_jobs, web = town.start_jobs(), town.start_jobs(), town.start_web()
        for kill in range(KILLS):
            town.follow(FRIENDS // KILLS, first=kill * (FRIENDS // KILLS))
            time.sleep(chance.uniform(0, 1.5))
            for process in (web, jobs, other_jobs):
                town.kill(process)
            jobs, other_jobs, web = town.start_jobs(), town.start_jobs(), town.start_web()
        town.ask("DELETE", "faults")
        wait_until(lambda: town.ask("GET", "webhooks")["waiting"] == 0, patience=90, what="every webhook delivered")
        wait_until(lambda: unfinished(db) == 0, patience=90, what="every answer settled")
        return judge(town, stored_events(db))
    finally:
        town.close()
        db.dispose()


def judge(town: Town, stored: int) -> str:
    """Say what came of a seed. Raises SystemExit for a lost event or a second greeting.

    A reply token lives one minute: where the machine was too slow to have a process up within it, the greeting is
    on the list of what was not said, for staff to see, and counts as expired here.
    """
    greeted = town.greetings()
    acknowledged = town.acknowledged_events()
    expired = expired_answers(town)
    twice = sum(1 for times in greeted.values() if times > 1)
    found = f"acknowledged {acknowledged}, stored {stored}, greeted {len(greeted)}, expired {expired}, twice {twice}"
    if twice or stored < acknowledged or len(greeted) + expired < acknowledged:
        raise SystemExit(found)
    return found


def expired_answers(town: Town) -> int:
    """How many answers were still unsaid when their reply token ended."""
    with town.db() as session:
        unsaid = select(func.count()).where(WebhookEvent.answer_state == AnswerState.EXPIRED)
        return session.scalar(unsaid) or 0


if __name__ == "__main__":
    main()
