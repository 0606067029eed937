"""What is kept for a time goes when it is over, and nothing goes that is still needed."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import retention
from models import (
    Account,
    ChatMessage,
    ChatSource,
    EventState,
    ForwardedWebhook,
    ForwardState,
    LinkArrival,
    StaffMessage,
    StaffMessageState,
    StaffMessageWay,
    TrackedLink,
    WebhookEvent,
)
from tests.conftest import NOW
from tests.factories import make_friend

DAY = timedelta(days=1)
WORDS = "我住在中山路"


def keep(session: Session, *, chats: int, events: int) -> None:
    session.execute(update(Account).values(chat_days=chats, event_days=events))


def add_event(session: Session, at: datetime, *, state: EventState = EventState.HANDLED, kind: str = "message") -> int:
    payload: dict[str, Any] = {"type": kind, "timestamp": 1, "source": {"userId": "U1"}}
    if kind == "message":
        payload["message"] = {"id": "7", "type": "text", "text": WORDS}
    event = WebhookEvent(
        line_event_id=f"{at} {kind} {state}",
        type=kind,
        payload=json.dumps(payload, ensure_ascii=False),
        received_at=at,
        due_at=at,
        state=state,
    )
    session.add(event)
    session.flush()
    return event.id


def payloads(db: Database) -> list[dict[str, Any]]:
    with db() as session:
        return [json.loads(found) for found in session.scalars(select(WebhookEvent.payload).order_by(WebhookEvent.id))]


def test_events_give_up_what_friends_said_when_the_chat_log_does(db: Database) -> None:
    with db.begin() as session:
        keep(session, chats=7, events=30)
        for at, kind in ((NOW - 9 * DAY, "message"), (NOW - 8 * DAY, "follow"), (NOW - 6 * DAY, "message")):
            add_event(session, at, kind=kind)
    retention.remove_old(db, now=NOW)
    old, follow, young = payloads(db)
    assert old["message"] == {"id": "7", "type": "text"}
    assert (old["source"], "message" in follow) == ({"userId": "U1"}, False)
    assert young["message"]["text"] == WORDS

    retention.remove_old(db, now=NOW + 2 * DAY)
    assert WORDS not in str(payloads(db))


def test_many_old_events_are_blanked_to_the_last(db: Database) -> None:
    with db.begin() as session:
        keep(session, chats=7, events=30)
        for number in range(retention.BLANKED_AT_ONCE + 3):
            add_event(session, NOW - 9 * DAY + timedelta(seconds=number))
    retention.remove_old(db, now=NOW)
    assert WORDS not in str(payloads(db))


def test_an_event_that_nobody_handled_yet_keeps_its_words_until_somebody_has(db: Database) -> None:
    with db.begin() as session:
        keep(session, chats=1, events=30)
        waiting = add_event(session, NOW - 3 * DAY, state=EventState.RECEIVED)
        add_event(session, NOW - 2 * DAY)
    retention.remove_old(db, now=NOW)
    assert payloads(db)[0]["message"]["text"] == WORDS

    with db.begin() as session:
        session.get_one(WebhookEvent, waiting).state = EventState.HANDLED
    retention.remove_old(db, now=NOW)
    assert WORDS not in str(payloads(db))


def test_a_chat_line_stays_while_an_answer_of_staffs_is_still_to_leave(db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        for state in (StaffMessageState.DUE, StaffMessageState.SENT):
            line = ChatMessage(friend_id=friend.id, source=ChatSource.STAFF_PUSH, kind="answer", said_at=NOW)
            session.add(line)
            session.flush()
            session.add(
                StaffMessage(
                    friend_id=friend.id,
                    chat_message_id=line.id,
                    form_key=state.value,
                    way=StaffMessageWay.PUSH,
                    messages=[],
                    retry_key=state.value,
                    state=state,
                    due_at=NOW,
                    created_at=NOW,
                )
            )
    retention.remove_old(db, now=NOW + 400 * DAY)
    with db() as session:
        kept = session.scalars(select(StaffMessage)).one()
        assert kept.state is StaffMessageState.DUE
        assert session.scalars(select(ChatMessage.id)).all() == [kept.chat_message_id]


def forward(session: Session, at: datetime, state: ForwardState) -> None:
    session.add(ForwardedWebhook(body=WORDS.encode(), signature="s", received_at=at, due_at=at, state=state))


def test_a_webhook_for_the_second_tool_keeps_its_body_a_day_after_it_was_given_up(db: Database) -> None:
    with db.begin() as session:
        forward(session, NOW - 2 * DAY, ForwardState.FAILED)
        forward(session, NOW - DAY / 2, ForwardState.FAILED)
        forward(session, NOW - 2 * DAY, ForwardState.DUE)
    retention.remove_old(db, now=NOW)
    with db() as session:
        bodies = session.scalars(select(ForwardedWebhook.body).order_by(ForwardedWebhook.id)).all()
    assert bodies == [b"", WORDS.encode(), WORDS.encode()]


def test_a_webhook_that_never_left_goes_with_the_words_of_its_time(db: Database) -> None:
    with db.begin() as session:
        keep(session, chats=3, events=30)
        forward(session, NOW - 4 * DAY, ForwardState.DUE)
        forward(session, NOW - 2 * DAY, ForwardState.DUE)
    retention.remove_old(db, now=NOW)
    with db() as session:
        assert session.scalars(select(ForwardedWebhook.received_at)).all() == [NOW - 2 * DAY]


def test_strangers_who_came_through_a_link_are_forgotten(db: Database) -> None:
    with db.begin() as session:
        link = TrackedLink(code="x", name="海報", created_at=NOW)
        session.add(link)
        session.flush()
        for number, joined_at in enumerate((None, NOW)):
            opened_at = NOW - 8 * DAY + timedelta(seconds=number)
            session.add(
                LinkArrival(
                    tracked_link_id=link.id,
                    line_user_id="U1",
                    opened_at=opened_at,
                    arrived_at=opened_at,
                    joined_at=joined_at,
                )
            )
    retention.remove_old(db, now=NOW)
    with db() as session:
        assert session.scalars(select(LinkArrival.joined_at)).all() == [NOW]
