"""What LINE told us, kept before it is answered."""

import enum
from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class EventState(enum.StrEnum):
    """How far one event has come."""

    RECEIVED = "received"
    HANDLED = "handled"
    NOT_UNDERSTOOD = "not_understood"  # a type, mode or shape nobody here knows
    FAILED = "failed"  # tried a few times; a person has to look


class AnswerKind(enum.StrEnum):
    """What is to be done at LINE because of an event."""

    REPLY = "reply"
    LEAVE = "leave"  # leave the group or room it came from


class AnswerState(enum.StrEnum):
    """What became of the answer."""

    DUE = "due"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"  # the reply token died before LINE took it


class WebhookEvent(Base):
    """One event of LINE's, unique by its `webhookEventId`, with the answer it led to.

    Born leased to the process that took it in (`due_at`); whoever moves `due_at` and
    `attempts` by a conditional UPDATE owns it until then.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        Index(
            "ix_webhook_event_due",
            "due_at",
            postgresql_where=text("state = 'received'"),
            sqlite_where=text("state = 'received'"),
        ),
        Index(
            "ix_webhook_event_answer_due",
            "answer_due_at",
            postgresql_where=text("answer_state = 'due'"),
            sqlite_where=text("answer_state = 'due'"),
        ),
        Index(
            "ix_webhook_event_failed",
            "received_at",
            postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
        Index("ix_webhook_event_received_at", "received_at"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    line_event_id: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    payload: Mapped[str]  # LINE's JSON of this one event
    received_at: Mapped[datetime]

    state: Mapped[EventState] = mapped_column(text_enum(EventState), default=EventState.RECEIVED)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]

    answer_kind: Mapped[AnswerKind | None] = mapped_column(text_enum(AnswerKind))
    answer: Mapped[str | None]  # JSON: LINE messages, exactly as they are said
    answer_state: Mapped[AnswerState | None] = mapped_column(text_enum(AnswerState))
    answer_due_at: Mapped[datetime | None]
    answer_attempts: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]
    line_request_id: Mapped[str | None]
