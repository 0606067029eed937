"""What is kept for a chosen time is removed when the time is over, a slice at a time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from bot.database import Database
from models import (
    Account,
    AnswerState,
    Base,
    ChatMessage,
    EventState,
    ForwardedWebhook,
    ForwardState,
    IdempotencyKey,
    StaffMessage,
    StaffMessageState,
    StaffSession,
    WebhookEvent,
)

SLICE = 2_000
IDEMPOTENCY_LIFE = timedelta(hours=24)
FORWARD_LIFE = timedelta(days=7)


def remove_old(db: Database, *, now: datetime, slices: int = 200) -> int:
    """Remove what is older than staff chose to keep it. Returns how many rows went."""
    with db() as session:
        account = session.get_one(Account, 1)
    events_before, chats_before = now - timedelta(days=account.event_days), now - timedelta(days=account.chat_days)
    rules: list[tuple[type[Base], Any, ColumnElement[bool]]] = [
        (
            WebhookEvent,
            WebhookEvent.id,
            (WebhookEvent.received_at < events_before)
            & (WebhookEvent.state != EventState.RECEIVED)
            & (WebhookEvent.answer_state.is_distinct_from(AnswerState.DUE)),
        ),
        (StaffMessage, StaffMessage.id, _done_before(chats_before)),
        (ChatMessage, ChatMessage.id, ChatMessage.said_at < chats_before),
        (
            ForwardedWebhook,
            ForwardedWebhook.id,
            (ForwardedWebhook.received_at < now - FORWARD_LIFE) & (ForwardedWebhook.state != ForwardState.DUE),
        ),
        (StaffSession, StaffSession.token_hash, StaffSession.expires_at < now),
        (IdempotencyKey, IdempotencyKey.key, IdempotencyKey.created_at < now - IDEMPOTENCY_LIFE),
    ]
    return sum(_remove(db, model, key, condition, slices) for model, key, condition in rules)


def _done_before(moment: datetime) -> ColumnElement[bool]:
    return (StaffMessage.created_at < moment) & (StaffMessage.state != StaffMessageState.DUE)


def _remove(db: Database, model: type[Base], key: Any, condition: ColumnElement[bool], slices: int) -> int:
    """Delete in short transactions, so that webhooks never wait for them."""
    removed = 0
    for _ in range(slices):
        with db.begin() as session:
            keys = list(session.scalars(select(key).where(condition).limit(SLICE)))
            if keys:
                session.execute(delete(model).where(key.in_(keys), condition))
        removed += len(keys)
        if len(keys) < SLICE:
            break
    return removed
