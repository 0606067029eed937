"""Writing one answer of an attempt with all that follows from it: tags, attribute, score, result, reward."""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.errors import InvalidInputError
from bot.rules.quizzes import (
    Choice,
    Ending,
    Given,
    Kind,
    Question,
    Result,
    Sheet,
    Step,
    as_number,
    outcome,
    take,
)
from bot.services import friends, quiz_batches, rewards
from bot.services.audit import Actor
from bot.services.plays import Play
from models import ActorKind, AttemptState, Friend, Quiz, QuizAnswer, QuizAttempt, RewardCause

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recorded:
    """What an answer led to; a result may be missing although the attempt is finished."""

    step: Step
    result: Result | None


def record(
    session: Session,
    quiz: Quiz,
    attempt: QuizAttempt,
    sheet: Sheet,
    question_key: str,
    given: Given,
    friend: Friend,
    play: Play,
) -> Recorded:
    """Write an answer to the open question of a running attempt of this friend, whose row is locked.

    Raises StepRefusedError and changes nothing if the answer cannot be taken.
    """
    step = take(sheet, attempt.question_key, question_key, given)
    if attempt.step and sheet.may_ask_twice:
        attempt.score -= _forget(session, attempt, question_key)
    _add_rows(session, attempt, step, play)
    attempt.score += step.score
    attempt.step += 1
    attempt.question_key, attempt.chosen = step.next_key, []
    attempt.answered_at, attempt.asked_at, attempt.place = play.now, play.now, play.place
    for choice in step.choices:
        detail = f"{question_key}:{choice.key}"
        quiz_batches.put_tags(session, friend.id, choice.tags, quiz_id=quiz.id, detail=detail, now=play.now)
    _fill_attribute(session, quiz, step, friend, play)
    result = _finish(session, quiz, attempt, sheet, friend, play) if step.next_key is None else None
    return Recorded(step, result)


def _forget(session: Session, attempt: QuizAttempt, question_key: str) -> int:
    """Remove what was answered to this question before, on a way back; returns its score."""
    quiz_batches.settle_rows(session)
    earlier = (QuizAnswer.attempt_id == attempt.id) & (QuizAnswer.question_key == question_key)
    return sum(session.scalars(delete(QuizAnswer).where(earlier).returning(QuizAnswer.score)))


def _add_rows(session: Session, attempt: QuizAttempt, step: Step, play: Play) -> None:
    answers: list[tuple[str, int]] = [(choice.key, choice.score) for choice in step.choices] or [("", 0)]
    given: dict[str, Any] = {
        "question_key": step.question.key,
        "quiz_id": attempt.quiz_id,
        "friend_id": attempt.friend_id,
        "step": attempt.step,
        "value": step.value,
        "answered_at": play.now,
    }
    rows = [given | {"choice_key": choice_key, "score": score} for choice_key, score in answers]
    quiz_batches.add_rows(session, attempt, rows)


def _fill_attribute(session: Session, quiz: Quiz, step: Step, friend: Friend, play: Play) -> None:
    name = step.question.attribute
    value = attribute_value(step.question, step.choices, step.value)
    if name is None or value is None:
        return
    by = Actor(ActorKind.QUIZ, quiz.id, quiz.name)
    try:
        friends.set_attributes(session, friend, {name: value}, by=by, now=play.now)
    except InvalidInputError as refusal:
        logger.warning("quiz %s: attribute of friend %s not set: %s", quiz.id, friend.id, refusal.faults[0].text)


def attribute_value(question: Question, choices: tuple[Choice, ...], value: str | None) -> str | int | float | None:
    """Return what an answer sets a friend's attribute to: chosen values or texts joined, numbers as numbers."""
    if choices:
        return "、".join(choice.value or choice.text for choice in choices)
    if value is not None and question.kind is Kind.NUMBER:
        return as_number(value)
    return value


def _finish(
    session: Session, quiz: Quiz, attempt: QuizAttempt, sheet: Sheet, friend: Friend, play: Play
) -> Result | None:
    picked = _picked(session, attempt, sheet) if sheet.by is Ending.MOST_PICKED else []
    result = outcome(sheet, attempt.score, picked)
    attempt.state, attempt.finished_at = AttemptState.FINISHED, play.now
    attempt.result_key = result.key if result else None
    if result is None:
        return None
    detail = f"result:{result.key}"
    quiz_batches.put_tags(session, friend.id, result.tags, quiz_id=quiz.id, detail=detail, now=play.now)
    if result.reward:
        session.flush()  # an attempt that began in this very batch gets its id
        rewards.promise(
            session,
            friend.id,
            cause=RewardCause.QUIZ,
            cause_id=quiz.id,
            cause_key=f"quiz:{attempt.id}:{result.key}",
            reward=result.reward,
            now=play.now,
        )
    return result


def _picked(session: Session, attempt: QuizAttempt, sheet: Sheet) -> list[str]:
    """Return the results that the choices of an attempt count for."""
    quiz_batches.settle_rows(session)
    query = select(QuizAnswer.question_key, QuizAnswer.choice_key).where(QuizAnswer.attempt_id == attempt.id)
    found: list[str] = []
    for question_key, choice_key in session.execute(query):
        question = sheet.question(question_key)
        choice = question.choice(choice_key) if question else None
        if choice and choice.result:
            found.append(choice.result)
    return found
