"""The road from the list to a saved quiz, what is kept when it cannot be saved, and the pages of results."""

import html
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.database import Database
from bot.services import quizzes, segments
from models import Quiz, QuizAnswer, QuizAttempt, QuizVersion, Segment, Tag
from tests import quiz_rows
from tests.admin_visits import Visitor
from tests.conftest import NOW
from tests.factories import make_friend, make_tag
from tests.quiz_factories import make_quiz

QUIZ: dict[str, Any] = {
    "name": "膚質測驗",
    "keywords.0.text": "測膚質",
    "keywords.0.match": "exact",
    "enabled": "1",
    "attempts_per_friend": "2",
    "newest": "2",
    "by": "score",
    "questions.0.key": "q1",
    "questions.0.kind": "single",
    "questions.0.text": "您的膚質是？",
    "questions.0.required": "1",
    "questions.0.choices.0.key": "a",
    "questions.0.choices.0.text": "乾性",
    "questions.0.choices.0.new_tags": "乾性肌、VIP",
    "questions.0.choices.0.score": "3",
    "questions.0.choices.1.key": "b",
    "questions.0.choices.1.text": "油性",
    "questions.0.choices.1.next": "end",
    "questions.0.choices.1.correct": "1",
    "questions.1.key": "q2",
    "questions.1.kind": "date",
    "questions.1.text": "寶寶的生日？",
    "questions.1.attribute": "baby_birthday",
    "results.0.key": "r1",
    "results.0.name": "滋潤型",
    "results.0.min_score": "3",
    "results.0.reward_points": "30",
    "result_r1.0.kind": "text",
    "result_r1.0.text": "{{name}}，{{score}} 分",
    "ending.0.kind": "text",
    "ending.0.text": "謝謝作答",
}


def only_quiz(db: Database) -> tuple[Quiz, quizzes.QuizContent]:
    with db() as session:
        quiz = session.scalars(select(Quiz)).one()
        return quiz, quizzes.content_of(session, quiz)


