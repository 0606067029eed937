"""`/liff/q/<code>`: a quiz as a page inside LINE. Everything is decided by the same service as in the chat."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from bot.services import friends, quiz_attempts, quiz_endings, quiz_handovers
from bot.services.plays import Play, play_at
from bot.services.quiz_states import Explained, PageState, PublicQuestion, ShownResult
from handlers.processes import current_runtime
from handlers.site import calls, pages, plain_messages, visitors
from models import Friend, PlayedIn, Quiz

PICTURE = "picture"
MOST_CHOICES = 100
LONGEST_VALUE = 5_000

blueprint = pages.make_blueprint("quiz_page")


@blueprint.get("/q/<code>")
def show(code: str) -> Response:
    """The frame of the page; its script asks for the question once the visitor is known."""
    with current_runtime().db() as session:
        name = session.scalar(select(Quiz.name).where(Quiz.code == code, Quiz.archived_at.is_(None)))
    if name is None:
        raise NotFoundError("找不到這份測驗或問卷。")
    return pages.show("site/quiz.html", name=name, code=code, quiz_words=words())


@blueprint.post("/q/<code>/open")
@visitors.known
def open_quiz(code: str) -> Response:
    """Begin or resume; who has finished sees the result, and begins anew with {again: true}."""
    wants_again = calls.body().get("again") is True

    def find(session: Session, friend: Friend, play: Play) -> PageState:
        ending = None if wants_again else quiz_endings.find_ending(session, code, friend)
        return ending or quiz_attempts.open_page(session, code, friend, play)

    return _answer(code, find)


@blueprint.post("/q/<code>/answers")
@visitors.known
def answer(code: str) -> Response:
    """Answer the open question {attempt, step, question, choices or value}; neither: it is skipped."""
    body = calls.body()
    attempt, step, question = body.get("attempt"), body.get("step"), body.get("question")
    if not isinstance(attempt, str) or not pages.CODE.fullmatch(attempt):
        raise calls.CallRefusedError(400, "malformed", "這個要求無法處理。")
    if type(step) is not int or not isinstance(question, str):
        raise calls.CallRefusedError(400, "malformed", "這個要求無法處理。")
    given = _given(body)

    def take(session: Session, friend: Friend, play: Play) -> PageState:
        return quiz_attempts.answer_page(session, attempt, step, question, given, friend, play)

    return _answer(code, take)


def _answer(code: str, act: Callable[[Session, Friend, Play], PageState]) -> Response:
    """Let the visitor play, with the friend's row locked, and tell the page where that leads."""
    runtime = current_runtime()
    play = play_at(runtime.settings, now=runtime.now(), place=PlayedIn.PAGE)
    who = visitors.get_known().line_user_id
    with runtime.db.begin() as session:
        friend = friends.lock(session, [who], now=play.now)[who]
        state = act(session, friend, play)
        if state.question is not None and state.question.kind == PICTURE:
            quiz_handovers.hand_to_chat(session, state.attempt_key, friend, play)
        is_over = state.question is None
        again = is_over and quiz_endings.may_begin_again(session, code, friend, play)
        return jsonify({**told(state), "may_begin_again": again})


def _given(body: dict[str, Any]) -> list[str] | str | None:
    """Return keys of choices, or what was typed; None for nothing."""
    choices, value = body.get("choices") or [], body.get("value")
    is_list = isinstance(choices, list) and len(choices) <= MOST_CHOICES
    is_text = value is None or (isinstance(value, str) and len(value) <= LONGEST_VALUE)
    if not is_list or not all(isinstance(one, str) for one in choices) or not is_text:
        raise calls.CallRefusedError(400, "malformed", "這個要求無法處理。")
    return choices or value or None


def told(state: PageState) -> dict[str, Any]:
    """Return what the page's script may know of an attempt."""
    return {
        "name": state.quiz_name,
        "attempt": state.attempt_key,
        "step": state.step,
        "number": state.number,
        "at_most": state.at_most,
        "is_resumed": state.is_resumed,
        "question": _question(state.question) if state.question else None,
        "explanation": _explanation(state.explanation) if state.explanation else None,
        "result": _result(state.result) if state.result else None,
    }


def _question(question: PublicQuestion) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": str(question.kind),
        "text": question.text,
        "required": question.required,
        "picture_url": question.picture_url,
        "most": question.most,
        "choices": [
            {"key": choice.key, "text": choice.text, "picture_url": choice.picture_url} for choice in question.choices
        ],
    }


def _explanation(explained: Explained) -> dict[str, Any]:
    return {"is_right": explained.is_right, "right": list(explained.right), "text": explained.text}


def _result(result: ShownResult) -> dict[str, Any]:
    return {"name": result.name, "pieces": plain_messages.simplify(result.messages)}


def words() -> dict[str, str]:
    """Return what the quiz's script says by itself."""
    return {
        "progress": gettext("第 {number} 題，最多 {at_most} 題"),
        "next": gettext("下一題"),
        "last": gettext("送出"),
        "skip": gettext("跳過這題"),
        "sending": gettext("傳送中…"),
        "go_on": gettext("繼續"),
        "to_result": gettext("看結果"),
        "optional": gettext("（可以跳過）"),
        "choose_several": gettext("可以選很多個。"),
        "choose_at_most": gettext("最多選 {most} 個。"),
        "number": gettext("請輸入數字"),
        "phone": gettext("例如 0912345678"),
        "picture": gettext("這一題要傳照片：請回到聊天室傳送照片，再回到這裡繼續作答。"),
        "to_chat": gettext("回聊天室傳照片"),
        "picture_sent": gettext("照片傳好了，繼續"),
        "no_picture": gettext("還沒有收到照片。請先在聊天室傳送，再按一次。"),
        "resumed": gettext("歡迎回來！我們從上次停下來的地方繼續。"),
        "right": gettext("答對了！"),
        "wrong": gettext("答錯了。"),
        "right_answer": gettext("正確答案：{right}"),
        "explained": gettext("說明"),
        "result": gettext("您的結果：{name}"),
        "again": gettext("再玩一次"),
        "thanks": gettext("作答完成，謝謝您！"),
        "separator": gettext("、"),
    }
