"""Tags, keyword rules, greeting, fallback, links, settings and reports over the API."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.database import Database
from models import Account, FriendshipChange, FriendshipKind, KeywordRule
from tests.conftest import NOW
from tests.factories import make_friend, text
from tests.handlers.api.conftest import Caller

RULE: dict[str, Any] = {
    "name": "優惠活動",
    "keywords": [{"text": "優惠", "match": "contains"}, {"text": "^折扣[0-9]+", "match": "pattern"}],
    "messages": [text("{{name}} 您好，本週九折")],
    "priority": 5,
    "enabled": True,
    "tags": ["問過優惠"],
    "segment": None,
    "active_from": "2026-11-01T00:00:00+08:00",
    "active_until": "2099-01-01T00:00:00+00:00",
    "hours": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00"}],
    "answers_postback": True,
}


def test_a_rule_is_answered_back_as_it_was_sent(marketer: Caller) -> None:
    made = marketer.post("/keyword-rules", RULE)
    assert made.status_code == 201
    rule = made.get_json()
    assert {name: rule[name] for name in RULE} == RULE | {"active_until": "2099-01-01T08:00:00+08:00"}
    assert rule["hit_count"] == 0
    assert set(rule) == {*RULE, "id", "hit_count", "last_hit_at", "created_at", "updated_at"}
    assert marketer.get(f"/keyword-rules/{rule['id']}").get_json() == rule
    assert marketer.get("/keyword-rules").get_json() == {"items": [rule], "next": None}
    assert [tag["name"] for tag in marketer.get("/tags").get_json()["items"]] == ["問過優惠"]


def test_a_change_touches_only_what_it_names(marketer: Caller) -> None:
    rule = marketer.post("/keyword-rules", RULE).get_json()
    path = f"/keyword-rules/{rule['id']}"

    changed = marketer.patch(path, {"enabled": False, "hours": None, "tags": [], "active_until": None}).get_json()

    expected = rule | {"enabled": False, "hours": None, "tags": [], "active_until": None}
    assert {**changed, "updated_at": ""} == {**expected, "updated_at": ""}
    assert marketer.patch(path, {}).get_json() == changed
    assert marketer.patch(path, {"name": None}).status_code == 422
    assert (
        marketer.patch(path, {"active_from": "2100-01-01T00:00:00Z", "active_until": RULE["active_until"]}).status_code
        == 422
    )
    assert marketer.patch("/keyword-rules/999", {"enabled": True}).status_code == 404


def test_a_deleted_rule_is_gone(marketer: Caller) -> None:
    rule_id = marketer.post("/keyword-rules", RULE).get_json()["id"]
    first, again = marketer.delete(f"/keyword-rules/{rule_id}"), marketer.delete(f"/keyword-rules/{rule_id}")
    assert (first.status_code, first.data) == (204, b"")
    assert again.status_code == 404


def test_the_rules_come_page_by_page(marketer: Caller) -> None:
    made = [marketer.post("/keyword-rules", RULE | {"name": f"第 {number} 則"}).get_json()["id"] for number in range(3)]
    first = marketer.get("/keyword-rules?limit=2").get_json()
    rest = marketer.get(f"/keyword-rules?limit=2&after={first['next']}").get_json()
    assert [rule["id"] for rule in first["items"] + rest["items"]] == made
    assert rest["next"] is None


def test_a_sentence_can_be_tried(viewer: Caller, marketer: Caller) -> None:
    rule_id = marketer.post("/keyword-rules", RULE).get_json()["id"]
    other_id = marketer.post("/keyword-rules", RULE | {"name": "另一則", "priority": 1}).get_json()["id"]

    hit = viewer.post("/keyword-rules/try", {"text": "請問有  優惠 嗎"})
    miss = viewer.post("/keyword-rules/try", {"text": "你好"})

    assert hit.status_code == 200
    assert hit.get_json() == {
        "rule": {"id": rule_id, "name": "優惠活動"},
        "play": None,
        "folded": "请问有 优惠 吗",
        "keyword": {"text": "優惠", "match": "contains"},
        "messages": RULE["messages"],
        "others": [{"id": other_id, "name": "另一則"}],
    }
    nothing: dict[str, Any] = {
        "rule": None,
        "play": None,
        "folded": "你好",
        "keyword": None,
        "messages": [],
        "others": [],
    }
    assert miss.get_json() == nothing


def test_each_change_tells_every_process(marketer: Caller, db: Database) -> None:
    def version() -> int:
        with db() as session:
            return session.scalars(select(Account.answers_version)).one()

    before = version()
    rule_id = marketer.post("/keyword-rules", RULE).get_json()["id"]
    marketer.patch(f"/keyword-rules/{rule_id}", {"priority": 6})
    marketer.delete(f"/keyword-rules/{rule_id}")
    marketer.put("/greeting", {"new_friend": [text("歡迎")]})
    marketer.put("/fallback-answer", {"enabled": True, "messages": [text("稍後回覆")]})
    assert version() == before + 5


def test_a_refused_rule_makes_no_tag_either(marketer: Caller) -> None:
    assert marketer.post("/keyword-rules", RULE | {"messages": [text("")]}).status_code == 422
    assert marketer.get("/tags").get_json()["items"] == []


def test_the_greeting_is_read_and_replaced(marketer: Caller) -> None:
    assert marketer.get("/greeting").get_json() == {"new_friend": [], "returning_friend": [], "tags": []}
    body = {"new_friend": [text("歡迎")], "returning_friend": [text("歡迎回來")], "tags": ["新朋友"]}
    put = marketer.put("/greeting", body)
    assert (put.status_code, put.get_json()) == (200, body)
    assert marketer.get("/greeting").get_json() == body
    assert marketer.put("/greeting", {"returning_friend": []}).status_code == 422
    assert marketer.put("/greeting", {"new_friend": [text("好")] * 6}).status_code == 422


def test_the_fallback_is_read_and_replaced(marketer: Caller) -> None:
    body = {"enabled": True, "messages": [text("客服稍後回覆")], "every_minutes": 60}
    assert marketer.put("/fallback-answer", body).get_json() == body
    assert marketer.get("/fallback-answer").get_json() == body
    assert marketer.put("/fallback-answer", body | {"messages": []}).status_code == 422


def test_a_tag_is_made_read_renamed_and_deleted(marketer: Caller) -> None:
    tag = marketer.post("/tags", {"name": "團購"}).get_json()
    assert set(tag) == {"id", "name", "group", "colour", "friends", "created_at"}
    assert marketer.post("/tags", {"name": "團購"}).status_code == 409
    assert marketer.patch(f"/tags/{tag['id']}", {"name": "團購主"}).get_json()["name"] == "團購主"
    assert marketer.get(f"/tags/{tag['id']}").get_json()["name"] == "團購主"
    assert marketer.delete(f"/tags/{tag['id']}").status_code == 204
    assert marketer.get(f"/tags/{tag['id']}").status_code == 404


def test_a_tag_in_use_cannot_be_deleted(marketer: Caller) -> None:
    marketer.post("/keyword-rules", RULE)
    (tag,) = marketer.get("/tags").get_json()["items"]
    refused = marketer.delete(f"/tags/{tag['id']}")
    assert refused.status_code == 409
    assert "優惠活動" in refused.get_json()["detail"]


def test_a_link_is_made_changed_and_archived(marketer: Caller) -> None:
    made = marketer.post("/links", {"name": "門市海報", "code": "shop-1", "tags": ["門市"]})
    assert made.status_code == 201
    link = made.get_json()
    assert (link["url"], link["tags"], link["opened"]) == ("http://127.0.0.1:8000/l/shop-1", ["門市"], 0)
    assert marketer.post("/links", {"name": "又一張", "code": "shop-1"}).status_code == 409
    assert marketer.post("/links", {"name": "又一張", "code": "a/b"}).status_code == 422
    path = f"/links/{link['id']}"
    assert marketer.patch(path, {"name": "大門海報"}).get_json()["name"] == "大門海報"
    assert marketer.patch(path, {"code": "x"}).status_code == 422
    assert marketer.patch(path, {"archived": True}).get_json()["archived_at"] is not None
    assert marketer.patch(path, {"archived": False}).get_json()["archived_at"] is None
    other = marketer.post("/links", {"name": "自動代碼"}).get_json()
    first = marketer.get("/links?limit=1").get_json()
    assert [one["id"] for one in first["items"]] == [other["id"]]
    assert [one["id"] for one in marketer.get(f"/links?after={first['next']}").get_json()["items"]] == [link["id"]]


def test_settings_are_read_and_changed_by_owners(owner: Caller) -> None:
    assert owner.get("/settings").get_json()["group_policy"] == "ignore"
    changed = owner.patch("/settings", {"group_policy": "leave", "chat_days": 90}).get_json()
    assert (changed["group_policy"], changed["chat_days"], changed["event_days"]) == ("leave", 90, 30)
    assert owner.patch("/settings", {"forward_enabled": True}).status_code == 422
    assert owner.patch("/settings", {"forward_url": "https://tool.example/hook"}).status_code == 200
    assert owner.patch("/settings", {"forward_enabled": True}).get_json()["forward_url"] == "https://tool.example/hook"
    assert owner.patch("/settings", {"chat_days": 0}).status_code == 422


def test_the_block_report_counts_by_day_and_by_source(viewer: Caller, db: Database) -> None:
    with db.begin() as session:
        for number in range(4):
            friend = make_friend(session)
            at = NOW + timedelta(minutes=number)
            session.add(FriendshipChange(friend_id=friend.id, kind=FriendshipKind.FOLLOWED, happened_at=at))
            if number == 0:
                gone = NOW + timedelta(hours=1)
                session.add(FriendshipChange(friend_id=friend.id, kind=FriendshipKind.UNFOLLOWED, happened_at=gone))
    report = viewer.get("/reports/blocks?from=2026-11-19&to=2026-11-20").get_json()
    assert [(day["on"], day["joined"], day["blocked"]) for day in report["days"]] == [
        ("2026-11-19", 0, 0),
        ("2026-11-20", 4, 1),
    ]
    (source,) = report["sources"]
    assert (source["source"], source["joined"], source["blocked"], source["block_rate"]) == (None, 4, 1, 0.25)


def test_hits_are_shown(viewer: Caller, marketer: Caller, db: Database) -> None:
    rule_id = marketer.post("/keyword-rules", RULE).get_json()["id"]
    with db.begin() as session:
        session.execute(update(KeywordRule).values(hit_count=7, last_hit_at=NOW))
    rule = viewer.get(f"/keyword-rules/{rule_id}").get_json()
    assert (rule["hit_count"], rule["last_hit_at"]) == (7, "2026-11-20T12:00:00+08:00")
