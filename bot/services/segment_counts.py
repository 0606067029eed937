"""How many friends conditions hold for, who they are, and all of them in order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.rules.segments import Condition
from bot.rules.segments.simplifying import expand, simplify
from bot.services import segment_queries, segment_references
from bot.services.segment_leaves import Setting
from bot.services.segment_queries import Wanted
from models import Friend

ONE_IN = 100  # friends, in the sample
SURELY_FEW = 300  # in the sample: then everybody is counted
FEW = (2_000, 40_000)  # to begin a query with; asked for in steps, because asking costs as well
WALKED = 20_000  # friends asked one by one for a page, before a set is made of all
SLICE = 5_000


@dataclass(frozen=True)
class Estimate:
    """About how many friends, from one in a hundred; exact where there are not many friends at all."""

    friends: int
    is_exact: bool


def wanted_of(session: Session, condition: Condition, *, now: datetime) -> Wanted:
    """Make checked conditions ready: other segments put in, in as few words as possible."""
    whole = expand(condition, segment_references.segments_in(session, condition))
    links = segment_references.links_in(session, whole)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return Wanted(simplify(whole, links), Setting(now, links, is_sqlite))


def count(session: Session, wanted: Wanted) -> int:
    """Return how many friends the conditions hold for."""
    query = _of_all(session, wanted, func.count())
    with tuned(session, NO_LOOPS | NO_JIT if query.is_broad else NO_JIT):
        return session.scalar(query.statement) or 0


def estimate(session: Session, wanted: Wanted) -> Estimate:
    """Return about how many friends, quickly."""
    with tuned(session, NO_JIT | NO_BITMAPS):
        everybody, found = session.execute(segment_queries.of_sample(wanted)).one()
    if everybody < SURELY_FEW:
        return Estimate(count(session, wanted), is_exact=True)
    return Estimate(found * ONE_IN, is_exact=False)


def page(session: Session, wanted: Wanted, *, limit: int, after: int = 0) -> list[Friend]:
    """Return up to `limit` of the friends whose id is greater than `after`, the smallest first.

    What is common is met soon by asking one friend after the other; what is rare is found as a set.
    """
    ids = _walk(session, wanted, limit, after)
    return list(session.scalars(select(Friend).where(Friend.id.in_(ids)).order_by(Friend.id))) if ids else []


def stream(db: Database, condition: Condition, *, now: datetime, slice_of: int = SLICE) -> Iterator[tuple[int, str]]:
    """Yield (id, LINE user id) of all the friends in the order of their ids, as of one moment."""
    with db() as session:
        wanted = wanted_of(session, condition, now=now)
        query = _of_all(session, wanted, Friend.id, Friend.line_user_id)
        options = {"stream_results": True, "yield_per": slice_of}
        with tuned(session, (NO_LOOPS if query.is_broad else {}) | NO_JIT | WHOLE_CURSOR):
            found = session.connection().execute(query.statement.order_by(Friend.id), execution_options=options)
            for slice_ in found.partitions():
                yield from slice_


NO_JIT = {"jit": "off"}  # compiling such a query takes longer than running it
NO_LOOPS = {"enable_nestloop": "off"}  # how many friends an attribute leaves is not known beforehand
NO_BITMAPS = {"enable_bitmapscan": "off"}  # of everybody who is following, to find the few of them in the sample
WHOLE_CURSOR = {"cursor_tuple_fraction": "1.0"}  # it will be read to its end


@contextmanager
def tuned(session: Session, settings: Mapping[str, str]) -> Iterator[None]:
    """Let PostgreSQL plan the queries of the block under these settings, and as before after it."""
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    before = [func.current_setting(name) for name in settings]  # read first, then set
    known = session.execute(select(*before, *_set(settings))).one()[: len(settings)]
    yield
    session.execute(select(*_set(dict(zip(settings, known, strict=True)))))


def _set(settings: Mapping[str, str]) -> list[Any]:
    return [func.set_config(name, value, True) for name, value in settings.items()]


@dataclass(frozen=True)
class _Query:
    statement: Select[Any]
    is_broad: bool


def _of_all(session: Session, wanted: Wanted, *columns: Any) -> _Query:
    """Choose how to ask for all the friends: from the few of the rarest part, or broadly."""
    start = _start(session, wanted)
    if start is not None:
        return _Query(segment_queries.narrowly(wanted, start, *columns), is_broad=False)
    broad = segment_queries.broadly(wanted, *columns)
    if broad is None:
        return _Query(segment_queries.one_by_one(wanted, *columns), is_broad=False)
    return _Query(broad, is_broad=True)


def _start(session: Session, wanted: Wanted) -> Condition | None:
    """Return the part that must hold and holds for the fewest, if those are few."""
    starts = segment_queries.starts(wanted)
    if not starts or len(segment_queries.parts_of(wanted.condition)) == 1:
        return None
    for most in FEW:
        sizes = session.execute(select(*(_size(wanted, start, most) for start in starts))).one()
        if min(sizes) <= most:
            return starts[list(sizes).index(min(sizes))]
    return None


def _size(wanted: Wanted, start: Condition, most: int) -> Any:
    """Count the friends of a part, no further than just above `most`."""
    sets = segment_queries.friends_for(start, wanted.setting)
    some = [select(func.count()).select_from(one.limit(most + 1).subquery()).scalar_subquery() for one in sets]
    return sum(some[1:], some[0])


def _walk(session: Session, wanted: Wanted, limit: int, after: int) -> list[int]:
    last = select(Friend.id).where(Friend.id > after).order_by(Friend.id).offset(WALKED - 1).limit(1)
    border = session.scalar(last)
    near = segment_queries.one_by_one(wanted, Friend.id).where(Friend.id > after)
    near = near if border is None else near.where(Friend.id <= border)
    with tuned(session, NO_JIT):
        ids = list(session.scalars(near.order_by(Friend.id).limit(limit)))
    if border is None or len(ids) == limit:
        return ids
    query = _of_all(session, wanted, Friend.id)
    rest = query.statement.where(Friend.id > border).order_by(Friend.id).limit(limit - len(ids))
    with tuned(session, NO_LOOPS | NO_JIT if query.is_broad else NO_JIT):
        return ids + list(session.scalars(rest))
