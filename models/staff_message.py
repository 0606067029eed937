"""Answers that staff write on a friend's page."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, text_enum


class StaffMessageWay(enum.StrEnum):
    """How an answer of staff's leaves."""

    REPLY = "reply"  # free, while a reply token lives
    PUSH = "push"  # counts against the month's messages


class StaffMessageState(enum.StrEnum):
    """How far it has come."""

    DUE = "due"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # LINE stayed silent past the life of the retry key


class StaffMessage(Base):
    """One answer on its way to one friend; the retry key is fixed before the first call."""

    __tablename__ = "staff_message"
    __table_args__ = (
        Index(
            "ix_staff_message_due",
            "due_at",
            postgresql_where=text("state = 'due'"),
            sqlite_where=text("state = 'due'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    chat_message_id: Mapped[int] = mapped_column(BigId, ForeignKey("chat_message.id", ondelete="CASCADE"), index=True)
    form_key: Mapped[str] = mapped_column(unique=True)  # one per opened form: a double click sends once
    way: Mapped[StaffMessageWay] = mapped_column(text_enum(StaffMessageWay))
    reply_event_id: Mapped[int | None] = mapped_column(BigId, unique=True)  # a reply token serves once
    messages: Mapped[list[Any]]
    retry_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[StaffMessageState] = mapped_column(text_enum(StaffMessageState), default=StaffMessageState.DUE)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    line_request_id: Mapped[str | None]
    error: Mapped[str | None]
