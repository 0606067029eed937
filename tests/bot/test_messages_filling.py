"""One friend's values in the variables of messages, and the lengths that LINE counts."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import LineMessage, builders, check, fill, quick_reply, text, variables_in
from bot.messages.lengths import cut_to_graphemes, cut_to_utf16, grapheme_length, graphemes, utf16_length
from tests.line_messages import bubble, flex

FAMILY = "👨‍👩‍👧‍👦"


def filled(message: LineMessage, **values: str) -> LineMessage:
    (only,) = fill([message], values)
    return only


@pytest.mark.parametrize(
    "written,values,said",
    [
        ("嗨 {{name}}！", {"name": "小明"}, "嗨 小明！"),
        ("嗨 {{ name }}！", {"name": "小明"}, "嗨 小明！"),
        ("嗨 {{姓名}}！", {"姓名": "小明"}, "嗨 小明！"),
        ("嗨{{name}}！", {}, "嗨！"),
        ("嗨 {{name|朋友}}！", {}, "嗨 朋友！"),
        ("嗨 {{ name | 朋友 }}！", {"name": "  "}, "嗨 朋友！"),
        ("嗨 {{name|朋友}}！", {"name": "小明"}, "嗨 小明！"),
        ("{{a}}{{b}}", {"a": "{{b}}", "b": "x"}, "{{b}}x"),
        ("{{a", {"a": "x"}, "{{a"),
        ("{name}", {"name": "x"}, "{name}"),
        ("嗨 {{name}}！", {"name": "小\x00明\ud83d"}, "嗨 小明！"),
    ],
)
def test_a_variable_becomes_its_value_or_its_fallback(written: str, values: dict[str, str], said: str) -> None:
    assert fill([text(written)], values) == [text(said)]


def test_every_text_of_a_message_is_filled_and_the_input_stays_as_it_was() -> None:
    message = builders.buttons("嗨 {{name}}", [builders.action("{{name}}", data="who={{name}}")], title="{{name}}")
    before = copy.deepcopy(message)
    result = filled(message, name="小明", type="sticker")
    assert "{{" not in json.dumps(result)
    assert result["template"]["actions"][0] == {"type": "postback", "label": "小明", "data": "who=小明"}
    assert message == before


def test_keys_and_types_are_never_filled() -> None:
    assert fill([{"type": "{{a}}", "{{a}}": "{{a}}"}], {"a": "x"}) == [{"type": "{{a}}", "{{a}}": "x"}]


def test_a_value_in_a_link_is_encoded() -> None:
    message = text("看", [quick_reply("看", opens="https://brand.example/p?name={{name}}&a=1")])
    uri = filled(message, name="小明&b=2/../")["quickReply"]["items"][0]["action"]["uri"]
    assert uri == "https://brand.example/p?name=%E5%B0%8F%E6%98%8E%26b%3D2%2F..%2F&a=1"


def test_indexes_of_emojis_move_with_the_variables_before_them() -> None:
    emojis = [{"index": index, "productId": "5ac1", "emojiId": "001"} for index in (0, 10, 22)]
    message: LineMessage = {"type": "text", "text": "${{name}}x$ {{points}}$", "emojis": emojis}
    assert check([message]) == []
    result = filled(message, name="🍎蘋果", points="1")
    assert result["text"] == "$🍎蘋果x$ 1$"
    assert [emoji["index"] for emoji in result["emojis"]] == [0, 6, 9]
    assert check([result]) == []
    assert [emoji["index"] for emoji in message["emojis"]] == [0, 10, 22]


def test_emojis_that_are_cut_off_are_forgotten() -> None:
    message = {"type": "text", "text": "{{a}}$", "emojis": [{"index": 5, "productId": "5ac1", "emojiId": "001"}]}
    result = filled(message, a="好" * 5_000)
    assert result == {"type": "text", "text": "好" * 5_000, "emojis": []}
    assert check([result]) == []


def test_braces_of_a_value_are_shown_as_they_are_in_text_v2() -> None:
    message = {"type": "textV2", "text": "{{name}} {smile}", "substitution": {"smile": SMILE}}
    result = filled(message, name="{x}")
    assert result["text"] == "{{x}} {smile}"
    assert check([result]) == []


SMILE = {"type": "emoji", "productId": "5ac1", "emojiId": "001"}


def test_what_grows_too_long_is_cut_between_two_characters() -> None:
    label = filled(text("好", [quick_reply("{{a}}")]), a="一二三" + FAMILY * 30)["quickReply"]["items"][0]["action"][
        "label"
    ]
    assert label == "一二三" + FAMILY * 17
    assert filled(text("好{{a}}"), a=FAMILY * 1_000)["text"] == "好" + FAMILY * (4_999 // 11)


def test_a_text_beside_a_title_is_cut_to_60() -> None:
    result = filled(builders.buttons("{{a}}", [builders.action("好")], title="冬"), a="好" * 500)
    assert result["template"]["text"] == "好" * 60
    assert check([result]) == []


def test_where_nothing_is_left_stands_an_ellipsis() -> None:
    assert filled(text("{{a}}")) == text("…")


def test_a_link_is_not_cut_inside_an_encoded_character() -> None:
    message = text("看", [quick_reply("看", opens="https://brand.example/{{a}}")])
    result = filled(message, a="好" * 400)
    uri = result["quickReply"]["items"][0]["action"]["uri"]
    assert uri.endswith(("%E5", "%A5", "%BD"))
    assert check([result]) == []


def test_a_flex_message_still_fits_into_its_bytes() -> None:
    message = flex(bubble(*[{"type": "text", "text": "{{a|好}}"} for _ in range(100)]))
    result = filled(message, a="好" * 3_000)
    assert check([result]) == []
    assert "好好好" in json.dumps(result, ensure_ascii=False)


def test_messages_without_variables_are_given_back_as_they_are() -> None:
    message = text("好")
    assert fill([message], {"name": "x"})[0] is message
    assert variables_in([message]) == frozenset()


def test_the_variables_of_messages_can_be_listed() -> None:
    message = text("{{a}} {{ b.c | x}} {{d", [quick_reply("{{a}}", data="{{e}}")])
    assert variables_in([message]) == {"a", "b.c", "e"}


VALUES = st.dictionaries(st.sampled_from(["a", "b"]), st.text(st.characters(), max_size=40).map(lambda one: one * 30))
TEXTS = st.lists(st.sampled_from(["{{a}}", "{{b|好}}", "好", "🍎", "x"]), min_size=1, max_size=8).map("".join)


@given(TEXTS, TEXTS, VALUES)
@settings(max_examples=200, deadline=None)
def test_filled_messages_respect_the_limits_whatever_the_values(words: str, label: str, values: dict[str, str]) -> None:
    messages: list[LineMessage] = [
        text(words, [quick_reply(label[:20], data=words, opens=None, says=label)]),
        {
            "type": "text",
            "text": "$" + words + "$",
            "emojis": [{**EMOJI, "index": 0}, {**EMOJI, "index": utf16_length(words) + 1}],
        },
        {"type": "textV2", "text": words + "{smile}", "substitution": {"smile": SMILE}},
        builders.buttons(words, [builders.action("看", opens="https://brand.example/" + words)], title="冬"),
    ]
    fine = [message for message in messages if not check([message])]
    assert check(fill(fine, values)) == []
    assert fine


EMOJI: dict[str, Any] = {"productId": "5ac1", "emojiId": "001"}


# Lengths


@pytest.mark.parametrize(
    "words,clusters",
    [
        ("", 0),
        ("abc", 3),
        ("優惠券", 3),
        ("cafe\u0301", 4),
        (FAMILY, 1),
        ("👍🏽👍", 2),
        ("❤️❤", 2),
        ("🇹🇼🇯🇵", 2),
        ("🇹🇼🇯", 2),
        ("🏴\U000e0067\U000e0062\U000e007f", 1),
        ("1️⃣2️⃣", 2),
        ("한국", 2),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", 2),
        ("ｶﾞ", 1),
        ("か\u3099", 1),
        ("\r\n\n", 2),
        ("a\u200db", 2),
        ("葛\U000e0100", 1),
        ("नि", 1),
    ],
)
def test_clusters_are_what_a_person_counts(words: str, clusters: int) -> None:
    assert grapheme_length(words) == clusters
    assert "".join(graphemes(words)) == words


def test_an_emoji_takes_two_units_and_a_family_eleven() -> None:
    assert (utf16_length("🍎"), utf16_length("蘋果a"), utf16_length(FAMILY)) == (2, 3, 11)


@given(st.text(max_size=40), st.integers(0, 40))
@settings(deadline=None)
def test_a_cut_text_begins_the_whole_and_fits(words: str, most: int) -> None:
    by_units, by_clusters = cut_to_utf16(words, most), cut_to_graphemes(words, most)
    assert words.startswith(by_units)
    assert words.startswith(by_clusters)
    assert utf16_length(by_units) <= most
    assert grapheme_length(by_clusters) == min(most, grapheme_length(words))
    assert utf16_length(words) == len(words.encode("utf-16-le", "surrogatepass")) // 2
