"""What LINE would refuse is found before it is sent, at its place; each limit is tried at its border."""

from typing import Any

import pytest

from bot.messages import (
    Fault,
    MessageFaultsError,
    as_field_faults,
    builders,
    check,
    check_action,
    plain_text,
    quick_reply,
    raise_for,
    sentence,
    text,
)
from tests.line_messages import APPLE, AREA, FAMILY, GOOD, HTTPS, say, url, with_value


def faults(*messages: Any) -> list[tuple[str, str]]:
    return [(fault.place.removeprefix("messages[0]."), fault.code) for fault in check(list(messages))]


def is_fine(*messages: Any) -> bool:
    return check(list(messages)) == []


@pytest.mark.parametrize("name", GOOD)
def test_a_message_at_every_limit_is_fine(name: str) -> None:
    assert check([GOOD[name]]) == []


@pytest.mark.parametrize(
    "name,place,value,code",
    [
        ("text", "text", "", "empty"),
        ("text", "text", " \n", "empty"),
        ("text", "text", None, "not_text"),
        ("text", "text", ..., "missing"),
        ("text", "text", "a\x00", "broken_text"),
        ("text", "text", "a\ud83d", "broken_text"),
        ("text", "emojis.0.index", 1, "emoji_without_placeholder"),
        ("text", "emojis.0.index", 3, "emoji_without_placeholder"),
        ("text", "emojis.1.index", 2, "repeated"),
        ("text", "emojis.0.index", "2", "not_an_integer"),
        ("text", "emojis.0.index", True, "not_an_integer"),
        ("text", "emojis.0.emojiId", ..., "missing"),
        ("text", "sender.name", "名" * 21, "too_long"),
        ("text", "sender.name", "Line 客服", "reserved_word"),
        ("text", "sender.iconUrl", "http://brand.example/", "wrong_scheme"),
        ("text", "quickReply.items", [], "too_few"),
        ("text", "quickReply.items.0.action.label", ..., "missing"),
        ("text", "quickReply.items.0.imageUrl", url(2_001), "too_long"),
        ("text", "quickReply.items.0.type", "button", "not_allowed"),
        ("textV2", "substitution.smile", {"type": "emoji"}, "missing"),
        ("textV2", "substitution.smile.emojiId", ..., "missing"),
        ("sticker", "packageId", 446, "not_text"),
        ("sticker", "stickerId", "abc", "wrong_form"),
        ("image", "originalContentUrl", url(2_001), "too_long"),
        ("image", "previewImageUrl", "http://brand.example/a.jpg", "wrong_scheme"),
        ("image", "previewImageUrl", "brand.example/a.jpg", "wrong_scheme"),
        ("image", "previewImageUrl", "https://", "not_a_url"),
        ("image", "previewImageUrl", "https://brand.example/a b.jpg", "not_a_url"),
        ("image", "previewImageUrl", "https://[::1", "not_a_url"),
        ("image", "previewImageUrl", ..., "missing"),
        ("video", "trackingId", "a" * 101, "too_long"),
        ("video", "trackingId", "影片", "wrong_form"),
        ("audio", "duration", 0, "too_small"),
        ("audio", "duration", 1.5, "not_an_integer"),
        ("audio", "duration", float("nan"), "not_an_integer"),
        ("location", "title", "店" * 101, "too_long"),
        ("location", "address", "路" * 101, "too_long"),
        ("location", "latitude", 90.1, "too_great"),
        ("location", "longitude", -181, "too_small"),
        ("location", "longitude", "121", "not_a_number"),
        ("coupon", "deliveryTag", "a" * 31, "too_long"),
        ("coupon", "deliveryTag", "冬天", "wrong_form"),
        ("coupon", "couponId", "", "empty"),
        ("imagemap", "altText", "冬" * 1_501, "too_long"),
        ("imagemap", "baseSize.width", 1_000, "too_small"),
        ("imagemap", "baseUrl", url(2_001), "too_long"),
        ("imagemap", "actions.0.linkUri", url(1_001), "too_long"),
        ("imagemap", "actions.0.label", "看" * 101, "too_long"),
        ("imagemap", "actions.1.text", "好" * 401, "too_long"),
        ("imagemap", "actions.2.clipboardText", "C" * 1_001, "too_long"),
        ("imagemap", "actions.1.area.x", -1, "too_small"),
        ("imagemap", "actions.1.area", ..., "missing"),
        ("imagemap", "video.area", ..., "missing"),
        ("imagemap", "video.externalLink.label", "看" * 31, "too_long"),
        ("buttons", "altText", ..., "missing"),
        ("buttons", "template.title", FAMILY * 41, "too_long"),
        ("buttons", "template.text", FAMILY * 61, "too_long"),
        ("buttons", "template.actions.0.label", FAMILY * 21, "too_long"),
        ("buttons", "template.actions", [say()] * 5, "too_many"),
        ("buttons", "template.actions", [], "too_few"),
        ("buttons", "template.imageSize", "fill", "not_allowed"),
        ("buttons", "template.imageBackgroundColor", "white", "wrong_form"),
        ("buttons", "template.type", "button", "not_allowed"),
        ("confirm", "template.text", "好" * 241, "too_long"),
        ("confirm", "template.actions", [say()], "too_few"),
        ("confirm", "template.actions", [say()] * 3, "too_many"),
        ("carousel", "template.columns.3.text", "好" * 121, "too_long"),
        ("carousel", "template.columns.3.actions", [say()] * 4, "too_many"),
        ("carousel", "template.columns.3.actions", [say()], "different_count"),
        ("carousel", "template.columns", [{"text": "a", "actions": [say()]}] * 11, "too_many"),
        ("image_carousel", "template.columns.2.action.label", "買" * 13, "too_long"),
        ("image_carousel", "template.columns.2.action", ..., "missing"),
    ],
)
def test_a_step_over_a_limit_is_found_at_its_place(name: str, place: str, value: Any, code: str) -> None:
    found = check([with_value(GOOD[name], place, value)])
    assert code in [fault.code for fault in found]
    dotted = [".".join(str(part) for part in fault.path[2:]) for fault in found if fault.code == code]
    assert any(one.startswith(place) for one in dotted)


