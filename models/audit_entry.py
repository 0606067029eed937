"""Who changed what, and when."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, text_enum


class ActorKind(enum.StrEnum):
    """Who acted."""

    STAFF = "staff"
    API = "api"
    OPERATOR = "operator"  # at the command line
    QUIZ = "quiz"  # a friend's own answer, by a question that staff tied to an attribute


class AuditEntry(Base):
    """One change by somebody; written in the transaction of the change, never altered."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    action: Mapped[str]  # e.g. "create", "update", "delete", "login"
    subject: Mapped[str]  # table name of what was changed
    subject_id: Mapped[str | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field → [before, after], never secrets
