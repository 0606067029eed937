"""The road from the list to a saved rule, and what is kept when it cannot be saved."""

import html
import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from bot.database import Database
from handlers.admin import message_forms
from models import Account, AuditEntry, KeywordRule, Tag
from tests.admin_visits import Visitor
from tests.factories import make_rule

RULE = {
    "name": "優惠券",
    "keywords.0.text": "優惠",
    "keywords.0.match": "contains",
    "messages.0.kind": "text",
    "messages.0.text": "您好 {{name}}",
    "enabled": "1",
    "priority": "5",
}


def only_rule(db: Database) -> KeywordRule:
    with db() as session:
        return session.scalars(select(KeywordRule)).one()


def test_a_saved_rule_holds_what_was_typed(marketer: Visitor, db: Database) -> None:
    form = RULE | {
        "keywords.1.text": "coupon",
        "keywords.1.match": "exact",
        "keywords.2.text": "",
        "pasted": "折扣\r\n特價\r\n",
        "pasted_match": "prefix",
        "hours.0.days[]": ["1", "2"],
        "hours.0.from": "09:00",
        "hours.0.until": "18:00",
        "active_from": "2026-11-20T09:00",
        "tags_new": "問過優惠",
        "messages_quick.0.label": "看門市",
        "messages_quick.0.kind": "message",
    }
    assert marketer.post("/admin/keyword-rules/new", form).status_code == 302
    rule = only_rule(db)
    assert [keyword["text"] for keyword in rule.keywords] == ["優惠", "coupon", "折扣", "特價"]
    assert rule.keywords[2]["match"] == "prefix"
    assert rule.hours == [{"days": [1, 2], "from": "09:00", "until": "18:00"}]
    assert rule.active_from is not None
    assert rule.active_from.isoformat() == "2026-11-20T01:00:00+00:00"
    assert rule.messages[0]["quickReply"]["items"][0]["action"] == {
        "type": "message",
        "label": "看門市",
        "text": "看門市",
    }
    with db() as session:
        assert session.scalars(select(Tag.name).where(Tag.id.in_(rule.tags))).all() == ["問過優惠"]
        assert session.get_one(Account, 1).answers_version > 1
        assert session.scalars(select(AuditEntry.actor_name).where(AuditEntry.subject == "keyword_rule")).all() == [
            "marketer"
        ]


