"""Answers of staff's: free by reply token, billed by push, each once whatever happens."""

import json
import multiprocessing
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database, connect
from bot.errors import ConflictError, GatewayError, GatewayRefusedError, InvalidInputError
from bot.gateways.line import Answer
from bot.services import staff_messages
from bot.services.audit import Actor
from models import (
    Account,
    ActorKind,
    AnswerState,
    AuditEntry,
    ChatMessage,
    ChatSource,
    ChatState,
    EventState,
    Friend,
    FriendState,
    Role,
    Staff,
    StaffMessage,
    StaffMessageState,
    StaffMessageWay,
    WebhookEvent,
)
from tests.conftest import NOW
from tests.factories import later, make_friend, text
from tests.fakes import FakeLine

PUSH, REPLY = StaffMessageWay.PUSH, StaffMessageWay.REPLY


class PushingLine(FakeLine):
    """A LINE that also takes pushes and knows retry keys."""

    def __init__(self) -> None:
        super().__init__()
        self.pushed: dict[str, list[Any]] = {}
        self.calls = 0

    def push(self, line_user_id: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Answer:  # noqa: ARG002
        self.calls += 1
        if self.fail_with:
            raise self.fail_with
        self.pushed.setdefault(retry_key, list(messages))
        if self.fail_after_accepting:
            raise self.fail_after_accepting
        return Answer({}, "request-2")


def make_actor(session: Session) -> Actor:
    person = Staff(name="小美", password_hash="x", role=Role.MARKETER, created_at=NOW, failed_logins=0)
    session.add(person)
    session.flush()
    return Actor(ActorKind.STAFF, person.id, person.name)


def hear(
    session: Session, friend: Friend, *, at: datetime = NOW, token: str = "token-1", **columns: Any
) -> WebhookEvent:
    """A friend writes, and nothing answers."""
    payload = json.dumps(
        {"type": "message", "mode": "active", "replyToken": token, "source": {"userId": friend.line_user_id}}
    )
    known: dict[str, Any] = {"type": "message", "state": EventState.HANDLED, "due_at": at, "received_at": at}
    event = WebhookEvent(line_event_id=f"event-{token}", payload=payload, **(known | columns))
    session.add(event)
    session.flush()
    session.add(
        ChatMessage(
            friend_id=friend.id,
            source=ChatSource.FRIEND,
            kind="text",
            text="在嗎？",
            webhook_event_id=event.id,
            said_at=at,
            is_answered=False,
        )
    )
    friend.unanswered_at = at
    session.flush()
    return event


def write(
    db: Database, way: StaffMessageWay, *, form: str = "form-1", now: datetime = NOW, words: str = "您好"
) -> StaffMessage:
    with db.begin() as session:
        friend = session.scalars(select(Friend)).one()
        person = session.scalars(select(Staff)).first()
        by = Actor(ActorKind.STAFF, person.id, person.name) if person else make_actor(session)
        return staff_messages.write(session, friend, [text(words)], way=way, form_key=form, by=by, now=now)


def outcome(db: Database) -> tuple[StaffMessageState, ChatState, str | None]:
    with db() as session:
        row = session.scalars(select(StaffMessage)).one()
        line = session.get_one(ChatMessage, row.chat_message_id)
        return row.state, line.state, line.error


def send(db: Database, line: FakeLine, *, now: datetime = NOW) -> int:
    return staff_messages.send_due(db, line, now=lambda: now)


@pytest.fixture
def friend(db: Database) -> Friend:
    with db.begin() as session:
        made = make_friend(session)
        hear(session, made)
        return made


@pytest.fixture
def line() -> PushingLine:
    return PushingLine()


def press_send(url: str, start: Any, results: Any) -> None:
    """What one process does when somebody presses the button."""
    db, line = connect(url), PushingLine()
    start.wait(30)
    try:
        row_id = write(db, REPLY).id
        staff_messages.send_due(db, line, now=lambda: NOW, only=row_id)
        results.put((row_id, len(line.replies)))
    except Exception as error:  # noqa: BLE001 the other side asserts
        results.put((repr(error), 0))
    db.dispose()


def test_the_same_form_in_two_processes_at_once_sends_once(db: Database, database_url: str, friend: Friend) -> None:
    with db.begin() as session:
        make_actor(session)
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    processes = [context.Process(target=press_send, args=(database_url, start, results)) for _ in range(2)]
    for process in processes:
        process.start()
    start.set()
    answers = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)
    assert len({row_id for row_id, _ in answers}) == 1, answers
    assert sum(said for _, said in answers) == 1
    assert outcome(db)[0] is StaffMessageState.SENT


def test_a_reply_is_free_and_uses_the_newest_token(db: Database, friend: Friend, line: PushingLine) -> None:
    with db.begin() as session:
        hear(session, session.get_one(Friend, friend.id), at=later(seconds=2), token="token-2")
    write(db, REPLY, now=later(seconds=5))
    send(db, line, now=later(seconds=5))
    assert line.replies == {"token-2": [text("您好")]}
    assert line.pushed == {}
    with db() as session:
        assert session.get_one(Friend, friend.id).unanswered_at is None
        said = session.scalars(select(ChatMessage).where(ChatMessage.source == ChatSource.STAFF_REPLY)).one()
        assert (said.state, said.text) == (ChatState.SENT, "您好")
        assert session.scalars(select(AuditEntry.action)).all() == ["send"]


