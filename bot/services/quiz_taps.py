"""A button of a running attempt: the answer it gives, or why it changes nothing."""

from sqlalchemy.orm import Session

from bot.rules.quizzes import (
    Act,
    Given,
    Kind,
    StepRefusedError,
    Tap,
    most_choices,
    read_value,
    words,
)
from bot.services import quiz_answers, quiz_sayings
from bot.services.auto_replies import Said
from bot.services.plays import Play
from bot.services.quiz_starts import Running
from bot.services.quiz_states import Reason
from models import Friend


def take(session: Session, running: Running, tap: Tap, friend: Friend, play: Play) -> Said:
    """Do what a button says if it belongs to the open question; what does not fit changes nothing and says why."""
    attempt = running.attempt
    if tap.step < attempt.step:
        return refused(running, Reason.ALREADY_ANSWERED)
    if tap.step > attempt.step or tap.question_key != attempt.question_key:
        return refused(running, Reason.NOT_THIS_QUESTION)
    if tap.act in (Act.ADD, Act.REMOVE):
        return _toggle(running, tap, play)
    given = _given(running, tap, play)
    if given is None:
        return refused(running, Reason.NOT_A_CHOICE)
    return answer(session, running, given, friend, play)


def answer(session: Session, running: Running, given: Given, friend: Friend, play: Play) -> Said:
    """Write an answer to the open question and say what comes next; one that does not fit changes nothing."""
    attempt, key = running.attempt, running.question.key
    try:
        recorded = quiz_answers.record(session, running.quiz, attempt, running.sheet, key, given, friend, play)
    except StepRefusedError as refusal:
        return refused(running, Reason(refusal.refusal.value))
    return quiz_sayings.said(attempt, quiz_sayings.after_answer(running, recorded, friend))


def refused(running: Running, reason: Reason) -> Said:
    """Say why nothing was changed, and ask the open question again."""
    values = {"most": most_choices(running.question), "name": running.quiz.name}
    return again(running, [words.REFUSALS[reason.value] % values])


def again(running: Running, before: list[str]) -> Said:
    """Ask the open question again, without its picture, behind a sentence."""
    return quiz_sayings.said(running.attempt, quiz_sayings.question(running, before, with_picture=False))


def _given(running: Running, tap: Tap, play: Play) -> Given | None:
    """Return what a button answers; None for one that the open question does not have."""
    kind = running.question.kind
    if tap.act is Act.SKIP:
        return Given()
    if tap.act is Act.DONE:
        return Given(tuple(running.attempt.chosen)) if kind is Kind.MULTIPLE else None
    if tap.act is Act.DATE:
        day = read_value(kind, tap.day or "", today=play.today) if kind is Kind.DATE else None
        return None if day is None else Given(value=day)
    return Given((tap.choice_key or "",)) if kind is Kind.SINGLE else None


def _toggle(running: Running, tap: Tap, play: Play) -> Said:
    """Add or remove one of several choices; a repeated tap does it once."""
    question, attempt = running.question, running.attempt
    choice = question.choice(tap.choice_key or "")
    if choice is None or question.kind is not Kind.MULTIPLE:
        return refused(running, Reason.NOT_A_CHOICE)
    is_there, adds = choice.key in attempt.chosen, tap.act is Act.ADD
    if is_there == adds:
        return again(running, [(words.ALREADY_CHOSEN if adds else words.NOT_CHOSEN) % {"choice": choice.text}])
    if adds and len(attempt.chosen) >= most_choices(question):
        return refused(running, Reason.TOO_MANY)
    attempt.chosen = [key for key in attempt.chosen if key != choice.key] + ([choice.key] if adds else [])
    attempt.asked_at, attempt.place = play.now, play.place
    return again(running, [_chosen(running)])


def _chosen(running: Running) -> str:
    wanted = set(running.attempt.chosen)
    texts = [choice.text for choice in running.question.choices if choice.key in wanted]
    return words.CHOSEN % {"chosen": "、".join(texts)} if texts else words.NOTHING_CHOSEN