def test_an_edited_rule_keeps_the_rest(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        rule_id = make_rule(session, "門市", answer="在信義路").id
    page = marketer.get(f"/admin/keyword-rules/{rule_id}").get_data(as_text=True)
    assert "在信義路" in page
    assert marketer.post(f"/admin/keyword-rules/{rule_id}", RULE).status_code == 302
    rule = only_rule(db)
    assert (rule.name, rule.priority, rule.messages) == ("優惠券", 5, [{"type": "text", "text": "您好 {{name}}"}])


def test_two_people_editing_one_rule_do_not_overwrite_each_other_unseen(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        rule_id = make_rule(session, "門市").id
    path = f"/admin/keyword-rules/{rule_id}"
    seen = re.findall(r'name="seen" value="([^"]+)"', marketer.get(path).get_data(as_text=True))[0]
    assert marketer.post(path, RULE | {"name": "先存的", "seen": seen}).status_code == 302
    late = marketer.post(path, RULE | {"name": "後存的", "seen": seen})
    page = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "後存的" in page
    assert only_rule(db).name == "先存的"
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    assert marketer.post(path, RULE | {"name": "後存的", "seen": seen}).status_code == 302
    assert only_rule(db).name == "後存的"


def test_a_long_list_of_rules_comes_in_pages(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        for number in range(120):
            make_rule(session, f"關鍵字{number}", name=f"規則之{number:03}")
    first = viewer.get("/admin/keyword-rules").get_data(as_text=True)
    second = viewer.get("/admin/keyword-rules?page=2").get_data(as_text=True)
    assert len(set(re.findall(r"規則之\d\d\d", first))) == 100
    assert set(re.findall(r"規則之\d\d\d", second)) == {f"規則之{number:03}" for number in range(100, 120)}


def test_nothing_typed_is_lost_when_something_is_wrong(marketer: Visitor, db: Database) -> None:
    form = RULE | {
        "name": "",
        "priority": "very",
        "keywords.0.text": "打了很久的關鍵字",
        "messages.0.kind": "raw",
        "messages.0.json": '{"type": "text", "text": "沒有結尾',
        "messages.1.kind": "buttons",
        "messages.1.text": "要哪一種？",
        "messages.1.actions.0.label": "藍色",
        "hours.0.days[]": ["3"],
        "hours.0.from": "25:99",
        "tags_new": "新標籤",
        "messages_quick.0.label": "快速",
    }
    answer = marketer.post("/admin/keyword-rules/new", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for typed in ("打了很久的關鍵字", "沒有結尾", "要哪一種？", "藍色", "25:99", "very", "新標籤", "快速"):
        assert typed in page
    assert "不是正確的 JSON" in page
    with db() as session:
        assert session.scalars(select(KeywordRule)).all() == []
        assert session.scalars(select(Tag)).all() == []


def test_a_fault_stands_at_its_field_with_its_place(marketer: Visitor) -> None:
    form = RULE | {
        "messages.1.kind": "confirm",
        "messages.1.text": "好嗎？",
        "messages.1.actions.0.label": "這個按鈕的文字實在是太長太長太長太長太長了",
        "messages.1.actions.0.value": "好",
        "messages.1.actions.1.label": "不好",
        "messages.1.actions.1.value": "不好",
    }
    page = marketer.post("/admin/keyword-rules/new", form).get_data(as_text=True)
    assert 'id="messages.1.actions.0.label-fault"' in page
    assert "第 2 則訊息" in page


def test_the_toggle_gives_back_the_switch(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        rule_id = make_rule(session, "門市").id
    piece = marketer.post(f"/admin/keyword-rules/{rule_id}/toggle").get_data(as_text=True)
    assert "checked" not in piece
    assert only_rule(db).enabled is False


def test_the_list_finds_by_keyword_and_shows_collisions(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        make_rule(session, "門市", name="門市")
        make_rule(session, "週年慶優惠", name="週年慶")
        make_rule(session, "優惠", match="contains", name="一般優惠", priority=9)
    page = viewer.get("/admin/keyword-rules").get_data(as_text=True)
    assert "「週年慶優惠」由「一般優惠」回覆，這則不會觸發。" in page
    found = viewer.get("/admin/keyword-rules?search=門市", headers={"HX-Target": "rules"}).get_data(as_text=True)
    assert "門市" in found
    assert "週年慶" not in found


def test_the_try_box_names_the_winner_and_the_others(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        make_rule(session, "優惠", match="contains", name="一般優惠", priority=9)
        make_rule(session, "優惠券", name="優惠券專用")
    page = viewer.get("/admin/keyword-rules/try?text=優惠券").get_data(as_text=True)
    assert page.index("一般優惠") < page.index("優惠券專用")
    assert "沒有規則相符" in viewer.get("/admin/keyword-rules/try?text=別的").get_data(as_text=True)


def test_the_preview_shows_what_is_typed_and_what_is_missing(marketer: Visitor) -> None:
    form = {"messages.0.kind": "text", "messages.0.text": "即時 {{name}} <b>", "messages.1.kind": "image"}
    piece = marketer.post("/admin/messages/messages/preview", form).get_data(as_text=True)
    assert "即時" in piece
    assert '<span class="variable">name</span>' in piece
    assert "&lt;b&gt;" in piece
    assert "第 2 則訊息" in piece


@pytest.mark.parametrize(
    "operation, kinds",
    [
        ("add:sticker", ["text", "image", "sticker"]),
        ("drop:0", ["image"]),
        ("up:1", ["image", "text"]),
        ("down:0", ["image", "text"]),
        ("raw:0", ["raw", "image"]),
    ],
)
def test_the_editor_keeps_what_is_typed_through_every_step(marketer: Visitor, operation: str, kinds: list[str]) -> None:
    form = {
        "messages.0.kind": "text",
        "messages.0.text": "第一句",
        "messages.1.kind": "image",
        "messages.1.originalContentUrl": "https://example.com/a.jpg",
    }
    piece = marketer.post("/admin/messages/messages/edit", form, query_string={"op": operation}).get_data(as_text=True)
    shown = [part.split('value="')[1].split('"')[0] for part in piece.split('.was" ')[1:]]
    assert shown == kinds
    assert "https://example.com/a.jpg" in piece
    assert ("第一句" in piece) == (operation != "drop:0")


@pytest.mark.parametrize(
    "was, wanted, field, typed, kind",
    [
        ("raw", "text", "json", '{"type": "sticker", 壞', "raw"),
        ("raw", "image", "json", '{"type": "text", "text": "留著"}', "raw"),
        ("raw", "text", "json", '{"type": "text", "text": "留著"}', "text"),
        ("flex", "text", "contents", '{"type": "bubble"}', "flex"),
        ("flex", "raw", "contents", '{"type": "bubble"}', "raw"),
        ("flex", "raw", "contents", '{"type": 壞', "flex"),
    ],
)
def test_typed_json_survives_a_change_of_kind(
    marketer: Visitor, was: str, wanted: str, field: str, typed: str, kind: str
) -> None:
    form = {"messages.0.kind": wanted, "messages.0.was": was, f"messages.0.{field}": typed}
    piece = marketer.post("/admin/messages/messages/edit", form, query_string={"op": "kind:0"}).get_data(as_text=True)
    assert f'name="messages.0.was" value="{kind}"' in piece
    shown = html.unescape(piece)
    assert "留著" in shown if "留著" in typed else typed.split()[-1].strip("}") in shown


def test_a_large_form_gets_through(marketer: Visitor, db: Database) -> None:
    many = "\r\n".join(f"關鍵字第{number}號" for number in range(80))
    big = json.dumps({"type": "text", "text": "文" * 4900})
    form = RULE | {"pasted": many} | {f"messages.{n}.kind": "raw" for n in range(5)}
    form |= {f"messages.{n}.json": big + " " * 200_000 for n in range(5)}
    assert marketer.post("/admin/keyword-rules/new", form).status_code == 302
    assert len(only_rule(db).keywords) == 81


def test_a_malformed_step_is_refused(marketer: Visitor) -> None:
    for operation in ("drop:9", "drop:x", "fly", "drop-column:0:0", ""):
        answer = marketer.post("/admin/messages/messages/edit", {}, query_string={"op": operation})
        assert answer.status_code == 400, operation
    assert marketer.post("/admin/messages/9th/preview").status_code == 404  # no name of a field


MESSAGES: list[dict[str, Any]] = [
    {
        "type": "text",
        "text": "您好 $ 🎉 $",
        "emojis": [
            {"index": 3, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"},
            {"index": 8, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "002"},
        ],
    },
    {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    {
        "type": "image",
        "originalContentUrl": "https://example.com/a.jpg",
        "previewImageUrl": "https://example.com/b.jpg",
    },
    {
        "type": "video",
        "originalContentUrl": "https://example.com/a.mp4",
        "previewImageUrl": "https://example.com/b.jpg",
    },
    {
        "type": "imagemap",
        "baseUrl": "https://example.com/map",
        "altText": "地圖",
        "baseSize": {"width": 1040, "height": 520},
        "actions": [
            {"type": "uri", "linkUri": "https://example.com/", "area": {"x": 0, "y": 0, "width": 520, "height": 520}},
            {"type": "message", "text": "右邊", "area": {"x": 520, "y": 0, "width": 520, "height": 520}},
        ],
    },
    {
        "type": "template",
        "altText": "選一個",
        "template": {
            "type": "buttons",
            "thumbnailImageUrl": "https://example.com/a.jpg",
            "title": "標題",
            "text": "說明",
            "actions": [
                {"type": "uri", "label": "官網", "uri": "https://example.com/"},
                {"type": "postback", "label": "訂", "data": "order=1", "displayText": "訂"},
            ],
        },
    },
    {
        "type": "template",
        "altText": "好嗎",
        "template": {
            "type": "confirm",
            "text": "好嗎",
            "actions": [
                {"type": "message", "label": "好", "text": "好"},
                {"type": "message", "label": "不好", "text": "不好"},
            ],
        },
    },
    {
        "type": "template",
        "altText": "多頁",
        "template": {
            "type": "carousel",
            "columns": [
                {"text": "一", "actions": [{"type": "message", "label": "一", "text": "1"}]},
                {"text": "二", "actions": [{"type": "message", "label": "二", "text": "2"}]},
            ],
        },
    },
    {
        "type": "flex",
        "altText": "新品",
        "contents": {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}},
    },
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_every_common_kind_opens_in_its_form_and_comes_back_the_same(message: dict[str, Any]) -> None:
    draft = message_forms.open_message(message)
    assert draft["kind"] != "raw"
    assert message_forms.to_message(message_forms.tidy(draft)) == (message, None)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "location", "title": "101", "address": "台北", "latitude": 25.0, "longitude": 121.5},
        {"type": "text", "text": "引用", "quoteToken": "abc"},
        {
            "type": "template",
            "altText": "x",
            "template": {"type": "buttons", "text": "x", "imageSize": "contain", "actions": []},
        },
        {"type": "text", "text": "寄件人", "sender": {"name": "小編"}},
    ],
)
def test_what_a_form_cannot_hold_opens_as_json_and_loses_nothing(message: dict[str, Any]) -> None:
    draft = message_forms.open_message(message)
    assert draft["kind"] == "raw"
    assert json.loads(draft["json"]) == message


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        "text",
        [],
        {},
        {"type": "template"},
        {"type": ["text"]},
        {"type": "text", "text": None, "emojis": "x"},
        {"type": "imagemap", "actions": [None]},
        {"type": "template", "template": {"type": "carousel", "columns": 3}},
    ],
)
def test_any_json_can_be_opened_and_previewed(message: Any, marketer: Visitor) -> None:
    draft = message_forms.open_message(message)
    assert json.loads(draft["json"]) == message
    form = {"messages.0.kind": "raw", "messages.0.json": json.dumps(message)}
    assert marketer.post("/admin/messages/messages/preview", form).status_code == 200


def test_every_kind_is_previewed(marketer: Visitor) -> None:
    for message in MESSAGES:
        form = {"messages.0.kind": "raw", "messages.0.json": json.dumps(message)}
        answer = marketer.post("/admin/messages/messages/preview", form)
        assert answer.status_code == 200
        assert "phone-empty" not in answer.get_data(as_text=True)


def test_the_greeting_and_the_fallback_are_saved_and_keep_faulty_words(marketer: Visitor, db: Database) -> None:
    form = {
        "new_friend.0.kind": "text",
        "new_friend.0.text": "歡迎",
        "returning_friend.0.kind": "text",
        "returning_friend.0.text": "回來了",
    }
    assert marketer.post("/admin/greeting", form).status_code == 302
    page = marketer.get("/admin/greeting").get_data(as_text=True)
    assert "歡迎" in page
    assert "回來了" in page
    wrong = marketer.post(
        "/admin/greeting", form | {"returning_friend.0.kind": "raw", "returning_friend.0.json": "{壞"}
    )
    assert wrong.status_code == 422
    assert "{壞" in wrong.get_data(as_text=True)
    fallback = {"enabled": "1", "every_minutes": "60", "messages.0.kind": "text", "messages.0.text": "稍後回覆"}
    assert marketer.post("/admin/fallback", fallback).status_code == 302
    assert "稍後回覆" in marketer.get("/admin/fallback").get_data(as_text=True)
    assert marketer.post("/admin/fallback", fallback | {"every_minutes": "soon"}).status_code == 422
