"""Keyword rules are checked when saved, and every change reaches whoever answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import InvalidInputError, NotFoundError
from bot.services import keyword_rules
from bot.services.audit import Actor
from bot.services.keyword_rules import RuleContent
from models import Account, ActorKind, AuditEntry
from tests.conftest import NOW
from tests.factories import make_rule, text

STAFF = Actor(ActorKind.STAFF, 7, "小美")
TAIPEI = ZoneInfo("Asia/Taipei")
CONTENT = RuleContent(name="價格", keywords=[{"text": "價格", "match": "contains"}], messages=[text("一包 100 元")])


def version(db: Database) -> int:
    with db() as session:
        return session.scalars(select(Account.answers_version)).one()


def test_a_rule_answers_from_its_creation_on(db: Database) -> None:
    with db.begin() as session:
        rule = keyword_rules.create(session, CONTENT, by=STAFF, now=NOW)
        trial = keyword_rules.try_text(session, "請問ㄧ下 價 格?", zone=TAIPEI, now=NOW)
        assert trial.rule is None
        trial = keyword_rules.try_text(session, "請問价格？", zone=TAIPEI, now=NOW)

    assert trial.rule is not None
    assert trial.rule.id == rule.id
    assert trial.messages == [text("一包 100 元")]
    assert trial.keyword is not None
    assert (trial.keyword.text, trial.keyword.match) == ("價格", "contains")
    assert trial.folded == "请问价格?"


def test_each_change_raises_the_version_and_is_in_the_audit_log(db: Database) -> None:
    before = version(db)
    with db.begin() as session:
        rule_id = keyword_rules.create(session, CONTENT, by=STAFF, now=NOW).id
    with db.begin() as session:
        keyword_rules.change(session, rule_id, {"priority": 5, "name": "價格"}, by=STAFF, now=NOW)
    with db.begin() as session:
        assert not keyword_rules.toggle(session, rule_id, by=STAFF, now=NOW).enabled
    with db.begin() as session:
        keyword_rules.delete(session, rule_id, by=STAFF, now=NOW)

    assert version(db) == before + 4
    with db() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["create", "update", "update", "delete"]
    assert entries[1].changes == {"priority": [0, 5]}
    assert entries[2].changes == {"enabled": [True, False]}


def test_a_change_that_changes_nothing_leaves_no_trace(db: Database) -> None:
    with db.begin() as session:
        rule = keyword_rules.create(session, CONTENT, by=STAFF, now=NOW)
    before = version(db)
    with db.begin() as session:
        keyword_rules.change(session, rule.id, {"name": "價格"}, by=STAFF, now=NOW + timedelta(days=1))
    assert version(db) == before
    with db() as session:
        assert keyword_rules.get_rule(session, rule.id).updated_at == NOW


FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "  "}, ["name"]),
    ({"name": "長" * 101}, ["name"]),
    ({"name": "a\x00"}, ["name"]),
    ({"keywords": []}, ["keywords"]),
    ({"keywords": [{"text": " ", "match": "exact"}]}, ["keywords[0].text"]),
    ({"keywords": [{"text": "a(", "match": "pattern"}]}, ["keywords[0].text"]),
    ({"keywords": [{"text": "a", "match": "fuzzy"}]}, ["keywords[0].match"]),
    ({"keywords": [{"text": "價格"}, {"text": "价格"}]}, ["keywords[1].text"]),
    ({"messages": []}, ["messages"]),
    ({"messages": [text("")]}, ["messages[0].text"]),
    ({"messages": [text("{{age}} 歲")]}, ["messages[0].text"]),
    ({"messages": [text("好")] * 6}, ["messages"]),
    ({"priority": 10**9}, ["priority"]),
    ({"hours": []}, ["hours"]),
    ({"hours": [{"days": [8], "from": "09:00", "until": "18:00"}]}, ["hours[0].days"]),
    ({"active_from": datetime(2026, 11, 20)}, ["active_from"]),  # noqa: DTZ001 that is the fault
    ({"active_from": NOW, "active_until": NOW}, ["active_until"]),
]


def test_a_fault_is_named_with_its_place(db: Database) -> None:
    for changes, fields in FAULTS:
        with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
            keyword_rules.create(session, replace(CONTENT, **changes), by=STAFF, now=NOW)
        assert [fault.field for fault in refusal.value.faults] == fields, changes
        assert all(fault.text % dict(fault.values) for fault in refusal.value.faults)


def test_a_change_is_checked_together_with_what_stays(db: Database) -> None:
    with db.begin() as session:
        content = replace(CONTENT, active_from=NOW, active_until=NOW + timedelta(days=2))
        rule_id = keyword_rules.create(session, content, by=STAFF, now=NOW).id
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        keyword_rules.change(session, rule_id, {"active_from": NOW + timedelta(days=3)}, by=STAFF, now=NOW)
    assert [fault.field for fault in refusal.value.faults] == ["active_until"]


def test_a_rule_is_kept_as_it_was_chosen(db: Database) -> None:
    content = replace(
        CONTENT,
        priority=3,
        enabled=False,
        answers_postback=True,
        active_from=NOW,
        active_until=datetime(2027, 1, 1, tzinfo=UTC),
        hours=[{"days": [1, 2], "from": "09:00", "until": "18:00"}],
        tags=[4],
    )
    with db.begin() as session:
        rule_id = keyword_rules.create(session, content, by=STAFF, now=NOW).id
    with db() as session:
        assert keyword_rules.content_of(keyword_rules.get_rule(session, rule_id)) == content


def test_the_try_box_knows_the_hours_and_who_stays_silent(db: Database) -> None:
    noon_friday = NOW
    with db.begin() as session:
        by_day = make_rule(session, "客服", priority=2, hours=[{"days": [5], "from": "09:00", "until": "18:00"}])
        always = make_rule(session, "客服", priority=1)

        day = _try(session, "客服", noon_friday)
        night = _try(session, "客服", noon_friday + timedelta(hours=10))

    assert (day.rule, day.others) == (by_day, [always])
    assert (night.rule, night.others) == (always, [])


def _try(session: Session, said: str, now: datetime) -> keyword_rules.Trial:
    return keyword_rules.try_text(session, said, zone=TAIPEI, now=now)


def test_rules_that_share_a_keyword_are_found(db: Database) -> None:
    with db.begin() as session:
        winner, loser = make_rule(session, "優惠", priority=1), make_rule(session, "优惠")
        make_rule(session, "優惠", enabled=False)
        (collision,) = keyword_rules.find_collisions(session)
    assert (collision.winner_id, collision.loser_id) == (winner.id, loser.id)


def test_rules_are_listed_in_the_order_in_which_they_go_first(db: Database) -> None:
    with db.begin() as session:
        low, high = make_rule(session, "一"), make_rule(session, "二", priority=9)
        assert keyword_rules.list_rules(session) == [high, low]
        assert keyword_rules.page(session, limit=1) == [low]
        assert keyword_rules.page(session, limit=5, after=low.id) == [high]


def test_a_rule_that_is_not_there_is_not_found(db: Database) -> None:
    for rule_id in (0, 99, 2**31, 2**70):
        with db.begin() as session, pytest.raises(NotFoundError):
            keyword_rules.delete(session, rule_id, by=STAFF, now=NOW)
