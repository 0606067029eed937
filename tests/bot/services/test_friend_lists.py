"""Friends are listed by the page and found by name, tag, state and link."""

from typing import Any

import pytest
from sqlalchemy import insert

from bot.database import Database
from bot.services import friend_lists, tags, tracked_links
from bot.services.audit import OPERATOR
from models import Friend, FriendState, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_tag


def names(db: Database, **wanted: Any) -> list[str | None]:
    with db() as session:
        return [friend.display_name for friend in friend_lists.page(session, now=NOW, limit=50, **wanted).items]


def test_pages_follow_each_other_newest_first_without_a_gap(db: Database) -> None:
    with db.begin() as session:
        made = [make_friend(session).id for _ in range(7)]
    seen: list[int] = []
    after = None
    with db() as session:
        while True:
            page = friend_lists.page(session, now=NOW, limit=3, after=after)
            seen += [friend.id for friend in page.items]
            if page.next is None:
                break
            after = page.next
    assert seen == made[::-1]


SEARCHES: list[tuple[str, list[str | None]]] = [
    ("小明", ["王小明", "陳小明"]),
    ("王", ["王小明"]),
    ("王小明", ["王小明"]),
    ("amy c", ["Amy Chen"]),
    ("ＡＭＹ", ["Amy Lin", "Amy Chen"]),
    ("en", ["Amy Chen"]),
    ("🐰", ["兔兔🐰"]),
    ("兔", ["兔兔🐰"]),
    ("小英", []),
    ("明小", []),
    ("100%", ["100%純"]),
    ("%", ["100%純"]),
    ("_", []),
    ("\\", ["反\\斜"]),
    ("'", ["O'Neil"]),
    ("o'n", ["O'Neil"]),
    ("a:b", ["a:b{c}"]),
    ("{c}", ["a:b{c}"]),
    ("  ", ["O'Neil", "a:b{c}", "反\\斜", "100%純", "兔兔🐰", "Amy Lin", "Amy Chen", None, "王小明", "陳小明"]),
]


def test_a_name_is_found_by_any_part_of_it(db: Database) -> None:
    with db.begin() as session:
        for name in ("陳小明", "王小明"):
            make_friend(session, name=name)
        make_friend(session, display_name=None, folded_name=None, name_grams=None)
        for name in ("Amy Chen", "Amy Lin", "兔兔🐰", "100%純", "反\\斜", "a:b{c}", "O'Neil"):
            make_friend(session, name=name)
    for search, found in SEARCHES:
        assert sorted(names(db, search=search), key=str) == sorted(found, key=str), search


def test_a_whole_user_id_finds_one_person(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, name="別人")
        friend = make_friend(session, name="本人")
    assert names(db, search=f" {friend.line_user_id} ") == ["本人"]
    assert names(db, search="U" + "0" * 32) == []


def test_tag_state_link_and_name_narrow_together(db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
        link = tracked_links.create(session, name="海報", code="poster", by=OPERATOR, now=NOW)
        gone: dict[str, Any] = {"state": FriendState.NOT_FOLLOWING}
        friends = {
            "甲": make_friend(session, name="甲君", tracked_link_id=link.id),
            "乙": make_friend(session, name="乙君", tracked_link_id=link.id, **gone),
            "丙": make_friend(session, name="丙君"),
        }
        worn_by = [friends["甲"].id, friends["乙"].id]
        tags.put(session, worn_by, [tag.id], source=TagSource.STAFF, source_id=1, now=NOW)

    assert names(db, tag_id=tag.id) == ["乙君", "甲君"]
    assert names(db, tag_id=tag.id, search="甲") == ["甲君"]
    assert names(db, tag_id=tag.id, state=FriendState.NOT_FOLLOWING) == ["乙君"]
    assert names(db, link_id=link.id, search="君") == ["乙君", "甲君"]
    assert names(db, state=FriendState.FOLLOWING) == ["丙君", "甲君"]
    assert names(db, tag_id=tag.id, link_id=link.id, search="君", state=FriendState.FOLLOWING) == ["甲君"]
    assert names(db, tag_id=999) == []


@pytest.mark.parametrize("tagged", [False, True])
def test_who_is_rare_is_found_beyond_the_newest_thousands(db: Database, tagged: bool) -> None:
    crowd = (friend_lists.WALKED_TAGGED if tagged else friend_lists.WALKED) + 300
    with db.begin() as session:
        rare = [make_friend(session, name="獨一無二").id for _ in range(3)]
        session.execute(insert(Friend), _crowd(crowd))
        newest = make_friend(session, name="獨一無二").id
        session.flush()
        tag = make_tag(session)
        if tagged:
            everybody = list(range(rare[0], newest + 1))
            tags.put(session, everybody, [tag.id], source=TagSource.IMPORT, source_id=None, now=NOW)
    wanted: dict[str, Any] = {"search": "獨一無二", "tag_id": tag.id if tagged else None}

    with db() as session:
        first = friend_lists.page(session, now=NOW, limit=2, **wanted)
        rest = friend_lists.page(session, now=NOW, limit=2, after=first.next, **wanted)

    assert [friend.id for friend in first.items] == [newest, rare[2]]
    assert [friend.id for friend in rest.items] == [rare[1], rare[0]]
    assert rest.next is None


def _crowd(count: int) -> list[dict[str, Any]]:
    same = {"state": FriendState.FOLLOWING, "attributes": {}, "is_returning": False, "profile_attempts": 0}
    return [{"line_user_id": f"Uc{number:031x}", "created_at": NOW, **same} for number in range(count)]


def test_friends_are_counted(db: Database) -> None:
    with db.begin() as session:
        make_friend(session)
        make_friend(session, state=FriendState.NOT_FOLLOWING)
        make_friend(session, state=FriendState.NOT_FOLLOWING)
    with db() as session:
        assert friend_lists.estimate_count(session) == 3
        assert friend_lists.estimate_count(session, state=FriendState.NOT_FOLLOWING) == 2
