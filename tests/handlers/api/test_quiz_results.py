"""What other systems read of a quiz's results."""

import pytest

from bot.database import Database
from models import Quiz
from tests.handlers.api.conftest import Caller
from tests.quiz_rows import make_quiz, play


@pytest.fixture
def quiz(db: Database) -> Quiz:
    with db.begin() as session:
        quiz = make_quiz(session)
        play(session, quiz, {"skin": ["oily"], "care": ["lotion", "mask"], "age": "20", "words": "好"}, result_key="a")
        play(session, quiz, {"skin": ["dry"], "care": None, "age": "40", "words": "很好"}, result_key="b", hours=2)
        play(session, quiz, {"skin": ["dry"]}, stopped_at="care", hours=30)
    return quiz


def test_results_tell_who_began_and_finished_and_what_was_chosen(viewer: Caller, quiz: Quiz) -> None:
    answer = viewer.get(f"/quizzes/{quiz.id}/results").get_json()
    assert (answer["started"], answer["finished"], answer["running"]) == (3, 2, 1)
    skin, care, age, _ = answer["questions"]
    assert [skin[name] for name in ("key", "text", "kind", "answered", "skipped", "dropped")] == [
        *("skin", "您的膚質？", "single"),
        *(3, 0, 0),
    ]
    assert [(one["text"], one["friends"], one["answers"], one["percent"]) for one in skin["choices"]] == [
        ("油性", 1, 1, 33.33),
        ("乾性", 2, 2, 66.67),
    ]
    assert (care["answered"], care["skipped"], care["dropped"]) == (1, 1, 1)
    assert age["numbers"] == {"average": 30.0, "min": 20.0, "max": 40.0}
    assert [(one["name"], one["attempts"], one["percent"]) for one in answer["results"]] == [
        ("清爽型", 1, 50.0),
        ("滋潤型", 1, 50.0),
    ]


def test_results_of_a_period_and_a_version(viewer: Caller, quiz: Quiz) -> None:
    path = f"/quizzes/{quiz.id}/results"
    assert viewer.get(f"{path}?from=2026-11-21").get_json()["started"] == 1
    assert viewer.get(f"{path}?to=2026-11-20&version=1").get_json()["started"] == 2
    refused = viewer.get(f"{path}?version=7")
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "version")


def test_two_questions_are_crossed(viewer: Caller, quiz: Quiz) -> None:
    table = viewer.get(f"/quizzes/{quiz.id}/results/cross?row=skin&column=words").get_json()
    assert [row["text"] for row in table["rows"]] == ["油性", "乾性"]
    assert [column["text"] for column in table["columns"]] == ["好", "很好"]
    assert (table["counts"], table["total"]) == ([[1, 0], [0, 1]], 2)
    assert viewer.get(f"/quizzes/{quiz.id}/results/cross?row=skin&column=skin").status_code == 422
    assert viewer.get(f"/quizzes/{quiz.id}/results/cross?row=skin&column=nothing").status_code == 422


def test_written_answers_come_page_by_page(viewer: Caller, quiz: Quiz) -> None:
    path = f"/quizzes/{quiz.id}/questions/words/answers?limit=1"
    first = viewer.get(path).get_json()
    second = viewer.get(f"{path}&after={first['next']}").get_json()
    assert [one["value"] for one in (*first["items"], *second["items"])] == ["很好", "好"]
    assert second["next"] is None
    assert viewer.get(f"/quizzes/{quiz.id}/questions/nothing/answers").status_code == 404