@pytest.mark.parametrize(
    "columns",
    [
        {"state": EventState.RECEIVED},
        {"answer_state": AnswerState.SENT},
        {"received_at": NOW - timedelta(seconds=56)},
        {"payload": json.dumps({"mode": "standby", "replyToken": "token-9"})},
        {"payload": "{"},
    ],
    ids=["not handled yet", "a rule answered", "too old", "standby", "unreadable"],
)
def test_a_token_that_does_not_serve_offers_no_free_reply(db: Database, columns: dict[str, Any]) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        event = hear(session, friend)
        for name, value in columns.items():
            setattr(event, name, value)
    with db() as session:
        assert staff_messages.find_free_reply(session, friend.id, now=NOW) is None
    with pytest.raises(ConflictError, match="免費回覆的時間已過"):
        write(db, REPLY)


def test_an_event_of_somebody_else_under_a_number_we_remember_is_no_way_to_this_friend(
    db: Database, friend: Friend
) -> None:
    with db.begin() as session:
        stranger = make_friend(session)
        theirs = hear(session, stranger, token="theirs")
        line = session.scalars(select(ChatMessage).where(ChatMessage.friend_id == friend.id)).one()
        line.webhook_event_id = theirs.id
    with db() as session:
        assert staff_messages.find_free_reply(session, friend.id, now=NOW) is None
        assert staff_messages.find_free_reply(session, stranger.id, now=NOW) is not None


def test_a_used_token_serves_nobody_else(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, REPLY)
    with pytest.raises(ConflictError):
        write(db, REPLY, form="form-2")
    send(db, line)
    assert len(line.replies) == 1


def test_a_push_goes_under_one_retry_key_however_often_it_is_tried(
    db: Database, friend: Friend, line: PushingLine
) -> None:
    write(db, PUSH)
    line.fail_after_accepting = GatewayError("timeout")
    assert send(db, line) == 1
    assert outcome(db)[0] is StaffMessageState.DUE
    assert send(db, line) == 0  # not before its time
    line.fail_after_accepting = None
    assert send(db, line, now=later(minutes=1)) == 1
    assert outcome(db) == (StaffMessageState.SENT, ChatState.SENT, None)
    assert line.calls == 2
    assert len(line.pushed) == 1


def test_a_reply_that_got_through_before_a_timeout_counts_as_sent(
    db: Database, friend: Friend, line: PushingLine
) -> None:
    write(db, REPLY)
    line.fail_after_accepting = GatewayError("timeout")
    send(db, line)
    send(db, line, now=later(seconds=2))
    assert outcome(db) == (StaffMessageState.SENT, ChatState.SENT, None)


def test_a_reply_nobody_confirmed_in_time_is_unknown(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, REPLY)
    line.fail_with = GatewayError("timeout")
    send(db, line)
    line.fail_with = None
    send(db, line, now=later(minutes=2))
    assert outcome(db)[0] is StaffMessageState.UNKNOWN
    assert line.replies == {}


def test_a_reply_that_never_left_before_its_token_died_says_so(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, REPLY)
    send(db, line, now=later(minutes=2))
    state, chat_state, error = outcome(db)
    assert (state, chat_state) == (StaffMessageState.REFUSED, ChatState.FAILED)
    assert "沒有送出" in str(error)


def test_a_refusal_shows_lines_reason(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, PUSH)
    line.fail_with = GatewayRefusedError("You have reached your monthly limit.", status=429)
    send(db, line)
    assert outcome(db) == (StaffMessageState.REFUSED, ChatState.FAILED, "You have reached your monthly limit.")
    with db() as session:
        assert session.get_one(Friend, friend.id).unanswered_at is not None


def test_a_push_is_given_up_before_its_retry_key_dies(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, PUSH)
    line.fail_with = GatewayError("503")
    send(db, line)
    line.fail_with = None
    send(db, line, now=later(hours=23, minutes=1))
    assert outcome(db)[0] is StaffMessageState.UNKNOWN
    assert line.pushed == {}


class SlowLine(PushingLine):
    """A LINE that takes thirteen seconds for each push."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW

    def push(self, line_user_id: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Answer:
        self.now += timedelta(seconds=13)
        return super().push(line_user_id, messages, retry_key=retry_key)


def test_a_slow_line_never_outlasts_the_lease_and_the_rest_counts_as_untried(db: Database, friend: Friend) -> None:
    for number in range(4):
        write(db, PUSH, form=f"form-{number}")
    line = SlowLine()
    assert staff_messages.send_due(db, line, now=lambda: line.now) == 1
    assert line.now - NOW < staff_messages.LEASE
    with db() as session:
        rows = session.scalars(select(StaffMessage).where(StaffMessage.state == StaffMessageState.DUE)).all()
        assert [(row.attempts, row.first_attempt_at) for row in rows] == [(0, None)] * 3
    while staff_messages.send_due(db, line, now=lambda: line.now):
        pass
    assert (line.calls, len(line.pushed)) == (4, 4)


def test_whoever_blocked_gets_a_push_only_within_seven_days_of_writing(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        session.get_one(Friend, friend.id).state = FriendState.NOT_FOLLOWING
    with pytest.raises(ConflictError, match="7 天"):
        write(db, PUSH, now=later(days=8))
    assert write(db, PUSH, now=later(days=6)).way is PUSH


def test_what_line_would_refuse_is_not_stored(db: Database, friend: Friend) -> None:
    with pytest.raises(InvalidInputError):
        write(db, PUSH, words="")
    with db() as session:
        assert session.scalars(select(StaffMessage)).all() == []


def test_nothing_leaves_while_the_account_is_held(db: Database, friend: Friend, line: PushingLine) -> None:
    write(db, PUSH)
    with db.begin() as session:
        session.get_one(Account, 1).held_at = NOW
    assert send(db, line) == 0
    assert line.calls == 0
