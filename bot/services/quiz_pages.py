"""A quiz as a page plays it: the same attempts, steps and refusals as in the chat."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.rules.quizzes import Given, Kind, Question, Result, StepRefusedError, most_choices, read_value, words
from bot.services import quiz_answers, quiz_sayings, quiz_starts
from bot.services.plays import Play
from bot.services.quiz_starts import Running, refusal
from bot.services.quiz_states import AnswerRefusedError, PageState, PublicChoice, PublicQuestion, Reason, ShownResult
from models import AttemptState, Friend


def open_page(session: Session, quiz_code: str, friend: Friend, play: Play) -> PageState:
    """Begin a quiz on its page, or go on where this friend (whose row is locked) stopped.

    Raises AnswerRefusedError where that is not possible.
    """
    quiz = quiz_starts.get_by_code(session, quiz_code)
    running, is_resumed = quiz_starts.begin(session, quiz, friend, play)
    return replace(_state(running), is_resumed=is_resumed)


def answer_page(
    session: Session,
    attempt_key: str,
    step: int,
    question_key: str,
    given: Sequence[str] | str | None,
    friend: Friend,
    play: Play,
) -> PageState:
    """Answer the open question: with keys of choices, with a text, or with nothing to skip it.

    Raises AnswerRefusedError and changes nothing if the attempt, step, question or answer do not fit.
    """
    running = quiz_starts.get_mine(session, attempt_key, friend, play)
    attempt = running.attempt
    if step < attempt.step:
        raise refusal(Reason.ALREADY_ANSWERED)
    if step > attempt.step or question_key != attempt.question_key:
        raise refusal(Reason.NOT_THIS_QUESTION)
    answer = _given(running.question, given, play)
    try:
        recorded = quiz_answers.record(
            session, running.quiz, attempt, running.sheet, question_key, answer, friend, play
        )
    except StepRefusedError as refused:
        most = most_choices(refused.question) if refused.question else 0
        raise refusal(Reason(refused.refusal.value), most=most) from refused
    explained = quiz_sayings.explanation(recorded.step)
    if attempt.state is AttemptState.RUNNING:
        return replace(_state(running), explanation=explained)
    return replace(ended(running, recorded.result, friend), explanation=explained)


def ended(running: Running, found: Result | None, friend: Friend) -> PageState:
    """Return a finished attempt with its result, as the page shows it."""
    attempt = running.attempt
    messages = quiz_sayings.result(running, found, friend)
    return PageState(
        running.quiz.name,
        attempt.key,
        attempt.state,
        attempt.step,
        number=attempt.step,
        at_most=attempt.step,
        is_resumed=False,
        result=ShownResult(found.key if found else None, found.name if found else None, attempt.score, messages),
    )


def _given(question: Question, given: Sequence[str] | str | None, play: Play) -> Given:
    if given is None or given == "":
        return Given()
    if not isinstance(given, str):
        return Given(tuple(given))
    if question.has_choices:
        return Given((given,))
    if question.kind is Kind.PICTURE:
        raise refusal(Reason.ONLY_IN_CHAT)
    value = read_value(question.kind, given, today=play.today)
    if value is None:
        raise AnswerRefusedError(Reason.NOT_UNDERSTOOD, words.NOT_UNDERSTOOD[question.kind])
    return Given(value=value)


def _state(running: Running) -> PageState:
    attempt = running.attempt
    number, at_most = quiz_sayings.progress(running)
    return PageState(
        running.quiz.name,
        attempt.key,
        attempt.state,
        attempt.step,
        number=number,
        at_most=at_most,
        is_resumed=False,
        question=_public(running.question),
    )


def _public(question: Question) -> PublicQuestion:
    return PublicQuestion(
        key=question.key,
        kind=question.kind.value,
        text=question.text,
        required=question.required,
        picture_url=question.picture_url,
        most=question.most,
        choices=[PublicChoice(choice.key, choice.text, choice.picture_url) for choice in question.choices],
    )