def test_one_to_five_messages_are_allowed() -> None:
    assert is_fine(*[text("好")] * 5)
    assert faults(*[text("好")] * 6) == [("messages", "too_many")]
    assert faults() == [("messages", "too_few")]
    assert [fault.code for fault in check([text("好")] * 2, most=1)] == ["too_many"]


@pytest.mark.parametrize("value", [None, "好", 3, {}, {"type": "text", "text": "好"}])
def test_what_is_no_list_is_refused(value: object) -> None:
    assert [fault.code for fault in check(value)] == ["not_a_list"]


def test_a_text_counts_utf16_units() -> None:
    assert is_fine(text(APPLE * 2_500))
    assert faults(text(APPLE * 2_500 + "a")) == [("text", "too_long")]
    assert faults(text("好" * 5_001)) == [("text", "too_long")]


def test_a_buttons_text_may_be_160_long_without_picture_and_title() -> None:
    alone = builders.buttons("好" * 160, [say()])
    assert is_fine(alone)
    assert faults(builders.buttons("好" * 161, [say()])) == [("template.text", "too_long")]
    assert faults(builders.buttons("好" * 61, [say()], title="冬")) == [("template.text", "too_long")]


def test_a_carousel_text_beside_a_picture_may_be_60_long() -> None:
    column = {"thumbnailImageUrl": HTTPS, "text": "好" * 60, "actions": [say()]}
    message = {"type": "template", "altText": "a", "template": {"type": "carousel", "columns": [column]}}
    assert is_fine(message)
    assert faults(with_value(message, "template.columns.0.text", "好" * 61)) == [
        ("template.columns[0].text", "too_long")
    ]


def test_a_picture_or_title_stands_in_every_column_or_in_none() -> None:
    columns = [{"title": "冬", "text": "好", "actions": [say()]}, {"text": "好", "actions": [say()]}]
    message = {"type": "template", "altText": "a", "template": {"type": "carousel", "columns": columns}}
    assert faults(message) == [("template.columns[1].title", "not_in_all_columns")]


def test_at_most_20_emojis_and_13_quick_replies_and_50_areas() -> None:
    emoji = {"productId": "5ac1", "emojiId": "001"}
    many = {"type": "text", "text": "$" * 21, "emojis": [{"index": index, **emoji} for index in range(21)]}
    assert faults(many) == [("emojis", "too_many")]
    assert is_fine(with_value(many, "emojis", many["emojis"][:20]))
    assert is_fine(text("好", [quick_reply("好")] * 13))
    assert faults(text("好", [quick_reply("好")] * 14)) == [("quickReply.items", "too_many")]
    areas = [{"type": "message", "text": "好", "area": AREA}] * 51
    assert faults(with_value(GOOD["imagemap"], "actions", areas)) == [("actions", "too_many")]
    assert is_fine(with_value(GOOD["imagemap"], "actions", []))
    bare = with_value(with_value(GOOD["imagemap"], "actions", []), "video", ...)
    assert faults(bare) == [("actions", "too_few")]


@pytest.mark.parametrize(
    "words,codes",
    [
        ("{smile} 好", []),
        ("好 {{smile}} {smile}", []),
        ("{laugh}", ["unknown_placeholder"]),
        ("{smile", ["unpaired_brace"]),
        ("好}", ["unpaired_brace"]),
        ("{smile}" * 21, ["too_many"]),
    ],
)
def test_braces_of_text_v2_come_in_pairs_and_are_explained(words: str, codes: list[str]) -> None:
    assert [code for _, code in faults(with_value(GOOD["textV2"], "text", words))] == codes


def test_a_mention_is_for_groups() -> None:
    mention = {"type": "mention", "mentionee": {"type": "user", "userId": "U" + "0" * 32}}
    assert faults(with_value(GOOD["textV2"], "substitution.smile", mention)) == [
        ("substitution.smile", "mention_needs_group")
    ]


