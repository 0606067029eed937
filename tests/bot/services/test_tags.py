"""Tags are made, renamed, found by id or name, and deleted."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.services import greetings, tags, tracked_links
from bot.services.audit import OPERATOR, Actor
from models import ActorKind, AuditEntry, FriendTag, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag, text

STAFF = Actor(ActorKind.STAFF, 7, "小美")


def test_a_name_is_kept_without_spare_spaces_and_in_one_form(db: Database) -> None:
    with db.begin() as session:
        tag = tags.create(session, "  Cafe\u0301   會員 ", by=STAFF, now=NOW)
        assert tag.name == "Caf\u00e9 會員"


def test_an_impossible_name_is_refused_at_its_field(db: Database) -> None:
    for name in ("", "   ", "好" * 61, "a\x00b", "\ud800", "a\x1bb"):
        with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
            tags.create(session, name, by=STAFF, now=NOW)
        assert [fault.field for fault in refusal.value.faults] == ["name"]


def test_a_taken_name_is_a_conflict(db: Database) -> None:
    with db.begin() as session:
        make_tag(session, "團購")
    with db.begin() as session, pytest.raises(ConflictError):
        tags.create(session, " 團購", by=STAFF, now=NOW)


def test_every_change_is_in_the_audit_log_with_whoever_made_it(db: Database) -> None:
    with db.begin() as session:
        tag_id = tags.create(session, "團購", by=STAFF, now=NOW).id
    with db.begin() as session:
        tags.change(session, tag_id, {"name": "團購主"}, by=STAFF, now=NOW)
    tags.delete(db, tag_id, by=STAFF, now=NOW)

    with db() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.changes["name"]) for entry in entries] == [
        ("create", [None, "團購"]),
        ("update", ["團購", "團購主"]),
        ("delete", ["團購主", None]),
    ]
    assert {(entry.actor_kind, entry.actor_id, entry.actor_name) for entry in entries} == {(ActorKind.STAFF, 7, "小美")}


def test_ids_and_names_are_resolved_together_and_new_names_become_tags(db: Database) -> None:
    with db.begin() as session:
        known = make_tag(session, "老客戶")
        found = tags.resolve(session, [known.id, "新客戶", "老客戶", "新客戶"], by=STAFF, now=NOW)
        assert found[0] == known.id
        assert tags.names_of(session, found) == {found[0]: "老客戶", found[1]: "新客戶"}
        assert len(found) == 2


def test_what_cannot_be_resolved_is_named_with_its_place_and_makes_nothing(db: Database) -> None:
    given: list[int | str] = ["新客戶", 99, " ", 2**40, -1]
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        tags.resolve(session, given, by=STAFF, now=NOW)
    assert [fault.field for fault in refusal.value.faults] == ["tags[1]", "tags[2]", "tags[3]", "tags[4]"]
    with db() as session:
        assert tags.list_tags(session) == []


def test_a_new_name_used_by_many_at_once_becomes_one_tag(db: Database) -> None:
    together = Barrier(8)

    def resolve(_: int) -> list[int]:
        together.wait()
        with db.begin() as session:
            return tags.resolve(session, ["甲", "乙"], by=STAFF, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(resolve, range(8)))
    assert len({tuple(ids) for ids in found}) == 1
    with db() as session:
        assert len(tags.list_tags(session)) == 2


def test_a_deleted_tag_leaves_every_friend(db: Database) -> None:
    with db.begin() as session:
        tag, other = make_tag(session, "一"), make_tag(session, "二")
        worn_by = [make_friend(session).id for _ in range(5)]
        tags.put(session, worn_by, [tag.id, other.id], source=TagSource.STAFF, source_id=1, now=NOW)
    tags.delete(db, tag.id, by=STAFF, now=NOW)
    with db() as session:
        assert set(session.scalars(select(FriendTag.tag_id))) == {other.id}
        with pytest.raises(NotFoundError):
            tags.get_tag(session, tag.id)


def test_a_tag_in_use_stays_and_the_refusal_says_where(db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
        friend = make_friend(session)
        tags.put(session, [friend.id], [tag.id], source=TagSource.STAFF, source_id=1, now=NOW)
        make_rule(session, "優惠", name="優惠活動", tags=[tag.id])
        greetings.set_greeting(
            session, new_friend=[text("歡迎")], returning_friend=[], tags=[tag.id], by=OPERATOR, now=NOW
        )
        tracked_links.create(session, name="門市海報", tags=[tag.id], by=OPERATOR, now=NOW)

    with pytest.raises(ConflictError) as refusal:
        tags.delete(db, tag.id, by=STAFF, now=NOW)

    assert "關鍵字回應「優惠活動」、歡迎訊息、加入管道「門市海報」" in str(refusal.value)
    with db() as session:
        assert [worn.tag_id for worn in tags.tags_of(session, friend.id, now=NOW)] == [tag.id]


def test_no_number_is_too_strange_to_be_not_found(db: Database) -> None:
    for tag_id in (0, -1, 99, 2**31, 2**63, 2**80):
        with db.begin() as session, pytest.raises(NotFoundError):
            tags.get_tag(session, tag_id)
        with db.begin() as session, pytest.raises(NotFoundError):
            tags.change(session, tag_id, {"name": "新名字"}, by=STAFF, now=NOW)
        with pytest.raises(NotFoundError):
            tags.delete(db, tag_id, by=STAFF, now=NOW)


def test_a_tag_cannot_take_the_name_of_another(db: Database) -> None:
    with db.begin() as session:
        first, second = make_tag(session, "一"), make_tag(session, "二")
    with db.begin() as session, pytest.raises(ConflictError):
        tags.change(session, second.id, {"name": "一"}, by=STAFF, now=NOW)
    with db.begin() as session:
        assert tags.change(session, first.id, {"name": "一"}, by=STAFF, now=NOW).name == "一"
