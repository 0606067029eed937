"""Which keyword rule answers a text."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import sentence
from bot.rules.keywords import Keyword, Match, Matcher, Rule, check_keywords, check_pattern, collisions, fold
from bot.rules.schedules import Hours

TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # a Friday, noon in Taipei


def exact(text: str) -> Keyword:
    return Keyword(text, Match.EXACT)


def prefix(text: str) -> Keyword:
    return Keyword(text, Match.PREFIX)


def contains(text: str) -> Keyword:
    return Keyword(text, Match.CONTAINS)


def pattern(text: str) -> Keyword:
    return Keyword(text, Match.PATTERN)


def rule(id: int, *keywords: Keyword, **more: Any) -> Rule:
    return Rule(id, keywords, **more)


def answers(text: str, *rules: Rule, now: datetime = NOW) -> int | None:
    hit = Matcher(rules, timezone=TAIPEI).find(text, now=now)
    return hit.rule_id if hit else None


# Folding


@pytest.mark.parametrize(
    "typed,meant",
    [
        ("優惠券", "优惠券"),
        ("臺北門市", "台北门市"),
        ("颱風", "台风"),
        ("看著", "看着"),
        ("ＬＩＮＥ　Ｐａｙ", "line pay"),
        ("  Line \n\t PAY ", "line pay"),
        ("ﾎﾟｲﾝﾄ", "ポイント"),
        ("①號店", "1号店"),
        ("Straße", "STRASSE"),
        ("優\u200b惠\ufeff券", "優惠券"),
        ("❤\ufe0f", "❤"),
        ("cafe\u0301", "CAFÉ"),
        ("頭髮", "头发"),
    ],
)
def test_texts_that_mean_the_same_are_folded_alike(typed: str, meant: str) -> None:
    assert fold(typed) == fold(meant)


@pytest.mark.parametrize("typed", ["", " \u3000\n", "\u200b\ufe0f", "\ud800"])
def test_a_text_that_shows_nothing_folds_to_nothing(typed: str) -> None:
    assert fold(typed) == ""


def test_folding_any_single_character_twice_changes_nothing() -> None:
    assert [code for code in range(0x110000) if fold(fold(chr(code))) != fold(chr(code))] == []


@given(st.text(st.characters(), max_size=30))
@settings(max_examples=400, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text("臺台優惠券髮乾隆著裡abcＡＢ 　", max_size=10), st.text("臺台優惠券髮乾隆著裡abcＡＢ", max_size=10))
@settings(deadline=None)
def test_what_is_part_of_a_text_is_part_of_the_folded_text(text: str, part: str) -> None:
    assert fold(part) in fold(text + part)


# Finding the rule


def test_each_kind_of_match_does_what_its_name_says() -> None:
    assert answers("優惠", rule(1, exact("優惠"))) == 1
    assert answers("優惠券", rule(1, exact("優惠"))) is None
    assert answers("優惠券", rule(1, prefix("優惠"))) == 1
    assert answers("我要優惠券", rule(1, prefix("優惠"))) is None
    assert answers("我要優惠券", rule(1, contains("優惠"))) == 1
    assert answers("我要 3 張優惠券", rule(1, pattern(r"\d+ 张"))) == 1


def test_keyword_and_text_are_folded_alike() -> None:
    assert answers("ＬＩＮＥ　pay", rule(1, exact("line Pay"))) == 1
    assert answers("请问台北有门市吗", rule(1, contains("臺北有門市"))) == 1


def test_a_pattern_runs_without_case_on_the_folded_text_and_is_not_folded_itself() -> None:
    assert answers("ＯＲＤＥＲ　１２３", rule(1, pattern(r"^Order \d+$"))) == 1
    assert answers("優惠券", rule(1, pattern("优惠"))) == 1
    assert answers("優惠券", rule(1, pattern("優惠"))) is None


def test_the_higher_priority_answers() -> None:
    assert answers("優惠券", rule(1, exact("優惠券")), rule(2, contains("券"), priority=1)) == 2


def test_at_equal_priority_exact_beats_prefix_beats_contains_beats_pattern() -> None:
    kinds = [pattern("优惠券使用"), contains("優惠券使用"), prefix("優惠券"), exact("優惠券使用")]
    rules = [rule(number, keyword) for number, keyword in enumerate(kinds)]
    for strongest in (3, 2, 1, 0):
        assert answers("優惠券使用", *rules[: strongest + 1]) == strongest


def test_then_the_longer_keyword_answers_and_then_the_older_rule() -> None:
    assert answers("優惠券", rule(1, contains("優惠")), rule(2, contains("優惠券"))) == 2
    assert answers("優惠券", rule(7, contains("優惠")), rule(3, contains("惠券"))) == 3


def test_a_rule_that_is_off_never_answers() -> None:
    assert answers("優惠", rule(1, exact("優惠"), enabled=False)) is None


def test_a_rule_answers_from_its_first_moment_until_before_its_last() -> None:
    timed = rule(1, exact("優惠"), active_from=NOW, active_until=NOW + timedelta(hours=1))
    assert answers("優惠", timed, now=NOW - timedelta(seconds=1)) is None
    assert answers("優惠", timed, now=NOW) == 1
    assert answers("優惠", timed, now=NOW + timedelta(hours=1)) is None


def test_hours_are_those_of_the_brands_own_time_zone_and_the_next_rule_steps_in() -> None:
    office = Hours.parse([{"days": [5], "from": "09:00", "until": "13:00"}])
    rules = [rule(1, exact("客服"), priority=1, hours=office), rule(2, exact("客服"))]
    assert answers("客服", *rules, now=NOW) == 1
    assert answers("客服", *rules, now=NOW + timedelta(hours=1)) == 2


def test_the_try_box_sees_every_rule_once_in_order_with_the_folded_text() -> None:
    rules = [
        rule(1, contains("券"), contains("優惠")),
        rule(2, exact("優惠券")),
        rule(3, pattern("券$")),
        rule(4, exact("x")),
    ]
    hits = Matcher(rules, timezone=TAIPEI).find_all("優惠券", now=NOW)
    assert [(hit.rule_id, hit.keyword, hit.match) for hit in hits] == [
        (2, "優惠券", Match.EXACT),
        (1, "優惠", Match.CONTAINS),
        (3, "券$", Match.PATTERN),
    ]
    assert hits[0].folded == "优惠券"


def test_a_postback_calls_up_only_rules_that_apply_to_postbacks() -> None:
    matcher = Matcher([rule(1, exact("menu=1")), rule(2, prefix("menu"), applies_to_postback=True)], timezone=TAIPEI)
    hit = matcher.find_postback("menu=1", now=NOW)
    assert hit is not None
    assert hit.rule_id == 2


def test_an_evil_pattern_takes_no_time() -> None:
    matcher = Matcher([rule(1, pattern("(a+)+$"), pattern("(a|aa)*b"))], timezone=TAIPEI)
    began = time.thread_time()
    assert matcher.find("a" * 4_999 + "!", now=NOW) is None
    assert time.thread_time() - began < 0.1


def test_a_pattern_that_cannot_be_used_harms_no_other_rule() -> None:
    assert answers("優惠", rule(1, pattern("(優惠")), rule(2, pattern("优惠"))) == 2


def test_half_a_surrogate_pair_in_a_text_or_keyword_harms_nothing() -> None:
    assert (
        answers("優惠\ud83d", rule(1, contains("優惠")), rule(2, contains("\ud83d")), rule(3, pattern("\ud83d"))) == 1
    )


def many_rules(count: int) -> list[Rule]:
    """Ten keywords each."""
    return [
        rule(
            number,
            *(Keyword(f"商品{number}之{one}", kind) for one in range(3) for kind in list(Match)[:3]),
            exact(f"代碼{number}"),
        )
        for number in range(count)
    ]


def cost_of(work: Callable[[], object]) -> float:
    """Processor seconds of this thread, the least of three tries: the machine may be busy."""
    tries = []
    for _ in range(3):
        began = time.thread_time()
        work()
        tries.append(time.thread_time() - began)
    return min(tries)


def find_all(matcher: Matcher, said: list[str]) -> bool:
    return all(matcher.find(text, now=NOW) for text in said)


def test_ten_times_as_many_keywords_cost_ten_times_to_make_ready_and_hardly_more_to_find() -> None:
    small, large = many_rules(100), many_rules(1_000)
    fold("臺")
    made = [cost_of(partial(Matcher, rules, timezone=TAIPEI)) for rules in (small, large)]
    assert made[1] < made[0] * 25
    found = []
    for rules in (small, large):
        matcher = Matcher(rules, timezone=TAIPEI)
        said = [f"請問商品{number % len(rules)}之1還有現貨可以買嗎" for number in range(200)]
        assert find_all(matcher, said)
        found.append(cost_of(partial(find_all, matcher, said)))
    assert found[1] < found[0] * 5


ALPHABET = "ab臺台優优 Ａ"
KEYWORDS = st.builds(Keyword, st.text(ALPHABET, min_size=1, max_size=4), st.sampled_from(list(Match)))
RULES = st.lists(
    st.tuples(st.lists(KEYWORDS, min_size=1, max_size=4), st.integers(-1, 1), st.booleans()), max_size=8
).map(
    lambda drawn: [
        Rule(number, tuple(keywords), priority=priority, enabled=enabled)
        for number, (keywords, priority, enabled) in enumerate(drawn)
    ]
)


def naive_order(rules: list[Rule], text: str) -> list[int]:
    """Every rule that matches, by looking at each keyword in turn."""
    said = fold(text)

    def matches(keyword: Keyword) -> bool:
        word = keyword.folded
        if not word or not said:
            return False
        if keyword.match is Match.EXACT:
            return said == word
        if keyword.match is Match.PREFIX:
            return said.startswith(word)
        if keyword.match is Match.CONTAINS:
            return word in said
        return bool(re2.search("(?i)" + word, said))

    found = [
        ((-one.priority, list(Match).index(keyword.match), -len(keyword.folded), one.id), one.id)
        for one in rules
        if one.enabled
        for keyword in one.keywords
        if matches(keyword)
    ]
    return list(dict.fromkeys(number for _, number in sorted(found)))


@given(RULES, st.text(ALPHABET, max_size=8))
@settings(max_examples=300, deadline=None)
def test_the_matcher_agrees_with_looking_at_every_keyword_in_turn(rules: list[Rule], text: str) -> None:
    hits = Matcher(rules, timezone=TAIPEI).find_all(text, now=NOW)
    assert [hit.rule_id for hit in hits] == naive_order(rules, text)


PATTERNS = ["券$", "^优惠", r"\d{3}", "a.*b", r"\pL{1,9}x", "(a|b)+c", "x{1,900}y", "[^a]z", r"\bline\b", "ß"]
MANY = [*PATTERNS, *(f"{one}|q{number}" for number in range(30) for one in PATTERNS)]
TOGETHER = Matcher([rule(number, pattern(one)) for number, one in enumerate(MANY)], timezone=TAIPEI)
ALONE = [re2.compile("(?i)" + f"(?:{one})") for one in MANY]


@given(st.text("优惠券123abcxyz ßline", max_size=12))
@settings(deadline=None)
def test_patterns_run_together_find_what_each_finds_alone(text: str) -> None:
    hits = {hit.rule_id for hit in TOGETHER.find_all(text, now=NOW)}
    said = fold(text)
    assert hits == {number for number, one in enumerate(ALONE) if said and one.search(said)}


# Collisions


def pairs(*rules: Rule) -> list[tuple[int, int]]:
    return [(one.winner_id, one.loser_id) for one in collisions(rules)]


def test_two_rules_with_the_same_folded_keyword_collide_and_the_older_wins() -> None:
    (only,) = collisions([rule(2, exact("优惠券")), rule(1, exact("優惠券"))])
    assert (only.winner_id, only.loser_id, only.text) == (1, 2, "優惠券")
    assert only.loser_keyword == exact("优惠券")


def test_a_keyword_inside_of_another_rules_keyword_collides() -> None:
    assert pairs(rule(1, contains("優惠")), rule(2, exact("我要優惠券"))) == [(2, 1)]
    assert pairs(rule(1, prefix("優惠"), priority=5), rule(2, exact("優惠券"))) == [(1, 2)]
    assert pairs(rule(1, prefix("優惠")), rule(2, exact("我要優惠券"))) == []


def test_a_pattern_that_finds_another_rules_keyword_collides() -> None:
    assert pairs(rule(1, pattern("优惠.*")), rule(2, contains("優惠券"))) == [(2, 1)]
    assert pairs(rule(1, pattern("a+b")), rule(2, pattern("a+b"))) == [(1, 2)]


def test_rules_that_share_nothing_do_not_collide_nor_does_a_rule_with_itself() -> None:
    assert pairs(rule(1, contains("優惠"), exact("優惠")), rule(2, contains("門市"))) == []


def test_rules_that_are_never_on_at_the_same_time_do_not_collide() -> None:
    later = {"active_from": NOW, "active_until": NOW + timedelta(days=1)}
    morning = Hours.parse([{"days": [1], "from": "09:00", "until": "12:00"}])
    evening = Hours.parse([{"days": [1], "from": "18:00", "until": "21:00"}])
    assert pairs(rule(1, exact("a"), enabled=False), rule(2, exact("a"))) == []
    assert pairs(rule(1, exact("a"), active_until=NOW), rule(2, exact("a"), **later)) == []
    assert pairs(rule(1, exact("a"), active_until=NOW + timedelta(hours=1)), rule(2, exact("a"), **later)) == [(1, 2)]
    assert pairs(rule(1, exact("a"), hours=morning), rule(2, exact("a"), hours=evening)) == []


def test_a_rule_for_a_segment_takes_nothing_from_the_rule_for_everybody() -> None:
    assert pairs(rule(1, exact("a"), segment_id=4), rule(2, exact("a"))) == []
    assert pairs(rule(1, exact("a")), rule(2, exact("a"), segment_id=4)) == [(1, 2)]


def test_collisions_of_ten_thousand_keywords_come_quickly() -> None:
    rules = [rule(number, *(contains(f"商品{number * 10 + one}") for one in range(10))) for number in range(1_000)]
    began = time.thread_time()
    found = collisions(rules)
    assert time.thread_time() - began < 2
    assert found


def test_a_thousand_rules_with_one_keyword_are_shown_quickly() -> None:
    began = time.thread_time()
    found = collisions([rule(number, exact("優惠")) for number in range(1_000)])
    assert time.thread_time() - began < 1
    assert {one.winner_id for one in found} == {0}


# Checking before saving


@pytest.mark.parametrize(
    "keyword,code",
    [
        (exact(" \u200b"), "empty"),
        (pattern("  "), "empty"),
        (contains("長" * 201), "too_long"),
        (pattern("(abc"), "pattern_refused"),
        (pattern("a(?=b)"), "pattern_refused"),
        (pattern(r"(a)\1"), "pattern_refused"),
        (exact("a\x00"), "broken_text"),
    ],
)
def test_a_keyword_that_cannot_be_used_is_refused_with_its_place(keyword: Keyword, code: str) -> None:
    (fault,) = check_keywords([exact("好"), keyword])
    assert (fault.place, fault.code) == ("keywords[1].text", code)


def test_the_same_keyword_twice_in_a_rule_is_refused_also_in_other_writing() -> None:
    (fault,) = check_keywords([exact("臺北"), exact("台北"), contains("台北")])
    assert (fault.place, fault.code) == ("keywords[1].text", "repeated")


def test_a_keyword_of_200_characters_is_fine_and_a_rule_needs_at_least_one() -> None:
    assert check_keywords([contains("長" * 200)]) == []
    assert [fault.code for fault in check_keywords([])] == ["too_few"]


def test_staff_read_what_is_wrong_with_a_pattern() -> None:
    assert check_pattern(r"优惠\d+") is None
    assert check_pattern("(abc") == "missing ): (abc"
    (fault,) = check_keywords([pattern("(abc")])
    assert sentence(fault, "zh-TW") == "第 1 個關鍵字 › 文字：樣式（正規表示式）有誤：missing ): (abc"
