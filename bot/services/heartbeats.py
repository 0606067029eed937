"""When each timed job last ran, for doctor, readyz and the dashboard."""

from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite

from bot.database import Database
from models import JobRun

EVERY = timedelta(seconds=10)  # a tick a second need not be a write a second
_noted: dict[tuple[int, str], tuple[datetime, str | None]] = {}


def note(db: Database, name: str, *, started_at: datetime, now: datetime, error: str | None) -> None:
    """Keep when a job ran and whether it failed; a run like the last one is noted now and then."""
    last = _noted.get((id(db), name))
    if last is not None and last[1] == error and now - last[0] < EVERY:
        return
    _noted[(id(db), name)] = (now, error)
    row = {"started_at": started_at, "finished_at": now, "error": error}
    insert = sqlite.insert if db.is_sqlite else postgresql.insert
    with db.begin() as session:
        session.execute(
            insert(JobRun).values(name=name, **row).on_conflict_do_update(index_elements=["name"], set_=row)
        )
