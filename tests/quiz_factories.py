"""Quizzes for tests: a skin test with branching, and the buttons that a friend sees."""

from typing import Any

from sqlalchemy.orm import Session

from bot.services import quizzes
from bot.services.audit import OPERATOR
from bot.services.quizzes import QuizContent
from models import Quiz
from tests.conftest import NOW

Json = dict[str, Any]


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def choice(key: str, words: str, **changes: Any) -> Json:
    return {"key": key, "text": words, **changes}


def single(key: str, words: str, *choices: Json, **changes: Any) -> Json:
    return {"key": key, "kind": "single", "text": words, "choices": list(choices), **changes}


def multiple(key: str, words: str, *choices: Json, **changes: Any) -> Json:
    return {"key": key, "kind": "multiple", "text": words, "choices": list(choices), **changes}


def free(key: str, kind: str, words: str, **changes: Any) -> Json:
    return {"key": key, "kind": kind, "text": words, **changes}


def result(key: str, name: str, low: int | None = None, high: int | None = None, **changes: Any) -> Json:
    made = {"key": key, "name": name, "min_score": low, "max_score": high, "messages": [text(f"結果：{name}")]}
    return made | changes


SKIN = (
    single(
        "skin",
        "您的膚質是？",
        choice("dry", "乾性", score=0, tags=["乾性肌"]),
        choice("oily", "油性", score=10, tags=["油性肌"], next="sport"),
    ),
    single("water", "一天喝幾杯水？", choice("few", "很少", score=1), choice("many", "很多", score=3), next="end"),
    single("sport", "常運動嗎？", choice("yes", "常常", score=5), choice("no", "不常", score=0)),
)
SKIN_RESULTS = (
    result("calm", "沉穩型", None, 9, tags=["沉穩"]),
    result("lively", "活力型", 10, None, tags=["活力"], reward={"points": 30}),
)


def make_quiz(session: Session, *questions: Json, name: str = "膚質測驗", **changes: Any) -> Quiz:
    """A quiz, by default of three questions with a branch, started by its name."""
    known: Json = {"start_keywords": [{"text": name, "match": "exact"}], "attempts_per_friend": None}
    if not questions:
        known["results"] = SKIN_RESULTS
    content = QuizContent(name=name, questions=questions or SKIN, **(known | changes))
    return quizzes.create(session, content, by=OPERATOR, now=NOW)


def buttons_of(messages: list[Json]) -> dict[str, str]:
    """What can be tapped below messages: label → postback data, quick replies and Flex rows alike."""
    found: dict[str, str] = {}
    waiting: list[Any] = [messages]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting = one + waiting
        elif isinstance(one, dict):
            action = one.get("action")
            if isinstance(action, dict) and "data" in action:
                found[action.get("label") or action.get("displayText") or action["data"]] = action["data"]
            waiting = list(one.values()) + waiting
    return found


def words_of(messages: list[Json]) -> str:
    """Everything that messages say in texts."""
    return "\n".join(message["text"] for message in messages if message["type"] == "text")
