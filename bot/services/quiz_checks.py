"""The content of a quiz, and everything that must be right before it is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.messages import check
from bot.messages.checks import MOST_MESSAGES
from bot.rules.keywords import Match
from bot.rules.quizzes import (
    faults_of_sense,
    faults_of_shape,
    read_sheet,
    tidy_ending,
    tidy_questions,
    tidy_results,
)
from bot.services import rewards, tags
from bot.services.audit import Actor
from bot.services.message_faults import VARIABLES, as_field_faults, faults_of_keywords, faults_of_name

MOST_ATTEMPTS = 1_000
RESULT_VARIABLES = VARIABLES | {"score"}  # what a result's messages may say of the friend

Json = dict[str, Any]


@dataclass(frozen=True)
class QuizContent:
    """Everything of a quiz that can be chosen; tags are ids, or names that become tags when it is saved."""

    name: str
    questions: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]] = ()
    ending: Mapping[str, Any] = field(default_factory=dict)
    start_keywords: Sequence[Mapping[str, str]] = ()
    attempts_per_friend: int | None = 1
    attempts_per_day: int | None = None
    active_from: datetime | None = None
    active_until: datetime | None = None
    enabled: bool = True
    starts_on_follow: bool = False


def checked(
    session: Session,
    content: QuizContent,
    *,
    used: Mapping[str, Collection[str]],
    used_results: Collection[str],
    by: Actor,
    now: datetime,
) -> QuizContent:
    """Return the content as it is kept, tags as ids. Raises InvalidInputError with each fault at its field.

    `used` and `used_results` are the keys of earlier versions, which new questions, choices and results never get.
    """
    content = _tidied(content, used, used_results)
    faults = [*_faults_of_own(content), *faults_of_shape(content.questions, content.results, content.ending)]
    faults += _faults_of_results(content)
    if not faults:
        faults = faults_of_sense(read_sheet(content.questions, content.results, content.ending))
    if faults:
        raise InvalidInputError(faults)
    return _with_tag_ids(session, content, by, now)


def _tidied(content: QuizContent, used: Mapping[str, Collection[str]], used_results: Collection[str]) -> QuizContent:
    keywords = [{"text": one["text"], "match": one.get("match") or Match.EXACT.value} for one in content.start_keywords]
    return replace(
        content,
        name=" ".join(content.name.split()),
        start_keywords=keywords,
        questions=tidy_questions(content.questions, used=used),
        results=tidy_results(content.results, used=used_results),
        ending=tidy_ending(content.ending),
    )


def _faults_of_own(content: QuizContent) -> list[FieldFault]:
    return [
        *faults_of_name(content.name),
        *faults_of_keywords(content.start_keywords, root="start_keywords", may_be_empty=True),
        *_faults_of_limits(content),
        *_faults_of_times(content),
    ]


def _faults_of_limits(content: QuizContent) -> list[FieldFault]:
    text = "次數要在 1 到 %(most)s 之間；不限請留空。"
    return [
        FieldFault(name, text, (("most", MOST_ATTEMPTS),))
        for name in ("attempts_per_friend", "attempts_per_day")
        if (limit := getattr(content, name)) is not None and not 1 <= limit <= MOST_ATTEMPTS
    ]


def _faults_of_times(content: QuizContent) -> list[FieldFault]:
    starts, ends = content.active_from, content.active_until
    faults = [
        FieldFault(name, "時間要包含時區。")
        for name, moment in (("active_from", starts), ("active_until", ends))
        if moment is not None and moment.tzinfo is None
    ]
    if not faults and starts and ends and starts >= ends:
        faults.append(FieldFault("active_until", "結束時間要晚於開始時間。"))
    return faults


def _faults_of_results(content: QuizContent) -> list[FieldFault]:
    """A reply holds five messages; where answers are explained, the last explanation is one of them."""
    explains = any(
        question["explanation"] or any(choice["correct"] for choice in question.get("choices", ()))
        for question in content.questions
    )
    most = MOST_MESSAGES - 1 if explains else MOST_MESSAGES
    faults: list[FieldFault] = []
    for place, result in enumerate(content.results):
        faults += _faults_of_messages(result["messages"], f"results[{place}].messages", most)
        if result["reward"] is not None:
            faults += rewards.faults_of_reward(result["reward"], root=f"results[{place}].reward")
    return faults + _faults_of_messages(content.ending["messages"], "ending.messages", most)


def _faults_of_messages(messages: object, root: str, most: int) -> list[FieldFault]:
    if not messages or not isinstance(messages, list):
        return []
    return as_field_faults(check(messages, most=most, variables=RESULT_VARIABLES, root=root))


def _with_tag_ids(session: Session, content: QuizContent, by: Actor, now: datetime) -> QuizContent:
    """Replace names of tags by ids. Nobody deletes these tags before the transaction ends."""

    def resolved(one: Mapping[str, Any], place: str) -> Json:
        ids = tags.resolve(session, one["tags"], by=by, now=now, field=f"{place}.tags") if one["tags"] else []
        return {**one, "tags": ids}

    questions: list[Json] = []
    for at, question in enumerate(content.questions):
        kept = dict(question)
        if "choices" in kept:
            places = [f"questions[{at}].choices[{number}]" for number in range(len(kept["choices"]))]
            kept["choices"] = [resolved(one, place) for one, place in zip(kept["choices"], places, strict=True)]
        questions.append(kept)
    results = [resolved(one, f"results[{at}]") for at, one in enumerate(content.results)]
    return replace(content, questions=questions, results=results)
