"""Quizzes and surveys over the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from bot.services import quizzes, tags
from bot.services.plays import Play
from bot.services.quizzes import QuizContent
from handlers.api.operations import Call, operation
from handlers.api.problems import say
from handlers.api.quiz_shapes import QuizAnswer, QuizBody, QuizChanges, QuizPage
from handlers.api.shapes import FieldError, PageQuery
from models import ChatSource, Quiz, Role

blueprint = Blueprint("api_quizzes", __name__)

SAME = (
    *("id", "code", "name", "version", "start_keywords", "attempts_per_friend", "attempts_per_day"),
    *("active_from", "active_until", "enabled", "starts_on_follow", "created_at", "updated_at"),
)


@blueprint.get("/quizzes")
@operation("列出測驗與問卷", details="由舊到新。", role=Role.VIEWER, answer=QuizPage, query=PageQuery, writes=False)
def list_quizzes(call: Call, query: PageQuery) -> QuizPage:
    """Oldest first."""
    found = quizzes.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = [_answer(call, quiz) for quiz in found[: query.limit]]
    return QuizPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/quizzes")
@operation(
    "新增測驗或問卷",
    details="題目、選項與結果的代號可以不填。next 是下一題的代號，end 為結束。",
    role=Role.MARKETER,
    answer=QuizAnswer,
    status=201,
    body=QuizBody,
)
def create(call: Call, body: QuizBody) -> QuizAnswer:
    """Missing keys are given by the server."""
    content = QuizContent(**body.model_dump())
    return _answer(call, quizzes.create(call.session, content, by=call.actor, now=call.now))


@blueprint.get("/quizzes/<int:quiz_id>")
@operation("讀取測驗或問卷", role=Role.VIEWER, answer=QuizAnswer, writes=False)
def get(call: Call, quiz_id: int) -> QuizAnswer:
    """One quiz, as new attempts play it."""
    return _answer(call, quizzes.get_quiz(call.session, quiz_id))


@blueprint.patch("/quizzes/<int:quiz_id>")
@operation(
    "更改測驗或問卷",
    details="只更改提到的欄位；questions、results 是全部的內容。正在作答的好友會用原來的版本做完。",
    role=Role.MARKETER,
    answer=QuizAnswer,
    body=QuizChanges,
)
def change(call: Call, quiz_id: int, body: QuizChanges) -> QuizAnswer:
    """Attempts that run finish on their version."""
    changes = body.model_dump(exclude_unset=True)
    return _answer(call, quizzes.change(call.session, quiz_id, changes, by=call.actor, now=call.now))


@blueprint.delete("/quizzes/<int:quiz_id>")
@operation(
    "刪除測驗或問卷",
    details="好友的答案仍會保留；分眾或訊息仍在使用時為 409。",
    role=Role.MARKETER,
    status=204,
    refusals=(409,),
)
def delete(call: Call, quiz_id: int) -> None:
    """Answers stay."""
    quizzes.delete(call.session, quiz_id, by=call.actor, now=call.now)


def _answer(call: Call, quiz: Quiz) -> QuizAnswer:
    content = quizzes.content_of(call.session, quiz)
    used = [tag for one in _tagging(content) for tag in one["tags"]]
    names = tags.names_of(call.session, used) if used else {}
    settings = call.runtime.settings
    play = Play(call.now, settings.zone, settings.public_url, settings.liff_id, liff_base=settings.liff_base)
    return QuizAnswer(
        **{name: getattr(quiz, name) for name in SAME},
        start_data=quizzes.start_data(quiz),
        page_url=play.page_url(ChatSource.QUIZ, quiz.code),
        questions=[_question(one, names) for one in content.questions],
        results=[_named(one, names) for one in content.results],
        ending=content.ending,
        warnings=[
            FieldError(field=fault.field, message=say(fault.text, dict(fault.values)))
            for fault in quizzes.warnings(content)
        ],
    )


def _tagging(content: QuizContent) -> Sequence[Mapping[str, Any]]:
    """Return everything that puts tags on friends."""
    return [*(choice for one in content.questions for choice in one.get("choices", ())), *content.results]


def _question(question: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    return {**question, "choices": [_named(choice, names) for choice in question.get("choices", ())]}


def _named(one: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    return {**one, "tags": [names[tag] for tag in one["tags"] if tag in names]}
