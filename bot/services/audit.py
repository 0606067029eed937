"""Who changed what: one row in the transaction of the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import ActorKind, AuditEntry


@dataclass(frozen=True)
class Actor:
    """Whoever changes something: staff, another system, or the operator."""

    kind: ActorKind
    id: int | None
    name: str


OPERATOR = Actor(ActorKind.OPERATOR, None, "operator")


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | str | None,
    *,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Note one change. `subject` is the table's name, `changes` maps a field to [before, after]; never a secret."""
    session.add(
        AuditEntry(
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject=subject,
            subject_id=None if subject_id is None else str(subject_id),
            changes=dict(changes or {}),
        )
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the fields that differ, each as [before, after]."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
