"""Limits of Flex Messages."""

import json
from typing import Any

import pytest

from bot.messages import check
from tests.line_messages import BUBBLE, ICON, PICTURE, SEPARATOR, SPAN, VIDEO, box, bubble, flex, say, url, with_value

HELLO = {"type": "text", "text": "好"}


def codes(message: dict[str, Any]) -> list[str]:
    return [fault.code for fault in check([message])]


def in_bubble(component: Any) -> dict[str, Any]:
    return flex(bubble(component))


def test_a_bubble_with_every_component_and_property_is_fine() -> None:
    assert check([BUBBLE]) == []


@pytest.mark.parametrize(
    "place,value,code",
    [
        ("altText", "冬" * 1_501, "too_long"),
        ("altText", ..., "missing"),
        ("contents", ..., "missing"),
        ("contents.type", "bubbel", "not_allowed"),
        ("contents.size", "huge", "not_allowed"),
        ("contents.direction", "up", "not_allowed"),
        ("contents.header", HELLO, "not_allowed"),
        ("contents.hero.previewUrl", ..., "missing"),
        ("contents.hero.altContent", HELLO, "not_allowed"),
        ("contents.hero.action", say(), "not_allowed"),
        ("contents.hero", HELLO, "not_allowed"),
        ("contents.styles.footer.separator", "true", "not_true_or_false"),
        ("contents.styles.foot", {}, "unknown_field"),
        ("contents.body.layout", "diagonal", "not_allowed"),
        ("contents.body.layout", ..., "missing"),
        ("contents.body.contents", ..., "missing"),
        ("contents.body.flex", -1, "too_small"),
        ("contents.body.flex", 1.5, "not_an_integer"),
        ("contents.body.spacing", "5%", "wrong_form"),
        ("contents.body.width", "wide", "wrong_form"),
        ("contents.body.width", "10", "wrong_form"),
        ("contents.body.paddingTop", "-1px", "wrong_form"),
        ("contents.body.backgroundColor", "#FFF", "wrong_form"),
        ("contents.body.background.angle", "360deg", "wrong_form"),
        ("contents.body.background.startColor", ..., "missing"),
        ("contents.body.background.centerPosition", "101%", "wrong_form"),
        ("contents.body.justifyContent", "middle", "not_allowed"),
        ("contents.body.contents.0.contents.0.url", ..., "missing"),
        ("contents.body.contents.0.contents.0.aspectRatio", "1:3.1", "wrong_form"),
        ("contents.body.contents.0.contents.1.contents", ..., "text_or_contents"),
        ("contents.body.contents.0.contents.1.contents.0.wrap", True, "unknown_field"),
        ("contents.body.contents.0.contents.1.maxLines", "2", "not_an_integer"),
        ("contents.body.contents.0.contents.1.text", "", "empty"),
        ("contents.body.contents.1.action", ..., "missing"),
        ("contents.body.contents.1.action.label", "好" * 41, "too_long"),
        ("contents.body.contents.1.action.label", ..., "missing"),
        ("contents.body.contents.1.height", "lg", "not_allowed"),
        ("contents.body.contents.2.url", url(2_001), "too_long"),
        ("contents.body.contents.2.url", "http://brand.example/", "wrong_scheme"),
        ("contents.body.contents.2.aspectRatio", "0:1", "wrong_form"),
        ("contents.body.contents.2.aspectRatio", "100001:1", "wrong_form"),
        ("contents.body.contents.2.size", "6xl", "wrong_form"),
        ("contents.body.contents.3.text", "a", "unknown_field"),
    ],
)
def test_a_step_over_a_limit_is_found_at_its_place(place: str, value: Any, code: str) -> None:
    found = [fault for fault in check([with_value(BUBBLE, place, value)]) if fault.code == code]
    assert any(
        ".".join(str(part) for part in fault.path[2:]).startswith(place.removesuffix(".contents")) for fault in found
    )


def test_icons_stand_in_baseline_boxes_only_and_spans_in_texts_only() -> None:
    assert codes(in_bubble(ICON)) == ["not_allowed"]
    assert codes(in_bubble(SPAN)) == ["not_allowed"]
    assert codes(in_bubble(box(ICON, layout="baseline"))) == []
    assert codes(in_bubble(box(PICTURE, layout="baseline"))) == ["not_allowed"]
    assert codes(in_bubble(box(SEPARATOR, layout="horizontal"))) == []


def test_a_video_plays_in_the_hero_of_a_single_wide_bubble() -> None:
    assert codes(in_bubble(VIDEO)) == ["not_allowed"]
    assert codes(flex(bubble(hero=VIDEO))) == []
    assert codes(flex(bubble(hero=VIDEO, size="micro"))) == ["video_not_here"]
    assert codes(flex({"type": "carousel", "contents": [bubble(hero=VIDEO)]})) == ["video_not_here"]


def test_a_bubble_needs_a_block() -> None:
    assert codes(flex({"type": "bubble"})) == ["no_block"]


def bubble_of(size: int) -> dict[str, Any]:
    empty = bubble({"type": "text", "text": ""})
    return bubble({"type": "text", "text": "a" * (size - len(json.dumps(empty, separators=(",", ":"))))})


def test_a_bubble_takes_30_kilobytes_of_json() -> None:
    assert codes(flex(bubble_of(30 * 1_024))) == []
    assert codes(flex(bubble_of(30 * 1_024 + 1))) == ["too_big"]
    assert codes(in_bubble({"type": "text", "text": "好" * 10_300})) == ["too_big"]


def test_a_carousel_takes_12_bubbles_of_one_size_in_50_kilobytes() -> None:
    small = bubble(HELLO)
    assert codes(flex({"type": "carousel", "contents": [small] * 12})) == []
    assert codes(flex({"type": "carousel", "contents": [small] * 13})) == ["too_many"]
    assert codes(flex({"type": "carousel", "contents": []})) == ["too_few"]
    assert codes(flex({"type": "carousel", "contents": [small, small | {"size": "mega"}]})) == []
    assert codes(flex({"type": "carousel", "contents": [small, small | {"size": "kilo"}]})) == ["different_size"]
    frame = len('{"type":"carousel","contents":[,]}')
    halves = [bubble_of(25 * 1_024), bubble_of(25 * 1_024 - frame)]
    assert codes(flex({"type": "carousel", "contents": halves})) == []
    halves[0] = bubble_of(25 * 1_024 + 1)
    assert codes(flex({"type": "carousel", "contents": halves})) == ["too_big"]


def test_ten_animated_images_play_in_one_message() -> None:
    moving = {"type": "image", "url": "https://brand.example/a.png", "animated": True}
    assert codes(flex(bubble(*[moving] * 10))) == []
    assert codes(flex(bubble(*[moving] * 11))) == ["too_many_animated"]
    assert codes(flex(bubble(*[moving] * 10, moving | {"animated": False}))) == []


def test_a_fault_deep_inside_is_named_exactly() -> None:
    deep: Any = {"type": "text", "text": "好", "wieght": "bold"}
    for _ in range(10):
        deep = box(deep)
    (fault,) = check([in_bubble(deep)])
    assert fault.place == "messages[0].contents.body" + ".contents[0]" * 11 + ".wieght"
    assert fault.parameters["meant"] == "weight"
