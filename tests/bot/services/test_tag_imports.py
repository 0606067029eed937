"""Files of user ids: looked through, confirmed, carried out in slices, reported by row."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from bot.database import Database
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.services import tag_import_rows, tag_import_runs, tag_imports, tag_merges, tags
from bot.services.audit import Actor
from bot.services.tag_imports import Wanted
from models import (
    ActorKind,
    AuditEntry,
    Friend,
    FriendState,
    FriendTag,
    ImportState,
    RowOutcome,
    Tag,
    TagAction,
    TagImport,
    TagImportRow,
    TagSource,
)
from tests.bot.rules.test_sheets import excel
from tests.conftest import NOW
from tests.factories import make_friend, make_tag

STAFF = Actor(ActorKind.STAFF, 7, "小美")
LATER = NOW + timedelta(days=30)


def clock(at: datetime = NOW) -> Callable[[], datetime]:
    return lambda: at


def read(db: Database, content: bytes, **wanted: object) -> TagImport:
    chosen = {"name": "名單.xlsx", "tags": ["會員"]} | wanted
    return tag_imports.read(db, content, Wanted(**chosen), by=STAFF, now=NOW)  # type: ignore[arg-type]


def confirm(db: Database, import_id: int) -> TagImport:
    with db.begin() as session:
        return tag_imports.confirm(session, import_id, by=STAFF, now=NOW)


def outcomes(db: Database, import_id: int) -> list[tuple[int, str, int | None]]:
    with db() as session:
        rows = tag_imports.list_rows(session, import_id, limit=1000)
        return [(row.number, row.outcome.value, row.earlier) for row in rows]


def wearers(db: Database, name: str) -> list[int]:
    with db() as session:
        query = select(FriendTag.friend_id).join(Tag).where(Tag.name == name).order_by(FriendTag.friend_id)
        return list(session.scalars(query))


def test_one_column_of_ids_gets_the_chosen_tags_once_somebody_confirms(db: Database) -> None:
    with db.begin() as session:
        one, two, other = make_friend(session), make_friend(session), make_friend(session)
        vip = make_tag(session, "VIP")
        tags.put(session, [two.id], [vip.id], source=TagSource.QUIZ, source_id=5, now=NOW)
    lines = ["UID", one.line_user_id, two.line_user_id, "", two.line_user_id, "U" + "f" * 32, "小明", "U" * 200]

    kept = read(db, "\n".join(lines).encode(), tags=[vip.id, "會員"], expires_at=LATER)

    assert (kept.state, kept.rows, tag_imports.new_tags(kept)) == (ImportState.PREVIEW, 6, ["會員"])
    assert outcomes(db, kept.id) == [
        (2, "ready", None),
        (3, "ready", None),
        (5, "duplicate", 3),
        (6, "unknown", None),
        (7, "not_an_id", None),
        (8, "too_long", None),
    ]
    assert tag_import_runs.run(db, now=clock()) is False
    assert wearers(db, "VIP") == [two.id]

    confirm(db, kept.id)
    assert tag_import_runs.run(db, now=clock()) is True

    assert wearers(db, "VIP") == wearers(db, "會員") == [one.id, two.id]
    assert [outcome for _, outcome, _ in outcomes(db, kept.id)][:2] == ["changed", "changed"]
    with db() as session:
        worn = {friend_tag.tag.name: friend_tag for friend_tag in tags.tags_of(session, one.id, now=NOW)}
        assert (worn["會員"].source, worn["會員"].source_id, worn["會員"].expires_at) == (
            TagSource.IMPORT,
            kept.id,
            LATER,
        )
        done = tag_imports.get_import(session, kept.id)
        assert (done.state, done.finished_at) == (ImportState.DONE, NOW)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "tag_import")).one()
        assert (entry.action, entry.actor_id, entry.changes["rows"]) == ("import", 7, [None, 2])
        assert tags.tags_of(session, other.id, now=NOW) == []


def test_a_file_may_name_tags_and_actions_itself(db: Database) -> None:
    with db.begin() as session:
        one, two, three = (make_friend(session) for _ in range(3))
        tags.put(session, [two.id], [make_tag(session, "團購").id], source=TagSource.STAFF, source_id=1, now=NOW)
    a, b, c = one.line_user_id, two.line_user_id, three.line_user_id
    rows: list[list[Any]] = [
        ["姓名", "動作", "標籤", "User ID"],
        ["甲", "", "團購", a],
        ["乙", "移除", "團購", b],
        ["乙", "加上", " 團購 ", b],
        ["丙", "-", "團購", c],
        ["丙", "送", "團購", c],
        ["丙", "add", "", c],
        ["丙", "add", "好" * 61, c],
        ["丙", "add", 2026, c],
        ["丁", "", "團購", ""],
        ["丁", "", "團購", 1234567890123456],
    ]

    kept = read(db, excel(*rows), tags=[], has_tags=True)

    assert outcomes(db, kept.id) == [
        (2, "ready", None),
        (3, "ready", None),
        (4, "contradiction", 3),
        (5, "ready", None),
        (6, "bad_action", None),
        (7, "no_tag", None),
        (8, "too_long", None),
        (9, "ready", None),
        (10, "blank", None),
        (11, "number", None),
    ]
    confirm(db, kept.id)
    tag_import_runs.run(db, now=clock())
    assert (wearers(db, "團購"), wearers(db, "2026")) == ([one.id], [three.id])
    came = {number: outcome for number, outcome, _ in outcomes(db, kept.id)}
    assert (came[2], came[3], came[5], came[9]) == ("changed", "changed", "same", "changed")
    with db() as session:
        assert tag_imports.count_outcomes(session, kept.id)[RowOutcome.CHANGED] == 3
        faults = tag_imports.list_rows(session, kept.id, limit=2, after=4, but=[RowOutcome.SAME, RowOutcome.CHANGED])
        assert [(row.number, row.cells) for row in faults] == [(6, [c, "團購", "送"]), (7, [c, "", "add"])]


def test_a_row_without_a_tag_of_its_own_gets_the_chosen_one(db: Database) -> None:
    with db.begin() as session:
        one = make_friend(session)
    line = f"{one.line_user_id},,\n{one.line_user_id},活動,移除\n".encode()
    kept = read(db, line, tags=["會員"], has_tags=True)
    confirm(db, kept.id)
    tag_import_runs.run(db, now=clock())
    assert [outcome for _, outcome, _ in outcomes(db, kept.id)] == ["changed", "same"]
    assert wearers(db, "會員") == [one.id]


def test_what_is_chosen_wrongly_is_refused_at_its_field(db: Database) -> None:
    def faults(content: bytes = b"U1", **wanted: object) -> list[str]:
        with pytest.raises(InvalidInputError) as refusal:
            read(db, content, **wanted)
        return [fault.field for fault in refusal.value.faults]

    assert faults(tags=[]) == ["tags"]
    assert faults(tags=[99, "", 2**40]) == ["tags[0]", "tags[1]", "tags[2]"]
    assert faults(expires_at=NOW) == ["expires_at"]
    assert faults(b"") == ["file"]
    assert faults(b"UID\n") == ["file"]
    many = "\n".join(f"U{number:032x},標籤{number}" for number in range(tag_import_rows.MOST_TAGS + 1))
    assert faults(many.encode(), tags=[], has_tags=True) == ["file"]
    with db() as session:
        assert session.scalars(select(TagImport)).all() == []


def test_a_file_is_confirmed_once_and_only_if_there_is_something_to_do(db: Database) -> None:
    nothing = read(db, b"U" + b"f" * 32)
    with pytest.raises(ConflictError):
        confirm(db, nothing.id)
    with db.begin() as session:
        one = make_friend(session)
    kept = read(db, one.line_user_id.encode())
    assert confirm(db, kept.id).confirmed_at == confirm(db, kept.id).confirmed_at == NOW
    with db.begin() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.subject == "tag_import")).all()) == 1
        assert [row.id for row in tag_imports.list_imports(session)] == [kept.id]
        with pytest.raises(NotFoundError):
            tag_imports.get_import(session, 2**40)


def test_a_tag_that_a_file_is_about_to_put_on_stays_or_is_followed(db: Database) -> None:
    with db.begin() as session:
        one, old, new = make_friend(session), make_tag(session, "舊"), make_tag(session, "新")
    kept = read(db, one.line_user_id.encode(), tags=[old.id])
    confirm(db, kept.id)
    with pytest.raises(ConflictError, match=r"標籤匯入「名單\.xlsx」"):
        tags.delete(db, old.id, by=STAFF, now=NOW)
    tag_merges.merge(db, old.id, into_id=new.id, by=STAFF, now=NOW)
    tag_import_runs.run(db, now=clock())
    assert wearers(db, "新") == [one.id]


def test_an_import_that_a_crash_interrupted_goes_on_after_its_lease(db: Database) -> None:
    same = {"state": FriendState.FOLLOWING, "attributes": {}, "is_returning": False, "profile_attempts": 0}
    people = tag_import_runs.SLICE + 300
    with db.begin() as session:
        given = [{"line_user_id": f"U{number:032x}", "created_at": NOW, **same} for number in range(people)]
        session.execute(insert(Friend), given)
    kept = read(db, "\n".join(f"U{number:032x}" for number in range(people)).encode())
    confirm(db, kept.id)

    tag_import_runs.run(db, now=clock(), until=NOW)  # one slice, and the time is up
    with db.begin() as session:
        row = session.get_one(TagImport, kept.id)
        assert (row.handled, row.state) == (tag_import_runs.SLICE, ImportState.DUE)
        row.lease_until = NOW + tag_import_runs.LEASE  # as a process leaves it that dies here
    assert tag_import_runs.run(db, now=clock(NOW + timedelta(seconds=1))) is False
    assert tag_import_runs.run(db, now=clock(NOW + tag_import_runs.LEASE)) is True

    assert len(wearers(db, "會員")) == people
    with db() as session:
        assert tag_imports.count_outcomes(session, kept.id) == {RowOutcome.CHANGED: people}


def test_what_nobody_confirmed_and_old_reports_are_removed(db: Database) -> None:
    with db.begin() as session:
        one = make_friend(session)
    forgotten, kept = read(db, one.line_user_id.encode()), read(db, one.line_user_id.encode(), action=TagAction.TAKE)
    confirm(db, kept.id)
    tag_import_runs.run(db, now=clock())

    def left(at: datetime) -> tuple[list[int], int]:
        tag_imports.remove_old(db, now=at)
        with db() as session:
            ids = list(session.scalars(select(TagImport.id).order_by(TagImport.id)))
            return ids, session.scalar(select(func.count()).select_from(TagImportRow)) or 0

    assert left(NOW + timedelta(hours=23)) == ([forgotten.id, kept.id], 2)
    assert left(NOW + timedelta(days=2)) == ([kept.id], 1)
    assert left(NOW + timedelta(days=91)) == ([kept.id], 0)  # what it put on still names it
