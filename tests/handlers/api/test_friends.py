"""Friends over the API: the list, one of them, attributes, tags, timeline and chat."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bot.database import Database
from bot.services import tags, tracked_links
from bot.services.audit import OPERATOR
from models import AuditEntry, ChatMessage, ChatSource, Friend, FriendshipChange, FriendshipKind, FriendState, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_tag
from tests.handlers.api.conftest import Caller


@pytest.fixture
def friend(db: Database) -> Friend:
    with db.begin() as session:
        link = tracked_links.create(session, name="海報", code="poster", by=OPERATOR, now=NOW)
        return make_friend(session, name="王小明", tracked_link_id=link.id, last_contact_at=NOW)


def test_a_friend_reads_exactly_so(viewer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session, "嬰兒副食品")
        tags.put(session, [friend.id], [tag.id], source=TagSource.KEYWORD_RULE, source_id=1, now=NOW)

    answer = viewer.get(f"/friends/{friend.line_user_id}")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "line_user_id": friend.line_user_id,
        "state": "following",
        "display_name": "王小明",
        "attributes": {},
        "tags": [
            {
                "id": tag.id,
                "name": "嬰兒副食品",
                "source": "keyword_rule",
                "source_id": 1,
                "source_detail": None,
                "tagged_at": "2026-11-20T12:00:00+08:00",
                "expires_at": None,
            }
        ],
        "source": "poster",
        "followed_at": "2026-11-20T12:00:00+08:00",
        "last_contact_at": "2026-11-20T12:00:00+08:00",
    }


def test_somebody_never_seen_is_not_found(owner: Caller) -> None:
    nobody = "/friends/U" + "e" * 32
    asked = [
        owner.get(nobody),
        owner.patch(nobody, {"attributes": {}}),
        owner.get(f"{nobody}/timeline"),
        owner.get(f"{nobody}/chat"),
        owner.put(f"{nobody}/tags/1"),
        owner.delete(f"{nobody}/tags/1"),
        owner.put(f"{nobody}/answered"),
    ]
    assert [answer.status_code for answer in asked] == [404] * len(asked)


def test_attributes_are_set_and_removed_one_by_one(marketer: Caller, friend: Friend, db: Database) -> None:
    path = f"/friends/{friend.line_user_id}"
    marketer.patch(path, {"attributes": {"gender": "female", "children": 2, "vip": True, "score": 1.5}})

    answer = marketer.patch(path, {"attributes": {"gender": None, "children": 3}})

    assert answer.status_code == 200
    assert answer.get_json()["attributes"] == {"children": 3, "vip": True, "score": 1.5}
    assert marketer.get(path).get_json()["attributes"] == {"children": 3, "vip": True, "score": 1.5}
    with db() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert entry.changes == {"gender": ["female", None], "children": [2, 3]}


def test_an_attribute_that_cannot_be_kept_changes_nothing(marketer: Caller, friend: Friend) -> None:
    path = f"/friends/{friend.line_user_id}"
    values: list[Any] = [{}, [], "長" * 1001, "a\x00", "\ud800", 1e400, 2**60]
    for value in values:
        answer = marketer.patch(path, {"attributes": {"good": 1, "bad": value}})
        assert answer.status_code in (400, 422), value
    assert marketer.patch(path, {"attributes": {"": 1}}).status_code == 422
    assert marketer.patch(path, {"attributes": {str(n): n for n in range(201)}}).status_code == 422
    assert marketer.patch(path, {}).status_code == 422
    assert marketer.get(path).get_json()["attributes"] == {}


def test_the_list_goes_on_where_it_ended(viewer: Caller, db: Database) -> None:
    with db.begin() as session:
        made = [make_friend(session).line_user_id for _ in range(5)]
    seen: list[str] = []
    path: str | None = "/friends?limit=2"
    while path:
        page = viewer.get(path).get_json()
        seen += [friend["line_user_id"] for friend in page["items"]]
        path = page["next"] and f"/friends?limit=2&after={page['next']}"
    assert seen == made[::-1]


def test_the_list_is_narrowed_by_name_tag_state_and_source(viewer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        other = make_friend(session, name="陳小美", state=FriendState.NOT_FOLLOWING)
        tag = make_tag(session)
        tags.put(session, [other.id], [tag.id], source=TagSource.STAFF, source_id=1, now=NOW)

    def found(query: str) -> list[str]:
        return [one["display_name"] for one in viewer.get(f"/friends?{query}").get_json()["items"]]

    assert found("search=小") == ["陳小美", "王小明"]
    assert found("search=王") == ["王小明"]
    assert found(f"tag={tag.id}") == ["陳小美"]
    assert found("state=following") == ["王小明"]
    assert found("source=poster&search=小") == ["王小明"]
    assert found("source=poster&state=unknown") == []


def test_a_tag_is_put_on_and_taken_off(marketer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
    path = f"/friends/{friend.line_user_id}/tags/{tag.id}"

    first, again = marketer.put(path), marketer.put(path, {})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json() == again.get_json()
    assert [(one["name"], one["source"]) for one in first.get_json()["tags"]] == [("嬰兒副食品", "api")]

    assert [marketer.delete(path).status_code, marketer.delete(path).status_code] == [204, 204]
    assert marketer.get(f"/friends/{friend.line_user_id}").get_json()["tags"] == []
    assert marketer.put(f"/friends/{friend.line_user_id}/tags/99").status_code == 404
    with db() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "friend")).all()
        assert sorted(actions) == ["tag", "untag"]


def test_a_tag_may_have_an_end(marketer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
    path = f"/friends/{friend.line_user_id}/tags/{tag.id}"
    (worn,) = marketer.put(path, {"expires_at": "2031-01-01T00:00:00Z"}).get_json()["tags"]
    assert worn["expires_at"] == "2031-01-01T08:00:00+08:00"
    assert marketer.put(path, {"expires_at": "2020-01-01T00:00:00Z"}).status_code == 422


def test_the_timeline_holds_everything_newest_first(viewer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
        link_id = friend.tracked_link_id
        followed = {"kind": FriendshipKind.FOLLOWED, "happened_at": NOW, "tracked_link_id": link_id}
        session.add(FriendshipChange(friend_id=friend.id, **followed))
        at = NOW + timedelta(minutes=1)
        said = {"source": ChatSource.FRIEND, "kind": "text", "text": "你好", "said_at": at}
        session.add(ChatMessage(friend_id=friend.id, content='{"type": "text", "text": "你好"}', **said))
        session.flush()
        later = NOW + timedelta(minutes=2)
        tags.put(session, [friend.id], [tag.id], source=TagSource.STAFF, source_id=1, now=later)

    entries: list[dict[str, Any]] = []
    path: str | None = f"/friends/{friend.line_user_id}/timeline?limit=1"
    while path:
        page = viewer.get(path).get_json()
        entries += page["items"]
        path = page["next"] and f"/friends/{friend.line_user_id}/timeline?limit=1&after={page['next']}"

    assert [(entry["kind"], entry["at"][11:16]) for entry in entries] == [
        ("tag", "12:02"),
        ("chat", "12:01"),
        ("friendship", "12:00"),
    ]
    assert entries[0]["tag"]["name"] == "嬰兒副食品"
    assert entries[1]["chat"]["messages"] == [{"type": "text", "text": "你好"}]
    assert entries[2]["friendship"] == {"change": "followed", "is_returning": False, "source": "poster"}
    assert entries[2]["chat"] is None


def test_the_chat_and_who_waits_for_an_answer(marketer: Caller, friend: Friend, db: Database) -> None:
    with db.begin() as session:
        for minute in range(3):
            at = NOW + timedelta(minutes=minute)
            said = {"source": ChatSource.FRIEND, "kind": "text", "text": f"{minute}", "said_at": at}
            session.add(ChatMessage(friend_id=friend.id, is_answered=False, **said))
        others = [make_friend(session, unanswered_at=NOW) for _ in range(2)]
        session.get_one(Friend, friend.id).unanswered_at = NOW + timedelta(minutes=2)

    path = f"/friends/{friend.line_user_id}/chat"
    first = marketer.get(f"{path}?limit=2").get_json()
    rest = marketer.get(f"{path}?limit=2&after={first['next']}").get_json()
    assert [line["text"] for line in first["items"] + rest["items"]] == ["2", "1", "0"]
    assert rest["next"] is None

    waiting = marketer.get("/unanswered?limit=2").get_json()
    more = marketer.get(f"/unanswered?limit=2&after={waiting['next']}").get_json()
    ids = [one["friend"]["line_user_id"] for one in waiting["items"] + more["items"]]
    assert ids == [others[0].line_user_id, others[1].line_user_id, friend.line_user_id]
    assert more["items"][0]["unanswered_at"] == "2026-11-20T12:02:00+08:00"

    assert marketer.put(f"/friends/{friend.line_user_id}/answered").status_code == 204
    assert len(marketer.get("/unanswered").get_json()["items"]) == 2


def test_an_answer_is_pushed_or_refused_where_the_way_is_not_open(
    marketer: Caller, friend: Friend, db: Database
) -> None:
    path = f"/friends/{friend.line_user_id}/chat"
    body = {"messages": [{"type": "text", "text": "{{name}} 您好"}]}
    assert marketer.post(path, body | {"way": "reply"}).status_code == 409
    assert marketer.post(path, {"messages": [], "way": "push"}).status_code == 422
    assert marketer.post(path, {"messages": [{"type": "text", "text": ""}], "way": "push"}).status_code == 422

    sent = marketer.post(path, body | {"way": "push"}, Idempotency_Key="k")
    again = marketer.post(path, body | {"way": "push"}, Idempotency_Key="k")

    assert sent.status_code == 202
    assert again.data == sent.data
    (line,) = marketer.get(path).get_json()["items"]
    assert (line["text"], line["source"], line["id"]) == ("王小明 您好", "staff_push", sent.get_json()["chat_id"])


def test_a_sync_is_begun_once_and_shown(marketer: Caller, db: Database) -> None:
    assert marketer.get("/friends/sync").status_code == 404
    first, again = marketer.post("/friends/sync"), marketer.post("/friends/sync", {})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json()["state"] == "listing"
    assert again.get_json()["id"] == first.get_json()["id"]
    assert marketer.get("/friends/sync").get_json()["id"] == first.get_json()["id"]
    with db() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "roster_sync")).all()
    assert actions == ["start"]


def test_ids_are_imported_and_what_is_none_is_named(marketer: Caller) -> None:
    ids = ["U" + f"{number:032x}" for number in range(3)]
    answer = marketer.post("/friends/import", {"ids": [*ids, "nobody", ids[0]]})
    assert answer.status_code == 200
    assert (answer.get_json()["added"], answer.get_json()["known"]) == (3, 0)
    assert [error["field"] for error in answer.get_json()["errors"]] == ["ids[3]"]
    assert marketer.get(f"/friends/{ids[1]}").get_json()["state"] == "unknown"
    assert marketer.post("/friends/import", {"ids": ["nobody"]}).status_code == 422


def test_attributes_set_at_the_same_moment_are_all_kept(app: Flask, marketer: Caller, friend: Friend) -> None:
    path = f"/friends/{friend.line_user_id}"
    together = Barrier(8)

    def send(number: int) -> int:
        caller = Caller(app.test_client(), marketer.token)
        together.wait()
        return caller.patch(path, {"attributes": {f"a{number}": number}}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [200] * 8
    assert marketer.get(path).get_json()["attributes"] == {f"a{number}": number for number in range(8)}