def test_a_typo_is_named_with_what_was_meant() -> None:
    (fault,) = check([{"type": "text", "text": "好", "quickreply": {"items": []}}])
    assert fault.place == "messages[0].quickreply"
    assert "quickReply" in fault.problem
    (kind,) = check([{"type": "stiker"}])
    assert (kind.place, kind.parameters["meant"]) == ("messages[0].type", "sticker")


def test_places_can_begin_with_another_name() -> None:
    (fault,) = check([text("")], root="new_friend")
    assert fault.place == "new_friend[0].text"


def test_a_fault_is_said_in_three_languages_with_place_and_remedy() -> None:
    message = builders.buttons("好", [say("長" * 21)])
    (fault,) = check([text("好"), message])
    assert fault.place == "messages[1].template.actions[0].label"
    assert sentence(fault, "zh-TW") == (
        "第 2 則訊息 › 範本 › 第 1 個按鈕 › 按鈕文字：最多 20 個字，現在 21 個，請縮短。"
    )
    assert sentence(fault, "en").startswith("message 2 › template › action 1 › label: At most 20 characters")
    assert sentence(fault, "ja").startswith("2番目のメッセージ")
    assert sentence(fault, "fr") == sentence(fault, "zh-TW")


def test_faults_can_be_raised_and_shown_beside_fields() -> None:
    with pytest.raises(MessageFaultsError, match="第 1 則訊息") as raised:
        raise_for([text("")])
    (shown,) = as_field_faults(raised.value.faults)
    assert shown.field == "messages[0].text"
    assert shown.text % dict(shown.values) == "第 1 則訊息 › 文字：不能空白，請填寫內容。"
    raise_for([text("好")])


def test_variables_are_allowed_in_texts_and_an_unknown_one_is_found() -> None:
    message = text("嗨 {{name}}，{{ points | 0 }} 點", [quick_reply("看", opens=HTTPS + "?n={{name}}")])
    assert check([message]) == []
    assert check([message], variables={"name", "points"}) == []
    (fault,) = check([message], variables={"nama", "points"})[:1]
    assert (fault.place, fault.code, fault.parameters["meant"]) == ("messages[0].text", "unknown_variable", "nama")
    assert [one.code for one in check([text("嗨 {{name")], variables={"name"})] == ["broken_variable"]


def test_a_variable_cannot_be_the_scheme_of_a_link() -> None:
    assert faults(text("好", [quick_reply("看", opens="{{link}}")])) == [
        ("quickReply.items[0].action.uri", "wrong_scheme")
    ]


def test_emojis_cannot_point_into_a_variable() -> None:
    message = {"type": "text", "text": "{{a|$}}", "emojis": [{"index": 4, "productId": "5ac1", "emojiId": "1"}]}
    assert faults(message) == [("emojis[0].index", "emoji_without_placeholder")]


def test_nesting_beyond_all_measure_is_one_fault() -> None:
    deep: Any = {"type": "text", "text": "好"}
    for _ in range(50_000):
        deep = {"type": "box", "layout": "vertical", "contents": [deep]}
    assert [fault.code for fault in check([deep])] == ["too_deep"]
    assert [fault.code for fault in check_action(deep, within="flex")] == ["too_deep"]


def test_nobody_reads_more_than_a_hundred_faults() -> None:
    assert len(check([{str(number): 1 for number in range(1_000)} | {"type": "text"}])) == 100


# Builders and previews


def test_what_the_builders_make_is_fine() -> None:
    assert is_fine(
        text(
            "要哪一個？", [quick_reply("甲", data="a=1", says="甲"), quick_reply("看", opens=HTTPS), quick_reply("乙")]
        ),
        builders.buttons("選", [builders.action("甲", data="a=1")], title="冬"),
        builders.confirm("好嗎", builders.action("好"), builders.action("不", says="不要")),
        builders.sticker("446", "1988"),
        builders.image(HTTPS + "a.jpg"),
    )
    box = {"type": "box", "layout": "vertical", "contents": []}
    assert is_fine(builders.flex("卡片", {"type": "bubble", "body": box}))


def test_a_preview_shows_texts_and_names_what_has_none() -> None:
    messages = [text("嗨\n你好"), GOOD["sticker"], GOOD["location"], GOOD["confirm"], {"type": "new"}]
    assert plain_text(messages) == "嗨 你好 / [貼圖] / [位置] " + "店" * 100 + " / 好嗎 / [訊息]"
    assert plain_text([GOOD["sticker"]], locale="en") == "[Sticker]"
    assert plain_text([text(FAMILY * 300)], most=3) == FAMILY * 2 + "…"
    assert plain_text([]) == ""


def test_a_fault_names_its_place_as_a_developer_writes_it() -> None:
    assert Fault(("messages", 0, "template", "columns", 2, "actions", 0, "label"), "empty").place == (
        "messages[0].template.columns[2].actions[0].label"
    )
