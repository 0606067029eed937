"""Quizzes without a database: steps, results, ways, what is typed, what fits into the chat."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import check
from bot.rules.quizzes import (
    Act,
    Asked,
    Given,
    Kind,
    Refusal,
    Sheet,
    StepRefusedError,
    Tap,
    ask,
    faults_of_sense,
    faults_of_shape,
    longest_way,
    outcome,
    read_choices,
    read_sheet,
    read_tap,
    read_value,
    take,
    tidy_ending,
    tidy_questions,
    tidy_results,
    warnings_of,
    with_day,
)
from bot.rules.quizzes.values import read_chinese_number
from bot.rules.quizzes.ways import never_ending
from tests.quiz_factories import SKIN, SKIN_RESULTS, buttons_of, choice, free, multiple, result, single

TODAY = date(2026, 11, 20)
Json = dict[str, Any]


def sheet(*questions: Json, results: tuple[Json, ...] = (), **ending: Any) -> Sheet:
    kept = tidy_questions(questions or SKIN, used={})
    return read_sheet(kept, tidy_results(results, used=()), tidy_ending(ending))


@pytest.mark.parametrize(
    "typed, day",
    [
        ("2020-01-05", "2020-01-05"),
        ("２０２０／１／５", "2020-01-05"),
        ("2020年1月5日", "2020-01-05"),
        ("20200105", "2020-01-05"),
        ("民國109年1月5日", "2020-01-05"),
        ("民國一百零九年一月五日", "2020-01-05"),
        ("109/1/5", "2020-01-05"),
        ("1090105", "2020-01-05"),
        ("85.3.2", "1996-03-02"),
        ("昨天", "2026-11-19"),
        ("113年2月29日", "2024-02-29"),
        ("114年2月29日", None),
        ("2026/13/1", None),
        ("5/1/2026", None),
        ("去年", None),
    ],
)
def test_a_day_is_read_in_the_forms_of_taiwan(typed: str, day: str | None) -> None:
    assert read_value(Kind.DATE, typed, today=TODAY) == day


@pytest.mark.parametrize(
    "typed, number",
    [
        ("12", "12"),
        ("１２", "12"),
        ("12.50", "12.5"),
        ("1,200 元", "1200"),
        ("十二個月", "12"),
        ("NT$99", "99"),
        ("-3", "-3"),
        ("三十幾", None),
        ("12/5", None),
        ("", None),
    ],
)
def test_a_number_is_read_with_its_width_and_unit(typed: str, number: str | None) -> None:
    assert read_value(Kind.NUMBER, typed, today=TODAY) == number


@pytest.mark.parametrize(
    "typed, phone",
    [
        ("0912-345-678", "+886912345678"),
        ("０９１２３４５６７８", "+886912345678"),
        ("+886 912 345 678", "+886912345678"),
        ("(02)2345-6789", "+886223456789"),
        ("+81 90-1234-5678", "+819012345678"),
        ("12345", None),
        ("0912345", None),
    ],
)
def test_a_phone_number_becomes_e164(typed: str, phone: str | None) -> None:
    assert read_value(Kind.PHONE, typed, today=TODAY) == phone


@pytest.mark.parametrize("said, value", [("十", 10), ("二十三", 23), ("一百零五", 105), ("一一五", 115), ("兩", None)])
def test_chinese_numbers_have_values(said: str, value: int | None) -> None:
    assert read_chinese_number(said) == value


@given(st.sampled_from(Kind), st.text(max_size=200))
def test_whatever_is_typed_is_read_or_not_and_nothing_breaks(kind: Kind, typed: str) -> None:
    value = read_value(kind, typed, today=TODAY)
    assert value is None or value.strip()
    question = sheet(multiple("q", "?", choice("a", "甲"), choice("b", "乙"))).questions[0]
    assert {one.key for one in read_choices(question, typed)} <= {"a", "b"}


def test_a_part_of_a_choice_is_understood_only_if_it_stands_in_one() -> None:
    question = sheet(single("q", "?", choice("a", "乾性肌膚"), choice("b", "油性肌膚"))).questions[0]
    assert [one.key for one in read_choices(question, "油性")] == ["b"]
    assert read_choices(question, "肌膚") == ()
    assert read_choices(question, "油性", only_exact=True) == ()


def test_a_choice_that_is_a_number_goes_before_the_place_of_another() -> None:
    question = sheet(single("q", "幾個？", choice("a", "3"), choice("b", "2"), choice("c", "1"))).questions[0]
    assert [read_choices(question, typed)[0].key for typed in ("1", "2", "3")] == ["c", "b", "a"]


def test_a_step_leads_along_the_choice_else_the_question_else_the_order() -> None:
    skin = sheet()
    assert take(skin, "skin", "skin", Given(("oily",))).next_key == "sport"
    assert take(skin, "skin", "skin", Given(("dry",))).next_key == "water"
    assert take(skin, "water", "water", Given(("few",))).next_key is None
    assert take(skin, "sport", "sport", Given(("yes",))).next_key is None


@pytest.mark.parametrize(
    "question, answer, why",
    [
        ("water", Given(("few",)), Refusal.NOT_THIS_QUESTION),
        ("skin", Given(("few",)), Refusal.NOT_A_CHOICE),
        ("skin", Given(("dry", "oily")), Refusal.TOO_MANY),
        ("skin", Given(), Refusal.REQUIRED),
        ("skin", Given(value="dry"), Refusal.NOT_A_CHOICE),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(question: str, answer: Given, why: Refusal) -> None:
    with pytest.raises(StepRefusedError) as refused:
        take(sheet(), "skin", question, answer)
    assert refused.value.refusal is why


@pytest.mark.parametrize("score, key", [(-5, "calm"), (9, "calm"), (10, "lively"), (99, "lively")])
def test_the_score_chooses_the_result(score: int, key: str) -> None:
    found = outcome(sheet(results=SKIN_RESULTS), score, [])
    assert found is not None
    assert found.key == key


def test_of_results_picked_equally_often_the_first_wins_and_of_none_nothing() -> None:
    both = sheet(results=(result("a", "甲"), result("b", "乙")), by="most_picked")
    assert [getattr(outcome(both, 0, picked), "key", None) for picked in (["b", "a"], ["b", "b", "a"], [])] == [
        "a",
        "b",
        None,
    ]


def test_ways_are_known_before_anybody_goes_them() -> None:
    skin = sheet()
    assert [longest_way(skin, key) for key in ("skin", "water", "sport")] == [2, 1, 1]
    assert not skin.may_ask_twice
    circle = sheet(free("a", "text", "?", next="b"), free("b", "text", "?", next="a"), free("c", "text", "?"))
    assert never_ending(circle) == ["a", "b"]
    assert circle.may_ask_twice
    assert [fault.field for fault in faults_of_sense(circle)] == ["questions[0].next", "questions[1].next"]
    assert [fault.field for fault in warnings_of(circle)] == ["questions[2]"]


LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(str.strip)


@given(
    st.sampled_from(["single", "multiple"]),
    st.lists(LABELS.filter(bool), min_size=1, max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_whatever_passes_the_check_is_a_message_that_line_takes(
    kind: str, labels: list[str], required: bool, pictures: bool
) -> None:
    url = "https://img.example.com/a.png" if pictures else None
    choices = [choice(f"c{n}", label, picture_url=url) for n, label in enumerate(labels)]
    raw = [{"key": "q", "kind": kind, "text": "問", "required": required, "choices": choices, "picture_url": url}]
    kept, ending = tidy_questions(raw, used={}), tidy_ending({})
    if faults_of_shape(kept, [], ending) or faults_of_sense(read_sheet(kept, [], ending)):
        return
    asked = Asked(read_sheet(kept, [], ending).questions[0], "k" * 12, 3, 1, 2, ["c0"])
    messages = ask(asked, ["先說一句"])
    assert check(messages) == []
    assert len([data for data in buttons_of(messages).values() if read_tap(data)]) >= 1


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.DATE])
def test_a_tap_is_read_as_it_was_written(act: Act) -> None:
    tap = Tap("abcDEF-_0123", 7, "q1", act, "c-1" if act in (Act.CHOOSE, Act.ADD, Act.REMOVE) else None)
    assert read_tap(tap.data) == tap
    assert len(tap.data) < 100


def test_a_day_belongs_to_the_tap_of_a_calendar_alone() -> None:
    tap = Tap("abcDEF-_0123", 7, "q1", Act.DATE)
    picked = read_tap(with_day(tap.data, "2026-01-02"))
    assert picked is not None
    assert picked.day == "2026-01-02"
    assert read_tap(with_day(Tap("abcDEF-_0123", 7, "q1", Act.DONE).data, "2026-01-02")) is None


@given(st.text(max_size=120))
def test_forged_data_is_no_tap_and_breaks_nothing(data: str) -> None:
    tap = read_tap("quiz:" + data)
    assert tap is None or tap.data == "quiz:" + data or tap.day
