"""What the page of results counts, on rows whose numbers can be told by hand."""

from typing import Any

import pytest

from bot.database import Database
from bot.services import quiz_answer_lists, quiz_crosses, quiz_figures
from bot.services.quiz_answer_lists import Place
from bot.services.quiz_questions import list_versions, questions_of
from bot.services.quiz_scopes import Scope
from models import Quiz
from tests.factories import later, make_friend
from tests.quiz_rows import AGE, SKIN, add_version, make_quiz, play


@pytest.fixture
def quiz(db: Database) -> Quiz:
    with db.begin() as session:
        quiz = make_quiz(session)
        play(session, quiz, {"skin": ["oily"], "care": ["lotion", "mask"], "age": "20", "words": "好"}, result_key="a")
        play(session, quiz, {"skin": ["oily"], "care": None, "age": "30.5", "words": None}, result_key="b", hours=1)
        play(session, quiz, {"skin": ["dry"], "care": ["mask"], "age": "40", "words": "很好"}, result_key="a", hours=2)
        play(session, quiz, {"skin": ["dry"]}, stopped_at="care", hours=30)
    return quiz


def read(db: Database, quiz: Quiz, **narrowed: Any) -> quiz_figures.QuizFigures:
    with db() as session:
        return quiz_figures.figures(session, Scope(quiz.id, **narrowed), list_versions(session, quiz.id))


def test_every_question_says_who_answered_skipped_and_left(db: Database, quiz: Quiz) -> None:
    found = read(db, quiz)
    assert (found.started, found.finished, found.running) == (4, 3, 1)
    counted = {one.question.key: (one.answered, one.skipped, one.dropped) for one in found.questions}
    assert counted == {"skin": (4, 0, 0), "care": (2, 1, 1), "age": (3, 0, 0), "words": (2, 1, 0)}


def test_the_share_of_a_choice_is_that_of_the_attempts_that_answered(db: Database, quiz: Quiz) -> None:
    care = read(db, quiz).questions[1]
    assert [(one.text, one.answers, one.share) for one in care.choices] == [
        ("乳液", 1, 0.5),
        ("面膜", 2, 1.0),
        ("精油", 0, 0.0),
    ]


def test_numbers_have_an_average_and_their_ends(db: Database, quiz: Quiz) -> None:
    numbers = read(db, quiz).questions[2].numbers
    assert numbers is not None
    assert (round(numbers.average, 3), numbers.least, numbers.most) == (30.167, 20.0, 40.0)


def test_results_are_counted_of_those_who_finished(db: Database, quiz: Quiz) -> None:
    shown = [(one.name, one.attempts) for one in read(db, quiz).results]
    assert shown == [("清爽型", 2), ("滋潤型", 1)]


def test_a_period_counts_what_began_in_it(db: Database, quiz: Quiz) -> None:
    found = read(db, quiz, since=later(hours=1), until=later(hours=3))
    assert (found.started, found.finished) == (2, 2)
    assert [one.answers for one in found.questions[0].choices] == [1, 1]
    assert found.questions[2].numbers is not None
    assert found.questions[2].numbers.average == 35.25


def test_somebody_who_plays_twice_is_one_person_with_two_answers(db: Database, quiz: Quiz) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        for number in (1, 2):
            play(session, quiz, {"skin": ["dry"]}, friend=friend, number=number, stopped_at=None)
    dry = read(db, quiz).questions[0].choices[1]
    assert (dry.answers, dry.friends) == (4, 3)


def test_a_question_of_an_older_version_stays_and_numbers_are_only_of_versions_that_asked_for_them(
    db: Database, quiz: Quiz
) -> None:
    with db.begin() as session:
        newer = add_version(session, quiz, 2, [SKIN, {**AGE, "kind": "text", "text": "年紀？"}])
        play(session, quiz, {"skin": ["dry"], "age": "三十"}, hours=40)
    found = read(db, quiz)
    assert [(one.question.text, one.question.is_former) for one in found.questions] == [
        ("您的膚質？", False),
        ("年紀？", False),
        ("用過哪些保養品？", True),
        ("想說的話？", True),
    ]
    assert found.questions[1].answered == 4
    assert found.questions[1].numbers is not None
    assert found.questions[1].numbers.most == 40.0
    assert read(db, quiz, version_id=newer.id).started == 1


