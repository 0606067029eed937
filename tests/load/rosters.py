"""A large roster: memory of web plus jobs, and the friends list on PostgreSQL."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
from sqlalchemy import select, text

from bot import schema
from bot.clock import utc_now
from bot.database import Database, connect
from bot.services import demo, demo_friends, friend_lists
from models import FriendState, Tag
from tests import databases
from tests.load import servers
from tests.load.wire import standin

MEGABYTE = 1024 * 1024


def memory_of(process: "subprocess.Popen[bytes]") -> float:
    """The share of memory (PSS) of a process and its children, in megabytes."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / MEGABYTE


def measure_memory(folder: Path, friends: int) -> float:
    """Web plus jobs after they looked at everything once: megabytes of PSS."""
    url = f"sqlite:///{folder}/memory-{friends}.sqlite3"
    db = connect(url)
    schema.migrate(db.engine)
    if friends:
        demo.seed_brand(db, now=utc_now())
        demo_friends.add_friends(db, friends, now=utc_now())
    db.dispose()
    with standin() as line_port, ExitStack() as stack:
        env = servers.environment(url, line_port)
        port, web = stack.enter_context(servers.web(env, folder / "memory.log"))
        jobs = stack.enter_context(servers.jobs(env, folder / "memory.log"))
        for path in ("readyz", "metrics", "healthz"):
            subprocess.run(
                [sys.executable, "-c", f"import requests; requests.get('http://127.0.0.1:{port}/{path}', timeout=30)"],
                check=True,
            )
        time.sleep(12)
        return memory_of(web) + memory_of(jobs)


def measure_lists(friends: int) -> list[tuple[str, float]]:
    """Median milliseconds of the friends list's queries on PostgreSQL at so many friends."""
    with databases.postgres_server() as server:
        db = connect(server.make("lists"), pool_size=2)
        demo.seed_brand(db, now=utc_now())
        demo_friends.add_friends(db, friends, now=utc_now())
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        found = [(what, _median(db, run)) for what, run in _queries(db)]
        db.dispose()
        return found


Query = Callable[[Database], object]


def _queries(db: Database) -> list[tuple[str, Query]]:
    with db() as session:
        tag_ids = list(session.scalars(select(Tag.id).order_by(Tag.id)))

    def pages(**wanted: object) -> Query:
        def run(db: Database) -> object:
            with db() as session:
                return friend_lists.page(session, limit=50, now=utc_now(), **wanted)  # type: ignore[arg-type]

        return run

    return [
        ("list, first page", pages()),
        ("list, in the middle", pages(after=500_000)),
        ("list, following only", pages(state=FriendState.FOLLOWING)),
        ("search, common name", pages(search="王")),
        ("search, rare name", pages(search="林雅婷")),
        ("search, nobody", pages(search="查無此人名")),
        ("tag filter, first tag", pages(tag_id=tag_ids[0])),
        ("tag filter, last tag", pages(tag_id=tag_ids[-1])),
        ("tag and name", pages(tag_id=tag_ids[0], search="王")),
    ]


def _median(db: Database, run: Query) -> float:
    waits = []
    for _ in range(9):
        began = time.perf_counter()
        run(db)
        waits.append(time.perf_counter() - began)
    return statistics.median(waits) * 1000
