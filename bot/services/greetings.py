"""The answer to a follow, and the one to a text that no rule answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.services import audit, auto_replies
from bot.services import tags as tag_rows
from bot.services.audit import Actor
from bot.services.message_faults import faults_of_messages
from models import FallbackAnswer, Greeting

MOST_MINUTES = 366 * 24 * 60


def get_greeting(session: Session) -> Greeting:
    """Return the greeting; without messages nothing is said."""
    return session.scalars(select(Greeting)).one()


def set_greeting(
    session: Session,
    *,
    new_friend: Sequence[Mapping[str, Any]],
    returning_friend: Sequence[Mapping[str, Any]],
    tags: Sequence[int | str],
    by: Actor,
    now: datetime,
) -> Greeting:
    """Replace the greeting; tags are ids or names. Raises InvalidInputError with each fault at its field."""
    faults = faults_of_messages(new_friend, root="new_friend", may_be_empty=True)
    faults += faults_of_messages(returning_friend, root="returning_friend", may_be_empty=True)
    if faults:
        raise InvalidInputError(faults)
    after = {
        "new_friend": list(new_friend),
        "returning_friend": list(returning_friend),
        "tags": tag_rows.resolve(session, tags, by=by, now=now),
    }
    greeting = session.scalars(select(Greeting).with_for_update()).one()
    _change(session, greeting, "greeting", after, by=by, now=now)
    return greeting


def get_fallback(session: Session) -> FallbackAnswer:
    """Return the answer to whatever no rule answers."""
    return session.scalars(select(FallbackAnswer)).one()


def set_fallback(
    session: Session,
    *,
    enabled: bool,
    messages: Sequence[Mapping[str, Any]],
    every_minutes: int,
    by: Actor,
    now: datetime,
) -> FallbackAnswer:
    """Replace the fallback answer. Raises InvalidInputError with each fault at its field."""
    faults = faults_of_messages(messages, root="messages", may_be_empty=not enabled)
    if not 0 <= every_minutes <= MOST_MINUTES:
        text = "間隔要在 0 到 %(most)s 分鐘之間。"
        faults.append(FieldFault("every_minutes", text, (("most", MOST_MINUTES),)))
    if faults:
        raise InvalidInputError(faults)
    fallback = session.scalars(select(FallbackAnswer).with_for_update()).one()
    after = {"enabled": enabled, "messages": list(messages), "every_minutes": every_minutes}
    _change(session, fallback, "fallback_answer", after, by=by, now=now)
    return fallback


def _change(
    session: Session,
    row: Greeting | FallbackAnswer,
    subject: str,
    after: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> None:
    changes = audit.changed({name: getattr(row, name) for name in after}, after)
    if not changes:
        return
    for name in changes:
        setattr(row, name, after[name])
    session.flush()
    audit.record(session, by, "update", subject, row.id, now=now, changes=changes)
    auto_replies.touch(session)
