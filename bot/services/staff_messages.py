"""Answers that staff write: free while a reply token lives, else a push that is billed. Each leaves once."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.claims import claim, is_in
from bot.database import Database
from bot.errors import ConflictError, FieldFault, GatewayError, GatewayRefusedError, InvalidInputError
from bot.gateways.line import Answer, LineGateway, ReplyTokenError
from bot.messages import LineMessage, check, plain_text
from bot.services import accounts, audit, auto_replies, chats
from bot.services.audit import Actor
from bot.services.message_faults import VARIABLES, as_field_faults
from bot.services.staff_message_ways import (
    TOKEN_SERVES,
    FreeReply,
    can_push,
    find_free_reply,
    open_way,
    reply_token_of,
    wrote_lately,
)
from models import (
    ActorKind,
    ChatMessage,
    ChatSource,
    ChatState,
    Friend,
    StaffMessage,
    StaffMessageState,
    StaffMessageWay,
    WebhookEvent,
)

__all__ = ["FreeReply", "can_push", "find_free_reply", "send_due", "write", "wrote_lately"]

logger = logging.getLogger(__name__)

RETRY_KEY_SERVES = timedelta(hours=23)  # LINE: 24 hours
LEASE = timedelta(seconds=30)
PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
REPLY_PAUSE = timedelta(seconds=1)
BATCH = 20
CHAT_STATES = {
    StaffMessageState.SENT: ChatState.SENT,
    StaffMessageState.REFUSED: ChatState.FAILED,
    StaffMessageState.UNKNOWN: ChatState.UNKNOWN,
}


@dataclass(frozen=True)
class _Claimed:
    """What is needed to send one message outside of a transaction."""

    id: int
    way: StaffMessageWay
    line_user_id: str
    messages: list[LineMessage]
    retry_key: str
    attempts: int
    first_attempt_at: datetime
    reply_token: str | None
    reply_until: datetime | None


@dataclass(frozen=True)
class _Outcome:
    state: StaffMessageState
    error: str | None = None
    request_id: str | None = None
    again_at: datetime | None = None


def write(
    session: Session,
    friend: Friend,
    messages: Sequence[LineMessage],
    *,
    way: StaffMessageWay,
    form_key: str,
    by: Actor,
    now: datetime,
) -> StaffMessage:
    """Note an answer to be sent. The same form again returns the row it made the first time.

    Raises InvalidInputError for messages LINE would refuse, and ConflictError where the chosen
    way is not open (any more): a reply never turns into a push by itself.
    """
    known = _by_form(session, form_key)
    if known is not None:
        return known
    faults = as_field_faults(check(list(messages), variables=VARIABLES))
    if not form_key or len(form_key) > 100:
        faults.append(FieldFault("form_key", "表單已失效，請重新整理。"))
    if faults:
        raise InvalidInputError(faults)
    event_id = open_way(session, friend, way, now)
    try:
        with session.begin_nested():
            row = _insert(session, friend, messages, way=way, event_id=event_id, form_key=form_key, by=by, now=now)
    except IntegrityError:
        known = _by_form(session, form_key)  # a second press, or somebody else was quicker with the token
        if known is None:
            raise ConflictError("另一位管理員剛剛用掉了免費回覆的機會。") from None
        return known
    audit.record(session, by, "send", "friend", friend.id, now=now, changes={"way": [None, way.value]})
    return row


def send_due(db: Database, line: LineGateway, *, now: Callable[[], datetime], only: int | None = None) -> int:
    """Send what is due, or just one of these. Returns how many were tried; a slow LINE leaves some for later."""
    if accounts.is_held(db):
        return 0
    until = now() + LEASE / 3
    with db.begin() as session:
        claimed = _claim(session, now(), only)
    for tried, message in enumerate(claimed, 1):
        outcome = _send(line, message, now())
        with db.begin() as session:
            _settle(session, message, outcome)
            if now() >= until:
                _hand_back(session, claimed[tried:], now())
                return tried
    return len(claimed)


def _insert(
    session: Session,
    friend: Friend,
    messages: Sequence[LineMessage],
    *,
    way: StaffMessageWay,
    event_id: int | None,
    form_key: str,
    by: Actor,
    now: datetime,
) -> StaffMessage:
    filled = auto_replies.filled(list(messages), friend)
    line = _add_line(session, friend, filled, way=way, by=by, now=now)
    row = StaffMessage(
        friend_id=friend.id,
        staff_id=_staff_id(by),
        chat_message_id=line.id,
        form_key=form_key,
        way=way,
        reply_event_id=event_id,
        messages=filled,
        retry_key=str(uuid4()),
        state=StaffMessageState.DUE,
        due_at=now,
        attempts=0,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _staff_id(by: Actor) -> int | None:
    """Another system has an id of its own, which is none of staff's; the audit log names it."""
    return by.id if by.kind is ActorKind.STAFF else None


def _add_line(
    session: Session, friend: Friend, filled: list[LineMessage], *, way: StaffMessageWay, by: Actor, now: datetime
) -> ChatMessage:
    """Put the answer into the chat log, where its fate is shown."""
    line = ChatMessage(
        friend_id=friend.id,
        source=ChatSource.STAFF_REPLY if way is StaffMessageWay.REPLY else ChatSource.STAFF_PUSH,
        source_id=_staff_id(by),
        kind=chats.ANSWER,
        text=plain_text(filled),
        content=json.dumps(filled),
        said_at=now,
        state=ChatState.DUE,
        is_answered=True,
    )
    session.add(line)
    session.flush()
    return line


