"""Taking over due rows: the one place where workers compete.

A row is due when its `due` column has come; a claim moves that column to the end of a lease in
one conditional UPDATE, so that of any number of processes one gets the row, and another gets it
when the lease runs out. PostgreSQL skips rows that somebody else is claiming; SQLite has one writer.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Base

Row = TypeVar("Row", bound=Base)


def claim(
    session: Session,
    model: type[Row],
    due: InstrumentedAttribute[Any],
    *conditions: ColumnElement[bool],
    limit: int,
    now: datetime,
    lease: timedelta,
    also: Mapping[str, Any] | None = None,
) -> Sequence[Row]:
    """Return up to `limit` due rows, oldest first, now leased to the caller; `also` is set on each of them."""
    key: InstrumentedAttribute[int] = model.id  # type: ignore[attr-defined]  # every table of work has one
    wanted = select(key).where(due <= now, *conditions).order_by(due, key).limit(limit)  # the order of the index
    chosen = wanted.with_for_update(skip_locked=True).cte("due_rows")
    rows = session.scalars(
        update(model)
        .where(key.in_(select(chosen.c.id)))
        .values({due.key: now + lease, **(also or {})})
        .returning(model)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(rows, key=lambda row: row.id)  # type: ignore[attr-defined]  # as above


def is_in(column: InstrumentedAttribute[Any], state: enum.StrEnum) -> ColumnElement[bool]:
    """The state written into the statement itself: a partial index is used for a literal, not for a parameter."""
    return column == literal(state, column.type, literal_execute=True)
