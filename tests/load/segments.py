"""Segments of a big brand: the exact count against SQL written by hand, the estimate, the stream.

Both databases; the ratio is of the best times of several rounds in which everybody takes turns.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot import schema
from bot.database import Database, connect
from bot.services import segments
from models import QuizVersion
from tests import databases
from tests.conftest import NOW
from tests.load import segment_brand, segment_sql

QUESTIONS = [{"key": "q1", "text": "膚質？", "choices": [{"key": f"c{number}"} for number in range(4)]}]
RESULTS = [{"key": f"r{number}", "name": f"結果 {number}"} for number in range(4)]


@dataclass(frozen=True)
class Counted:
    """The best times, in seconds, of counting one segment."""

    name: str
    friends: int
    ours: float
    by_hand: float
    best_way: str
    estimate: float
    guess: int

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.by_hand


@dataclass(frozen=True)
class Figures:
    """What one database did."""

    counts: list[Counted]
    streamed: float  # friends a second, of a segment, with the time to find them
    everybody: float  # and of all who follow


def measure(db: Database, *, rounds: int) -> Figures:
    """Count, estimate and stream on a database that `segment_brand.make` filled."""
    with db.begin() as session:
        version = session.get_one(QuizVersion, 1)
        version.questions, version.results = QUESTIONS, RESULTS
    often: dict[str, object] = segment_sql.SEGMENTS["tags and answers"]
    everybody: dict[str, object] = {"all": []}
    with db() as session:
        counts = [_counted(session, name, rounds) for name in segment_sql.SEGMENTS]
        all_of_them = segments.count(session, everybody, now=NOW)
    return Figures(counts, _stream(db, often, counts[0].friends), _stream(db, everybody, all_of_them))


def table(kind: str, figures: Figures) -> list[tuple[str, str, str]]:
    """Return the rows of the table that make bench prints."""
    rows = []
    for one in figures.counts:
        by_hand = f"{one.by_hand * 1000:.0f} ms by hand ({one.best_way})"
        counted = f"{one.ours * 1000:.0f} ms, {by_hand}: {one.ratio:.2f}"
        rows.append((f"{kind}: {one.name}, {one.friends:,} friends", counted, "≤ 1.3"))
        rows.append((f"{kind}: estimate of it", f"{one.estimate * 1000:.0f} ms, {one.guess:,}", "≤ 300 ms"))
    rows.append((f"{kind}: all friends streamed in order", f"{figures.everybody:,.0f} a second", "≥ 100,000"))
    rows.append((f"{kind}: the first segment's, found and streamed", f"{figures.streamed:,.0f} a second", "≥ 100,000"))
    return rows


def measure_both(folder: Path, friends: int, *, rounds: int) -> Iterator[tuple[str, Figures]]:
    """Fill and measure a database of each kind."""
    for kind, opened in (("PostgreSQL", _postgres()), ("SQLite", _sqlite(folder))):
        with opened as db:
            segment_brand.make(db, friends, now=NOW)
            yield kind, measure(db, rounds=rounds)


def _counted(session: Session, name: str, rounds: int) -> Counted:
    conditions, is_sqlite = segment_sql.SEGMENTS[name], session.get_bind().dialect.name == "sqlite"
    ways = dict(segment_sql.by_hand(name, is_sqlite=is_sqlite))
    best = dict.fromkeys((*ways, "ours", "estimate"), float("inf"))
    friends = guess = -1
    for _ in range(rounds):
        for way, statement in ways.items():
            began = time.perf_counter()
            found = _by_hand(session, statement)
            best[way] = min(best[way], time.perf_counter() - began)
            if friends not in (-1, found):
                raise AssertionError(f"{name}: {way} finds {found} friends, not {friends}")
            friends = found
        began = time.perf_counter()
        if segments.count(session, conditions, now=NOW) != friends:
            raise AssertionError(f"{name}: by hand there are {friends}")
        best["ours"] = min(best["ours"], time.perf_counter() - began)
        began = time.perf_counter()
        guess = segments.estimate(session, conditions, now=NOW).friends
        best["estimate"] = min(best["estimate"], time.perf_counter() - began)
    winner = min(ways, key=best.__getitem__)
    return Counted(name, friends, best["ours"], best[winner], winner, best["estimate"], guess)


def _by_hand(session: Session, statement: str) -> int:
    """The hand knows as well as we do that PostgreSQL's compiler costs more here than it brings."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SET LOCAL jit = off"))
    return int(session.connection().exec_driver_sql(statement).scalar_one())


def _stream(db: Database, conditions: object, wanted: int) -> float:
    """Return how many friends came in a second, from the question to the last of them."""
    began, last, found = time.perf_counter(), 0, 0
    for friend_id, _ in segments.stream(db, conditions, now=NOW):
        if friend_id <= last:
            raise AssertionError(f"{friend_id} comes after {last}")
        last, found = friend_id, found + 1
    elapsed = time.perf_counter() - began
    if found != wanted:
        raise AssertionError(f"{found} friends streamed, {wanted} counted")
    return found / elapsed


@contextmanager
def _postgres() -> Iterator[Database]:
    with databases.postgres_server() as server:
        db = connect(server.make("segments"), pool_size=2)
        yield db
        db.dispose()


@contextmanager
def _sqlite(folder: Path) -> Iterator[Database]:
    db = connect(f"sqlite:///{folder}/segments.sqlite3", pool_size=2)
    schema.migrate(db.engine)
    yield db
    db.dispose()
