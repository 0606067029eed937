"""Walks through LINE's list of follower ids."""

import enum
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, text_enum


class SyncState(enum.StrEnum):
    """How far a walk has come."""

    LISTING = "listing"  # pages are being read
    CLOSING = "closing"  # whoever was missing is being marked
    DONE = "done"
    REFUSED = "refused"  # LINE does not let this account list
    FAILED = "failed"


class RosterSync(Base):
    """One walk, resumable: the cursor is kept after every page (LINE honours it for 24 hours)."""

    __tablename__ = "roster_sync"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[SyncState] = mapped_column(text_enum(SyncState), default=SyncState.LISTING)
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    cursor: Mapped[str | None]
    listed: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)  # were not known as following
    missing: Mapped[int] = mapped_column(default=0)  # were known as following and are gone
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
