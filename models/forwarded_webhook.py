"""Webhooks on their way to a second tool."""

import enum
from datetime import datetime

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, text_enum


class ForwardState(enum.StrEnum):
    """How far one webhook has come."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"  # given up after the last attempt


class ForwardedWebhook(Base):
    """One webhook body, byte for byte, with LINE's signature over it."""

    __tablename__ = "forwarded_webhook"
    __table_args__ = (
        Index(
            "ix_forwarded_webhook_due",
            "due_at",
            postgresql_where=text("state = 'due'"),
            sqlite_where=text("state = 'due'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ForwardState] = mapped_column(text_enum(ForwardState), default=ForwardState.DUE)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