def cross(db: Database, quiz: Quiz, row: str, column: str, **narrowed: Any) -> quiz_crosses.CrossTable:
    with db() as session:
        asked = {one.key: one for one in questions_of(list_versions(session, quiz.id))}
        return quiz_crosses.cross(session, Scope(quiz.id, **narrowed), asked[row], asked[column])


def test_two_questions_of_choices_are_crossed_and_each_attempt_counts_once_in_the_totals(
    db: Database, quiz: Quiz
) -> None:
    table = cross(db, quiz, "skin", "care")
    lines = {row.text: [table.count(row, column) for column in table.columns] for row in table.rows}
    assert lines == {"油性": [1, 1, 0], "乾性": [0, 1, 0]}
    assert (table.row_totals, table.total) == ({"oily": 1, "dry": 1}, 2)
    assert table.share(table.rows[0], table.columns[0]) == 1.0


def test_written_answers_are_crossed_by_what_was_written(db: Database, quiz: Quiz) -> None:
    table = cross(db, quiz, "age", "words", until=later(hours=3))
    assert [row.text for row in table.rows] == ["20", "40"]
    assert [column.text for column in table.columns] == ["好", "很好"]
    assert table.cells == {("20", "好"): 1, ("40", "很好"): 1}


def test_rare_values_share_a_line(db: Database, quiz: Quiz) -> None:
    with db.begin() as session:
        for age in range(50, 65):
            play(session, quiz, {"skin": ["dry"], "age": str(age)})
    table = cross(db, quiz, "age", "skin")
    assert len(table.rows) == quiz_crosses.MOST_VALUES + 1
    assert table.rows[-1].is_others
    assert table.total == 18


def test_of_phone_numbers_a_cross_table_tells_only_that_there_is_one(db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session, [SKIN, {"key": "phone", "kind": "phone", "text": "手機？"}])
        play(session, quiz, {"skin": ["dry"], "phone": "+886912345678"})
    table = cross(db, quiz, "skin", "phone")
    assert [column.text for column in table.columns] == [None]
    assert table.total == 1


def test_written_answers_come_page_by_page_newest_first(db: Database, quiz: Quiz) -> None:
    with db() as session:
        first = quiz_answer_lists.list_written(session, Scope(quiz.id), "age", limit=2)
        place = Place(first[-1].started_at, first[-1].attempt_id)
        rest = quiz_answer_lists.list_written(session, Scope(quiz.id), "age", limit=2, after=place)
    assert [one.value for one in first] == ["40", "30.5"]
    assert [one.value for one in rest] == ["20"]


def test_the_friends_behind_a_choice_are_named_once(db: Database, quiz: Quiz) -> None:
    with db.begin() as session:
        friend = make_friend(session, name="林小華")
        play(session, quiz, {"skin": ["dry"]}, friend=friend)
        play(session, quiz, {"skin": ["dry"]}, friend=friend, number=2)
    with db() as session:
        found = quiz_answer_lists.list_choosers(session, quiz.id, "skin", "dry", limit=10)
        after = quiz_answer_lists.list_choosers(session, quiz.id, "skin", "dry", limit=10, after=found[0].id)
    assert found[0].display_name == "林小華"
    assert len(found) == 3
    assert [one.id for one in found[1:]] == [one.id for one in after]


def test_a_friends_attempts_are_told_in_the_words_of_their_version(db: Database, quiz: Quiz) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        play(session, quiz, {"skin": ["dry"], "care": None, "age": "18"}, friend=friend, result_key="b")
        add_version(session, quiz, 2, [{**SKIN, "text": "改過的問題"}])
    with db() as session:
        [played] = quiz_answer_lists.list_played(session, friend.id, limit=5)
    assert played.result == "滋潤型"
    assert [(one.question, list(one.choices), one.value) for one in played.answers] == [
        ("您的膚質？", ["乾性"], None),
        ("用過哪些保養品？", [], None),
        ("幾歲？", [], "18"),
    ]


def test_a_table_has_one_row_for_each_attempt(db: Database, quiz: Quiz) -> None:
    rows = list(quiz_answer_lists.stream(db, Scope(quiz.id)))
    assert [row.result for row in rows] == ["清爽型", "滋潤型", "清爽型", None]
    assert rows[0].answers == {"skin": ["oily"], "care": ["lotion", "mask"], "age": ["20"], "words": ["好"]}
    assert rows[1].answers == {"skin": ["oily"], "age": ["30.5"]}
