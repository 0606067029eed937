"""What is kept for a chosen time is removed when the time is over, a slice at a time."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from bot.claims import is_in
from bot.database import Database
from bot.services import inbox, link_arrivals
from models import (
    Account,
    AnswerState,
    Base,
    ChatMessage,
    EventState,
    ForwardedWebhook,
    ForwardState,
    IdempotencyKey,
    LinkArrival,
    StaffMessage,
    StaffMessageState,
    StaffSession,
    WebhookEvent,
)

SLICE = 2_000
IDEMPOTENCY_LIFE = timedelta(hours=24)
FORWARD_LIFE = timedelta(days=7)
GIVEN_UP_LIFE = timedelta(days=1)
BLANKED_AT_ONCE = 500


def remove_old(db: Database, *, now: datetime, slices: int = 200) -> int:
    """Remove what is older than staff chose to keep it. Returns how many rows went.

    What friends said goes with the chat log, even from where the rest is kept for longer.
    """
    with db() as session:
        account = session.get_one(Account, 1)
    events_before, chats_before = now - timedelta(days=account.event_days), now - timedelta(days=account.chat_days)
    _blank_words(db, chats_before, slices)
    _empty_given_up(db, now)
    rules: list[tuple[type[Base], Any, ColumnElement[bool]]] = [
        (WebhookEvent, WebhookEvent.id, _events(events_before)),
        (StaffMessage, StaffMessage.id, _staff_messages(chats_before)),
        (ChatMessage, ChatMessage.id, _chat_lines(chats_before)),
        (ForwardedWebhook, ForwardedWebhook.id, _forwards(now, max(events_before, chats_before))),
        (LinkArrival, LinkArrival.id, link_arrivals.is_of_stranger(now)),
        (StaffSession, StaffSession.token_hash, StaffSession.expires_at < now),
        (IdempotencyKey, IdempotencyKey.key, IdempotencyKey.created_at < now - IDEMPOTENCY_LIFE),
    ]
    return sum(_remove(db, model, key, condition, slices) for model, key, condition in rules)


def _events(before: datetime) -> ColumnElement[bool]:
    return (
        (WebhookEvent.received_at < before)
        & (WebhookEvent.state != EventState.RECEIVED)
        & (WebhookEvent.answer_state.is_distinct_from(AnswerState.DUE))
    )


def _staff_messages(before: datetime) -> ColumnElement[bool]:
    return (StaffMessage.created_at < before) & (StaffMessage.state != StaffMessageState.DUE)


def _chat_lines(before: datetime) -> ColumnElement[bool]:
    waits = exists().where(StaffMessage.chat_message_id == ChatMessage.id, StaffMessage.state == StaffMessageState.DUE)
    return (ChatMessage.said_at < before) & ~waits


def _forwards(now: datetime, words_before: datetime) -> ColumnElement[bool]:
    """Those that came to an end some time ago, and any that hold a friend's words for too long."""
    ended = (ForwardedWebhook.received_at < now - FORWARD_LIFE) & (ForwardedWebhook.state != ForwardState.DUE)
    return ended | (ForwardedWebhook.received_at < words_before)


def _empty_given_up(db: Database, now: datetime) -> None:
    """A second tool that was down for hours may be shown what it missed for a day, not for longer."""
    given_up = is_in(ForwardedWebhook.state, ForwardState.FAILED) & (ForwardedWebhook.due_at < now - GIVEN_UP_LIFE)
    with db.begin() as session:
        session.execute(update(ForwardedWebhook).where(given_up, ForwardedWebhook.body != b"").values(body=b""))


def _blank_words(db: Database, before: datetime, slices: int) -> None:
    """Take what friends said out of events that are older than the chat log, in the order of their ids."""
    for _ in range(slices):
        with db.begin() as session:
            if not _blank_slice(session, before):
                break


def _blank_slice(session: Session, before: datetime) -> bool:
    """Blank some events more; False if that were the last. One that nobody handled yet lets all others wait."""
    account = session.get_one(Account, 1)
    columns = (WebhookEvent.id, WebhookEvent.type, WebhookEvent.received_at, WebhookEvent.state)
    rows = select(*columns).where(WebhookEvent.id > (account.blanked_through or 0)).order_by(WebhookEvent.id)
    old = list(
        takewhile(
            lambda row: row.received_at < before and row.state is not EventState.RECEIVED,
            session.execute(rows.limit(BLANKED_AT_ONCE)).all(),
        )
    )
    inbox.blank(session, [row.id for row in old if row.type.startswith("message")])
    if old:
        account.blanked_through = old[-1].id
    return len(old) == BLANKED_AT_ONCE


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
