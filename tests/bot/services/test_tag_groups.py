"""Groups of tags, in staff's order."""

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.services import tag_groups, tags
from bot.services.audit import Actor
from models import ActorKind, AuditEntry, TagColour
from tests.conftest import NOW

STAFF = Actor(ActorKind.STAFF, 7, "小美")


def names(db: Database) -> list[str]:
    with db() as session:
        return [group.name for group in tag_groups.list_groups(session)]


def make_groups(db: Database, *wanted: str) -> list[int]:
    with db.begin() as session:
        return [tag_groups.create(session, name, by=STAFF, now=NOW).id for name in wanted]


def test_a_new_group_comes_last_and_may_be_moved(db: Database) -> None:
    first, second, third = make_groups(db, "會員", "興趣", " 活動 ")
    assert names(db) == ["會員", "興趣", "活動"]
    with db.begin() as session:
        tag_groups.move(session, third, steps=-1, by=STAFF, now=NOW)
    assert names(db) == ["會員", "活動", "興趣"]
    with db.begin() as session:
        tag_groups.move(session, first, steps=5, by=STAFF, now=NOW)
    assert names(db) == ["活動", "興趣", "會員"]
    with db.begin() as session:
        tag_groups.arrange(session, [second, 99, first], by=STAFF, now=NOW)
    assert names(db) == ["興趣", "會員", "活動"]


def test_a_group_keeps_its_tags_when_renamed_and_leaves_them_when_deleted(db: Database) -> None:
    (group_id,) = make_groups(db, "會員")
    with db.begin() as session:
        tag = tags.create(session, "VIP", group_id=group_id, colour=TagColour.PINK, by=STAFF, now=NOW)
        tag_groups.rename(session, group_id, "等級", by=STAFF, now=NOW)
    with db.begin() as session:
        assert tags.get_tag(session, tag.id).group_id == group_id
        tag_groups.delete(session, group_id, by=STAFF, now=NOW)
    with db() as session:
        kept = tags.get_tag(session, tag.id)
        assert (kept.group_id, kept.colour) == (None, TagColour.PINK)
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "tag_group")).all()
        assert [entry.action for entry in entries] == ["create", "update", "delete"]
    assert names(db) == []


def test_names_of_groups_are_checked_and_taken_once(db: Database) -> None:
    first, _ = make_groups(db, "會員", "興趣")
    for wrong in ("", "  ", "好" * 61, "a\x1bb", "\ud800"):
        with db.begin() as session, pytest.raises(InvalidInputError):
            tag_groups.create(session, wrong, by=STAFF, now=NOW)
    with db.begin() as session, pytest.raises(ConflictError):
        tag_groups.create(session, "會員", by=STAFF, now=NOW)
    with db.begin() as session, pytest.raises(ConflictError):
        tag_groups.rename(session, first, "興趣", by=STAFF, now=NOW)
    for unknown in (0, 99, 2**40):
        with db.begin() as session, pytest.raises(NotFoundError):
            tag_groups.delete(session, unknown, by=STAFF, now=NOW)


def test_a_tag_goes_into_a_group_that_exists(db: Database) -> None:
    (group_id,) = make_groups(db, "會員")
    with db.begin() as session:
        tag = tags.create(session, "VIP", by=STAFF, now=NOW)
        moved = tags.change(session, tag.id, {"group_id": group_id, "colour": TagColour.BLUE}, by=STAFF, now=NOW)
        assert (moved.group_id, moved.colour) == (group_id, TagColour.BLUE)
    with db.begin() as session, pytest.raises(InvalidInputError) as refusal:
        tags.change(session, tag.id, {"group_id": 99}, by=STAFF, now=NOW)
    assert [fault.field for fault in refusal.value.faults] == ["group"]
