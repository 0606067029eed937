"""Webhook events: stored before LINE hears 200, handled once, their answers said once."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, case, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.claims import claim, is_in
from models import (
    Account,
    AnswerKind,
    AnswerState,
    ChatMessage,
    ChatState,
    EventState,
    ForwardedWebhook,
    ForwardState,
    WebhookEvent,
)

LEASE = timedelta(seconds=10)  # how long the process that took an event in has it to itself
REPLY_TOKEN_LIFE = timedelta(seconds=60)  # reference: send reply message
REDELIVERY_LIFE = timedelta(minutes=20)
MOST_ATTEMPTS = 5
BACK_OFF = timedelta(seconds=2)
PLAIN_KEY = re.compile(r"[\x21-\x7e]{1,100}")

# Statements of the hot road, built once: building one costs as much as running it.
EVENTS = cast(Table, WebhookEvent.__table__)
STORE = {
    name: upsert(EVENTS)
    .on_conflict_do_nothing(index_elements=["line_event_id"])
    .returning(EVENTS.c.line_event_id, EVENTS.c.id)
    for name, upsert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
CLAIM = (
    update(EVENTS)
    .where(EVENTS.c.id.in_(bindparam("event_ids", expanding=True)), EVENTS.c.state == EventState.RECEIVED)
    .values(state=EventState.HANDLED, error=None)
    .returning(EVENTS.c.id)
)
WRITE_ANSWER = (
    update(EVENTS)
    .where(EVENTS.c.id == bindparam("event_id"))
    .values(
        answer_kind=bindparam("kind"),
        answer=bindparam("said"),
        answer_state=AnswerState.DUE,
        answer_due_at=bindparam("leased_until"),
    )
)
STILL_DUE = (
    update(EVENTS)
    .where(
        EVENTS.c.id == bindparam("event_id"),
        EVENTS.c.answer_state == AnswerState.DUE,
        EVENTS.c.answer_attempts == bindparam("tried"),
    )
    .values(line_request_id=bindparam("request"), error=bindparam("why"))
)
WRITE_OUTCOME = STILL_DUE.values(answer_state=bindparam("new_state"), answered_at=bindparam("at"))
TRY_AGAIN = STILL_DUE.values(answer_due_at=bindparam("due"))
FORWARDS = select(Account.id).where(Account.forward_enabled, Account.forward_url.is_not(None))


@dataclass(frozen=True)
class Delivery:
    """One webhook request, as it is brought to the writer."""

    events: tuple[Mapping[str, Any], ...]
    received_at: datetime
    body: bytes = b""
    signature: str = ""


@dataclass(frozen=True)
class StoredEvent:
    """One event on its way to be handled; the payload is LINE's JSON."""

    id: int
    payload: Mapping[str, Any]
    received_at: datetime
    attempts: int = 0  # tries before this one


