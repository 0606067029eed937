"""Links that count who comes through them."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class LinkKind(enum.StrEnum):
    """Where a link leads."""

    ENTRY = "entry"  # to the page that adds the account as a friend


class TrackedLink(Base):
    """`/l/<code>`: one poster, page or counter through which people come."""

    __tablename__ = "tracked_link"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[LinkKind] = mapped_column(text_enum(LinkKind), default=LinkKind.ENTRY)
    tags: Mapped[list[Any]] = mapped_column(default=list)  # ids of tags for whoever joins through it
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class LinkDay(Base):
    """How often a link was opened on one day of the account's time zone."""

    __tablename__ = "link_day"

    tracked_link_id: Mapped[int] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    opened: Mapped[int] = mapped_column(default=0)


class LinkArrival(Base):
    """A known person came through a link; waits for the follow that may be on its way."""

    __tablename__ = "link_arrival"
    __table_args__ = (
        Index("ix_link_arrival_line_user_id_opened_at", "line_user_id", "opened_at"),
        Index(
            "ix_link_arrival_unexplained",
            "opened_at",
            postgresql_where=text("joined_at IS NULL"),
            sqlite_where=text("joined_at IS NULL"),
        ),
        UniqueConstraint("tracked_link_id", "line_user_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tracked_link_id: Mapped[int] = mapped_column(ForeignKey("tracked_link.id", ondelete="CASCADE"))
    line_user_id: Mapped[str]
    opened_at: Mapped[datetime]  # when the link was opened
    arrived_at: Mapped[datetime]  # when LINE told us who it was
    was_friend: Mapped[bool] = mapped_column(default=False)  # before the link was opened; explains no follow
    joined_at: Mapped[datetime | None]  # the follow that this arrival explains
