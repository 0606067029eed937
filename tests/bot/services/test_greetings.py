"""The greeting and the fallback answer are checked when saved, and every change reaches whoever answers."""

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import InvalidInputError
from bot.services import greetings, tags
from bot.services.audit import OPERATOR
from models import Account, AuditEntry
from tests.conftest import NOW
from tests.factories import text


def version(db: Database) -> int:
    with db() as session:
        return session.scalars(select(Account.answers_version)).one()


def test_the_greeting_is_replaced_with_its_tags(db: Database) -> None:
    before = version(db)
    with db.begin() as session:
        greetings.set_greeting(
            session,
            new_friend=[text("{{name}} 您好")],
            returning_friend=[text("歡迎回來")],
            tags=["新朋友"],
            by=OPERATOR,
            now=NOW,
        )
    with db() as session:
        greeting = greetings.get_greeting(session)
        assert greeting.new_friend == [text("{{name}} 您好")]
        assert greeting.returning_friend == [text("歡迎回來")]
        assert list(tags.names_of(session, greeting.tags).values()) == ["新朋友"]
        assert sorted(session.scalars(select(AuditEntry.subject))) == ["greeting", "tag"]
    assert version(db) == before + 1


def test_nothing_may_be_said_at_all(db: Database) -> None:
    with db.begin() as session:
        greeting = greetings.set_greeting(session, new_friend=[], returning_friend=[], tags=[], by=OPERATOR, now=NOW)
        assert (greeting.new_friend, greeting.returning_friend, greeting.tags) == ([], [], [])
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_fault_names_which_of_the_two_greetings_it_is_in(db: Database) -> None:
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        greetings.set_greeting(
            session,
            new_friend=[text("")],
            returning_friend=[text("好"), {"type": "video"}],
            tags=[],
            by=OPERATOR,
            now=NOW,
        )
    places = [fault.field for fault in refusal.value.faults]
    assert places[0] == "new_friend[0].text"
    assert all(place.startswith("returning_friend[1]") for place in places[1:])


def test_the_fallback_is_replaced(db: Database) -> None:
    before = version(db)
    with db.begin() as session:
        greetings.set_fallback(
            session, enabled=True, messages=[text("客服稍後回覆")], every_minutes=60, by=OPERATOR, now=NOW
        )
    with db() as session:
        fallback = greetings.get_fallback(session)
        assert (fallback.enabled, fallback.messages, fallback.every_minutes) == (True, [text("客服稍後回覆")], 60)
    assert version(db) == before + 1


def test_a_fallback_that_is_on_says_something(db: Database) -> None:
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        greetings.set_fallback(session, enabled=True, messages=[], every_minutes=-1, by=OPERATOR, now=NOW)
    assert [fault.field for fault in refusal.value.faults] == ["messages", "every_minutes"]
    with db.begin() as session:
        greetings.set_fallback(session, enabled=False, messages=[], every_minutes=60, by=OPERATOR, now=NOW)