@dataclass(frozen=True)
class DueAnswer:
    """What is to be done at LINE because of an event."""

    event_id: int
    kind: AnswerKind
    content: Any  # the messages of a reply
    payload: Mapping[str, Any]
    received_at: datetime
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What became of an answer at LINE, to be written where the answer is still due."""

    event_id: int
    attempts: int  # how often it had been claimed when this was tried
    state: AnswerState
    at: datetime
    line_request_id: str | None = None
    error: str | None = None
    again_at: datetime | None = None  # still due: when to try again


def store(connection: Connection, deliveries: Sequence[Delivery]) -> list[list[StoredEvent]]:
    """Store what several requests brought, in one statement. Returns for each its new events; repeats are left out.

    Inside the caller's transaction. It takes a plain connection: a Session costs more than this small write.
    """
    rows = {event_key(event): (event, delivery) for delivery in deliveries for event in delivery.events}
    ids: dict[str, int] = {}
    if rows:
        found = connection.execute(
            STORE[connection.dialect.name],
            [_row(key, event, delivery.received_at) for key, (event, delivery) in sorted(rows.items())],
        )
        ids = {str(key): int(event_id) for key, event_id in found}
    repeated = [(event, delivery) for key, (event, delivery) in rows.items() if key not in ids]
    _revive(connection, [pair for pair in repeated if _is_redelivery(pair[0])])
    _keep_for_forwarding(connection, deliveries)
    return [_new_events(delivery, ids) for delivery in deliveries]


def _is_redelivery(event: Mapping[str, Any]) -> bool:
    context = event.get("deliveryContext")
    return isinstance(context, Mapping) and context.get("isRedelivery") is True


def _revive(connection: Connection, repeated: Sequence[tuple[Mapping[str, Any], Delivery]]) -> None:
    """A redelivered event's reply token lives another minute, up to 20 minutes past the event (reference: reply token).

    What a crash left unsaid can be said after all; jobs take it up at once.
    """
    for event, delivery in repeated:
        happened = event.get("timestamp")
        now = delivery.received_at
        oldest = (now - REDELIVERY_LIFE).timestamp() * 1000
        if not isinstance(happened, int) or happened < oldest:
            continue
        unsaid = EVENTS.c.answer_state.in_([AnswerState.DUE, AnswerState.EXPIRED])
        revived = connection.execute(
            update(EVENTS)
            .where(EVENTS.c.line_event_id == event_key(event), (EVENTS.c.state == EventState.RECEIVED) | unsaid)
            .values(
                received_at=now,
                answer_due_at=case((unsaid, now), else_=EVENTS.c.answer_due_at),
                answer_state=case((unsaid, AnswerState.DUE), else_=EVENTS.c.answer_state),
            )
            .returning(EVENTS.c.id)
        )
        lines = ChatMessage.webhook_event_id.in_(list(revived.scalars())) & (ChatMessage.state == ChatState.FAILED)
        connection.execute(update(ChatMessage).where(lines).values(state=ChatState.DUE, error=None))


def _new_events(delivery: Delivery, ids: dict[str, int]) -> list[StoredEvent]:
    """The first request that brought an event has it; a twin in the same commit has not."""
    new = []
    for event in delivery.events:
        event_id = ids.pop(event_key(event), None)
        if event_id is not None:
            new.append(StoredEvent(event_id, event, delivery.received_at))
    return new


def event_key(event: Mapping[str, Any]) -> str:
    """LINE's name for the event; for one without a usable name, a hash of its content."""
    given = event.get("webhookEventId")
    if isinstance(given, str) and PLAIN_KEY.fullmatch(given):
        return given
    return "sha256:" + hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _row(key: str, event: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    kind = event.get("type")
    return {
        "line_event_id": key,
        "type": kind if isinstance(kind, str) and PLAIN_KEY.fullmatch(kind) else "",
        "payload": json.dumps(event),
        "received_at": received_at,
        "state": EventState.RECEIVED,
        "due_at": received_at + LEASE,
        "attempts": 0,
        "answer_attempts": 0,
    }


def _keep_for_forwarding(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    wanted = [delivery for delivery in deliveries if delivery.events and delivery.body]
    if not wanted or connection.scalar(FORWARDS) is None:
        return
    rows = [
        {
            "body": delivery.body,
            "signature": delivery.signature,
            "received_at": delivery.received_at,
            "due_at": delivery.received_at,
        }
        for delivery in wanted
    ]
    connection.execute(insert(ForwardedWebhook).values(state=ForwardState.DUE, attempts=0), rows)


def claim_for_handling(session: Session, event_ids: Sequence[int]) -> set[int]:
    """Mark events as handled, in the transaction that handles them. Returns those nobody had handled before."""
    return set(session.connection().execute(CLAIM, {"event_ids": list(event_ids)}).scalars())


def write_answers(session: Session, answers: Mapping[int, tuple[AnswerKind, Any]], *, leased_until: datetime) -> None:
    """Store what is to be said with the events that led to it, leased to the process that will say it."""
    if answers:
        rows = [
            {"event_id": event_id, "kind": kind, "said": json.dumps(said), "leased_until": leased_until}
            for event_id, (kind, said) in answers.items()
        ]
        session.connection().execute(WRITE_ANSWER, rows)


def mark_not_understood(session: Session, event_ids: Sequence[int]) -> None:
    """Keep events that nobody here knows, visibly."""
    if event_ids:
        session.execute(
            update(WebhookEvent).where(WebhookEvent.id.in_(event_ids)).values(state=EventState.NOT_UNDERSTOOD),
            execution_options={"synchronize_session": False},
        )


def blank(session: Session, event_ids: Sequence[int]) -> None:
    """Remove what a friend said from stored events; the rest of each event stays."""
    if not event_ids:
        return
    for event in session.scalars(select(WebhookEvent).where(WebhookEvent.id.in_(event_ids))):
        payload = json.loads(event.payload)
        message = payload.get("message")
        kept = {name: message[name] for name in ("type", "id") if name in message} if isinstance(message, dict) else {}
        event.payload = json.dumps(payload | {"message": kept})


def put_back(session: Session, event_id: int, *, attempts: int, error: str, now: datetime) -> None:
    """Note that handling failed: again with a growing pause, a few times, then visible as failed."""
    event = session.get(WebhookEvent, event_id, with_for_update=True)
    if event is None or event.state is not EventState.RECEIVED:
        return
    event.attempts = max(event.attempts, attempts + 1)  # the claim of a jobs process has counted this try already
    event.error = error
    event.due_at = now + BACK_OFF * 2**event.attempts
    if event.attempts >= MOST_ATTEMPTS:
        event.state = EventState.FAILED


def claim_left_behind(session: Session, *, limit: int, now: datetime) -> list[StoredEvent]:
    """Take events over whose process did not handle them in time, oldest first."""
    received = is_in(WebhookEvent.state, EventState.RECEIVED)
    more = {"attempts": WebhookEvent.attempts + 1}  # counted before the try: what kills the process counts too
    rows = claim(session, WebhookEvent, WebhookEvent.due_at, received, limit=limit, now=now, lease=LEASE, also=more)
    for row in rows:
        if row.attempts > MOST_ATTEMPTS:
            row.state, row.error = EventState.FAILED, "ProcessEnded"
    return [
        StoredEvent(row.id, json.loads(row.payload), row.received_at, row.attempts - 1)
        for row in rows
        if row.state is EventState.RECEIVED
    ]


def claim_due_answers(session: Session, *, limit: int, now: datetime) -> list[DueAnswer]:
    """Take answers over that were not confirmed in time, oldest first."""
    unsaid = is_in(WebhookEvent.answer_state, AnswerState.DUE)
    more = {"answer_attempts": WebhookEvent.answer_attempts + 1}
    rows = claim(
        session, WebhookEvent, WebhookEvent.answer_due_at, unsaid, limit=limit, now=now, lease=LEASE, also=more
    )
    return [
        DueAnswer(
            row.id,
            row.answer_kind or AnswerKind.REPLY,
            json.loads(row.answer or "[]"),
            json.loads(row.payload),
            row.received_at,
            row.answer_attempts,
        )
        for row in rows
    ]


def write_outcomes(session: Session, outcomes: Sequence[Outcome]) -> list[bool]:
    """Write what became of answers, each only where it is still due and nobody claimed it since."""
    final = [_outcome_row(outcome) for outcome in outcomes if not outcome.again_at]
    again = [_outcome_row(outcome) for outcome in outcomes if outcome.again_at]
    for statement, rows in ((WRITE_OUTCOME, final), (TRY_AGAIN, again)):
        if rows:
            session.connection().execute(statement, rows)
    return [True] * len(outcomes)


def _outcome_row(outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {
        "event_id": outcome.event_id,
        "tried": outcome.attempts,
        "request": outcome.line_request_id,
        "why": outcome.error,
    }
    if outcome.again_at:
        return row | {"due": outcome.again_at}
    return row | {"new_state": outcome.state, "at": outcome.at}


def reply_token_lives(received_at: datetime, now: datetime) -> bool:
    """Whether LINE may still take the reply token of an event received then."""
    return now - received_at < REPLY_TOKEN_LIFE


def list_failed(session: Session, *, limit: int = 100, after: int | None = None) -> list[WebhookEvent]:
    """Events that could not be handled or are not understood, newest first."""
    rows = select(WebhookEvent).where(WebhookEvent.state == EventState.FAILED).order_by(WebhookEvent.id.desc())
    return list(session.scalars((rows.where(WebhookEvent.id < after) if after else rows).limit(limit)))


def try_again(session: Session, event_id: int, *, now: datetime) -> bool:
    """Let a failed event be handled once more. False if it is not failed."""
    row = session.execute(
        update(WebhookEvent)
        .where(WebhookEvent.id == event_id, WebhookEvent.state == EventState.FAILED)
        .values(state=EventState.RECEIVED, attempts=0, due_at=now)
        .returning(WebhookEvent.id)
    )
    return row.first() is not None