def _by_form(session: Session, form_key: str) -> StaffMessage | None:
    return session.scalar(select(StaffMessage).where(StaffMessage.form_key == form_key))


def _claim(session: Session, now: datetime, only: int | None) -> list[_Claimed]:
    """Take due messages over for the length of a lease, oldest first."""
    which = [is_in(StaffMessage.state, StaffMessageState.DUE)]
    if only is not None:
        which.append(StaffMessage.id == only)
    more = {"attempts": StaffMessage.attempts + 1}
    due = StaffMessage.due_at
    taken = claim(session, StaffMessage, due, *which, limit=BATCH, now=now, lease=LEASE, also=more)
    return [_claimed(session, row, now) for row in taken]


def _hand_back(session: Session, rest: Sequence[_Claimed], now: datetime) -> None:
    """Give back what was not tried, as it was before it was taken."""
    for message in rest:
        untried = {"first_attempt_at": None} if message.attempts == 1 else {}
        session.execute(
            update(StaffMessage)
            .where(
                StaffMessage.id == message.id,
                StaffMessage.state == StaffMessageState.DUE,
                StaffMessage.attempts == message.attempts,
            )
            .values(due_at=now, attempts=message.attempts - 1, **untried)
            .execution_options(synchronize_session=False)
        )


def _claimed(session: Session, row: StaffMessage, now: datetime) -> _Claimed:
    row.first_attempt_at = row.first_attempt_at or now
    event = session.get(WebhookEvent, row.reply_event_id) if row.reply_event_id else None
    return _Claimed(
        id=row.id,
        way=row.way,
        line_user_id=session.get_one(Friend, row.friend_id).line_user_id,
        messages=row.messages,
        retry_key=row.retry_key,
        attempts=row.attempts,
        first_attempt_at=row.first_attempt_at,
        reply_token=reply_token_of(event) if event else None,
        reply_until=event.received_at + TOKEN_SERVES if event else None,
    )


def _send(line: LineGateway, message: _Claimed, now: datetime) -> _Outcome:
    """Make one attempt outside of any transaction."""
    given_up = _given_up(message, now)
    if given_up is not None:
        return given_up
    try:
        answer = _call(line, message)
    except ReplyTokenError:
        if message.attempts > 1:  # an earlier attempt got through, and its answer was lost
            return _Outcome(StaffMessageState.SENT)
        return _Outcome(StaffMessageState.REFUSED, "免費回覆的時間已過，訊息沒有送出。")
    except GatewayRefusedError as refusal:
        return _Outcome(StaffMessageState.REFUSED, str(refusal))
    except GatewayError as failure:
        logger.warning("staff message %s not confirmed, will be tried again", message.id)
        return _Outcome(StaffMessageState.DUE, str(failure), again_at=_next_attempt(message, now))
    return _Outcome(StaffMessageState.SENT, request_id=answer.request_id)


def _given_up(message: _Claimed, now: datetime) -> _Outcome | None:
    """Return the end of a message whose token or retry key does not serve any more."""
    if message.way is StaffMessageWay.REPLY:
        if message.reply_token and message.reply_until and now < message.reply_until:
            return None
        if message.attempts == 1:
            return _Outcome(StaffMessageState.REFUSED, "免費回覆的時間已過，訊息沒有送出。")
        return _Outcome(StaffMessageState.UNKNOWN, "LINE 沒有回應，無法確認訊息是否送達。")
    if now - message.first_attempt_at < RETRY_KEY_SERVES:
        return None
    return _Outcome(StaffMessageState.UNKNOWN, "LINE 沒有回應，無法確認訊息是否送達。")


def _call(line: LineGateway, message: _Claimed) -> Answer:
    if message.way is StaffMessageWay.REPLY:
        return line.reply(message.reply_token or "", message.messages)
    return line.push(message.line_user_id, message.messages, retry_key=message.retry_key)


def _next_attempt(message: _Claimed, now: datetime) -> datetime:
    pause = REPLY_PAUSE if message.way is StaffMessageWay.REPLY else PAUSE
    doubled: timedelta = pause * 2 ** min(message.attempts - 1, 10)
    return now + min(doubled, LONGEST_PAUSE)


def _settle(session: Session, message: _Claimed, outcome: _Outcome) -> None:
    """Write what became of an attempt, unless somebody else took the message over meanwhile."""
    values: dict[str, Any] = {"state": outcome.state, "error": outcome.error, "line_request_id": outcome.request_id}
    if outcome.again_at:
        values["due_at"] = outcome.again_at
    row = session.execute(
        update(StaffMessage)
        .where(
            StaffMessage.id == message.id,
            StaffMessage.state == StaffMessageState.DUE,
            StaffMessage.attempts == message.attempts,
        )
        .values(**values)
        .returning(StaffMessage.chat_message_id, StaffMessage.friend_id)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None or outcome.state is StaffMessageState.DUE:
        return
    line = session.get_one(ChatMessage, row.chat_message_id)
    line.state, line.error = CHAT_STATES[outcome.state], outcome.error
    if outcome.state is StaffMessageState.SENT:
        chats.mark_answered(session, row.friend_id, now=line.said_at)