def text_of(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_a_saved_quiz_holds_what_was_typed(marketer: Visitor, db: Database) -> None:
    assert marketer.post("/admin/quizzes/new", QUIZ).status_code == 302
    quiz, content = only_quiz(db)
    assert (quiz.name, quiz.attempts_per_friend, quiz.attempts_per_day) == ("膚質測驗", 2, None)
    assert quiz.start_keywords == [{"text": "測膚質", "match": "exact"}]
    first, second = content.questions
    assert [(one["text"], one["score"], one["next"], one["correct"]) for one in first["choices"]] == [
        ("乾性", 3, None, False),
        ("油性", 0, "end", True),
    ]
    with db() as session:
        names = session.scalars(select(Tag.name).where(Tag.id.in_(first["choices"][0]["tags"]))).all()
    assert set(names) == {"乾性肌", "VIP"}
    assert (second["kind"], second["required"], second["attribute"]) == ("date", False, "baby_birthday")
    [result] = content.results
    assert (result["min_score"], result["max_score"], result["reward"]) == (3, None, {"points": 30})
    assert result["messages"] == [{"type": "text", "text": "{{name}}，{{score}} 分"}]
    assert content.ending["messages"] == [{"type": "text", "text": "謝謝作答"}]


def test_an_opened_quiz_saved_unchanged_stays_on_its_version(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        quiz_id = make_quiz(session).id
    page = marketer.get(f"/admin/quizzes/{quiz_id}").get_data(as_text=True)
    assert marketer.post(f"/admin/quizzes/{quiz_id}", typed_in(page)).status_code == 302
    assert only_quiz(db)[0].version == 1


def test_a_changed_quiz_says_that_running_attempts_finish_on_the_old_version(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/quizzes/new", QUIZ)
    quiz_id = only_quiz(db)[0].id
    marketer.post(f"/admin/quizzes/{quiz_id}", QUIZ | {"questions.0.text": "改過的題目？"})
    assert only_quiz(db)[0].version == 2
    assert "正在作答的好友會繼續用舊版做完" in text_of(marketer, f"/admin/quizzes/{quiz_id}")


def test_nothing_typed_is_lost_and_faults_stand_at_their_fields(marketer: Visitor, db: Database) -> None:
    form = QUIZ | {
        "questions.0.text": "",
        "questions.0.choices.0.score": "很多",
        "questions.0.choices.1.next": "q9",
        "results.0.min_score": "三",
        "result_r1.1.kind": "raw",
        "result_r1.1.json": '{"type": ',
        "attempts_per_day": "兩次",
        "active_from": "明天",
    }
    answer = marketer.post("/admin/quizzes/new", form)
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    for kept in ("很多", "三", '{"type": ', "兩次", "乾性肌、VIP", "{{name}}，{{score}} 分", "已移除的題目"):
        assert kept in page
    for field in ("questions.0.choices.0.score", "results.0.min_score", "result_r1.1.json", "attempts_per_day"):
        assert f'id="{field}-fault"' in page
    page = html.unescape(
        marketer.post(
            "/admin/quizzes/new", QUIZ | {"questions.0.text": "", "questions.0.choices.1.next": "q9"}
        ).get_data(as_text=True)
    )
    assert 'id="questions.0.text-fault"' in page
    assert 'id="questions.0.choices.1.next-fault"' in page
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Quiz)) == 0


def test_two_people_editing_one_quiz_do_not_overwrite_each_other_unseen(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/quizzes/new", QUIZ)
    path = f"/admin/quizzes/{only_quiz(db)[0].id}"
    seen = re.findall(r'name="seen" value="([^"]+)"', marketer.get(path).get_data(as_text=True))[0]
    assert marketer.post(path, QUIZ | {"name": "先存的", "seen": seen}).status_code == 302
    late = marketer.post(path, QUIZ | {"name": "後存的", "seen": seen})
    assert late.status_code == 409
    assert "後存的" in late.get_data(as_text=True)
    assert only_quiz(db)[0].name == "先存的"


@pytest.mark.parametrize("sample", ["skin", "survey", "knowledge"])
def test_every_sample_can_be_saved_as_it_is(marketer: Visitor, db: Database, sample: str) -> None:
    page = marketer.get(f"/admin/quizzes/new?sample={sample}").get_data(as_text=True)
    assert marketer.post("/admin/quizzes/new", typed_in(page)).status_code == 302
    quiz, content = only_quiz(db)
    assert quiz.start_keywords
    assert not quizzes.warnings(content)


def test_a_copy_begins_with_the_same_questions_and_no_keyword(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        quiz_id = make_quiz(session).id
    page = text_of(marketer, f"/admin/quizzes/new?copy={quiz_id}")
    assert 'value="膚質測驗 的複本"' in page
    assert "一天喝幾杯水？" in page
    assert 'name="keywords.0.text" id="keywords.0.text" value=""' in page


def test_keys_of_removed_questions_and_choices_are_not_given_again(marketer: Visitor, db: Database) -> None:
    page = marketer.post("/admin/quizzes/build?op=drop:1", QUIZ).get_data(as_text=True)
    again = marketer.post("/admin/quizzes/build?op=add", typed_in(page) | head()).get_data(as_text=True)
    assert 'name="questions.1.key" value="q3"' in again
    form = QUIZ | {"questions.0.newest": "2"}
    page = marketer.post("/admin/quizzes/build?op=drop-choice:0:1", form).get_data(as_text=True)
    again = marketer.post("/admin/quizzes/build?op=add-choice:0", typed_in(page) | head()).get_data(as_text=True)
    assert 'name="questions.0.choices.1.key" value="c"' in again


def test_the_map_marks_questions_nobody_reaches(marketer: Visitor) -> None:
    form = QUIZ | {"questions.0.choices.0.next": "end"}
    page = html.unescape(marketer.post("/admin/quizzes/map", form).get_data(as_text=True))
    assert "沒有任何回答會走到：第 2 題" in page
    assert "map-stop unreached" in page
    assert "unreached" not in marketer.post("/admin/quizzes/map", QUIZ).get_data(as_text=True)


@pytest.mark.parametrize("op", ["nothing", "copy:99", "drop:x", "kind:"])
def test_a_button_that_is_none_is_refused(marketer: Visitor, op: str) -> None:
    assert marketer.post(f"/admin/quizzes/build?op={op}", QUIZ).status_code == 400


def test_the_trial_tells_result_tags_and_reward_and_stores_nothing(marketer: Visitor, db: Database) -> None:
    path = "/admin/quizzes/try?do=answer"
    page = marketer.post(f"{path}&question=q1&choice=a", QUIZ).get_data(as_text=True)
    answers = html.unescape(re.findall(r'name="trial_answers" value="([^"]*)"', page)[0])
    wrong = marketer.post(f"{path}&question=q2", QUIZ | {"trial_answers": answers, "trial_value": "下雨"})
    assert "請輸入日期" in wrong.get_data(as_text=True)
    done = marketer.post(f"{path}&question=q2", QUIZ | {"trial_answers": answers, "trial_value": "2026/1/5"})
    shown = html.unescape(done.get_data(as_text=True))
    for words in ("乾性肌", "滋潤型", "30 點", "3 分"):
        assert words in shown
    with db() as session:
        for model in (Quiz, QuizAttempt, Tag):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_quiz_that_is_not_ready_says_so_in_the_trial(marketer: Visitor) -> None:
    page = marketer.post("/admin/quizzes/try?do=start", QUIZ | {"questions.0.text": ""}).get_data(as_text=True)
    assert "還不能試玩" in page


def test_the_list_counts_switches_and_deletes(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        quiz = quiz_rows.make_quiz(session)
        quiz_rows.play(session, quiz, {"skin": ["oily"]})
        quiz_rows.play(session, quiz, {"skin": ["oily"]}, stopped_at="care")
    page = text_of(marketer, "/admin/quizzes")
    assert "50.0%" in page
    assert "進行中" in page
    marketer.post(f"/admin/quizzes/{quiz.id}/toggle")
    assert "已關閉" in text_of(marketer, "/admin/quizzes")
    assert marketer.post(f"/admin/quizzes/{quiz.id}/delete").status_code == 302
    assert marketer.get(f"/admin/quizzes/{quiz.id}").status_code == 404
    with db() as session:
        assert session.scalar(select(func.count()).select_from(QuizAnswer)) == 2


def test_a_viewer_reads_everything_and_changes_nothing(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        quiz = quiz_rows.make_quiz(session)
    for path in ("", "/share", "/results", "/qr.svg", "/qr.png", "/results/quiz.xlsx"):
        assert viewer.get(f"/admin/quizzes/{quiz.id}{path}", buffered=True).status_code == 200
    for path in ("/new", f"/{quiz.id}", f"/{quiz.id}/toggle", f"/{quiz.id}/delete", "/build?op=add", "/map", "/try"):
        assert viewer.post(f"/admin/quizzes{path}", QUIZ).status_code == 403


def test_the_ways_to_start_name_the_quizs_code(viewer: Visitor, db: Database) -> None:
    with db.begin() as session:
        code, quiz_id = (quiz := quiz_rows.make_quiz(session)).code, quiz.id
    page = text_of(viewer, f"/admin/quizzes/{quiz_id}/share")
    for way in (f"quiz:start:{code}", f"/liff/q/{code}", f"/terms/q/{code}"):
        assert way in page


@pytest.fixture
def played(db: Database) -> int:
    """A quiz with two attempts."""
    with db.begin() as session:
        quiz = quiz_rows.make_quiz(session)
        friend = make_friend(session, name="=HYPERLINK(1)")
        answers = {"skin": ["oily"], "care": ["lotion", "mask"], "age": "20", "words": "=1+1"}
        quiz_rows.play(session, quiz, answers, friend=friend, result_key="a", score=7)
        quiz_rows.play(session, quiz, {"skin": ["dry"]}, stopped_at="care", hours=30)
        return quiz.id


def test_the_results_show_figures_charts_and_the_friends_behind_them(viewer: Visitor, played: int) -> None:
    page = text_of(viewer, f"/admin/quizzes/{played}/results")
    for words in ("完成率 50.0%", "清爽型", "您的膚質？", "停在這一題", "平均"):
        assert words in page
    assert page.count('role="img"') >= 4
    assert "=HYPERLINK(1)" in text_of(viewer, f"/admin/quizzes/{played}/results/friends/skin/oily")
    assert "=1+1" in text_of(viewer, f"/admin/quizzes/{played}/results/answers/words")
    assert "還沒有人作答" not in page
    assert "這段期間還沒有人作答" in text_of(viewer, f"/admin/quizzes/{played}/results?from=2030-01-01")
    for path in ("friends/skin/nothing", "friends/nothing/a", "answers/nothing"):
        assert viewer.get(f"/admin/quizzes/{played}/results/{path}").status_code == 404


def test_the_friends_behind_a_choice_become_a_segment(marketer: Visitor, db: Database, played: int) -> None:
    path = f"/admin/quizzes/{played}/results/friends/skin/oily"
    marketer.get(path)
    assert marketer.post(path).status_code == 302
    with db() as session:
        [segment] = session.scalars(select(Segment))
        assert segments.count(session, segment.conditions, now=NOW) == 1
    assert segment.name == "膚質測驗：油性"
    marketer.post(path)
    assert "膚質測驗：油性" in text_of(marketer, path)
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Segment)) == 1


def test_two_questions_are_crossed_on_the_page(viewer: Visitor, played: int) -> None:
    path = f"/admin/quizzes/{played}/results/cross"
    page = text_of(viewer, f"{path}?row=skin&column=care")
    assert "油性" in page
    assert "100.0%" in page
    assert "請選兩個不同的題目" in text_of(viewer, f"{path}?row=skin&column=skin")


def test_the_excel_file_has_a_row_for_each_attempt_and_no_formula(viewer: Visitor, played: int) -> None:
    answer = viewer.get(f"/admin/quizzes/{played}/results/quiz.xlsx", buffered=True)
    book = zipfile.ZipFile(BytesIO(answer.get_data()))
    sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
    assert not any("<f>" in sheet for sheet in sheets)
    assert sheets[1].count("<row ") == 3
    for words in ("=1+1", "=HYPERLINK(1)", "乳液、面膜", "清爽型"):
        assert words in sheets[1]


def test_a_friends_page_tells_what_they_answered(viewer: Visitor, db: Database, played: int) -> None:
    with db() as session:
        friend_id = session.scalars(select(QuizAttempt.friend_id).order_by(QuizAttempt.id)).first()
    page = text_of(viewer, f"/admin/friends/{friend_id}")
    for words in ("用過哪些保養品？", "乳液、面膜", "清爽型", "7 分"):
        assert words in page


def test_ticked_tags_stay_and_unticked_ones_go(marketer: Visitor, db: Database) -> None:
    with db.begin() as session:
        kept, gone = make_tag(session, "留下"), make_tag(session, "拿掉")
    tagged = QUIZ | {"questions.0.choices.0.tags[]": [str(kept.id), str(gone.id)], "questions.0.choices.0.new_tags": ""}
    marketer.post("/admin/quizzes/new", tagged)
    quiz, content = only_quiz(db)
    assert content.questions[0]["choices"][0]["tags"] == [kept.id, gone.id]
    marketer.post(f"/admin/quizzes/{quiz.id}", tagged | {"questions.0.choices.0.tags[]": [str(kept.id)]})
    assert only_quiz(db)[1].questions[0]["choices"][0]["tags"] == [kept.id]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(QuizVersion)) == 2


def head() -> dict[str, str]:
    """The fields of the form beside questions and results."""
    return {name: value for name, value in QUIZ.items() if "." not in name and name != "newest"}


def typed_in(page: str) -> dict[str, Any]:
    """What a browser would send for the fields of a page."""
    form: dict[str, Any] = {}
    inner = page.split('id="quiz-form"', 1)[-1].split("<aside", 1)[0]
    for tag in re.findall(r"<input [^>]*>", inner):
        given = {key: html.unescape(value) for key, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}
        if "name" not in given or (given.get("type") in ("checkbox", "radio") and " checked" not in tag):
            continue
        if given["name"].endswith("[]"):
            form.setdefault(given["name"], []).append(given.get("value", ""))
        else:
            form[given["name"]] = given.get("value", "")
    for name, words in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', inner, re.DOTALL):
        form[name] = html.unescape(words)
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', inner, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        form[name] = chosen[-1] if chosen else re.findall(r'<option value="([^"]*)"', options)[0]
    return form
