"""Saying what was stored: by reply token, free, once."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import metrics
from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.line import LineGateway, ReplyTokenError
from bot.services import chats, inbox
from bot.services.inbox import DueAnswer, Outcome
from models import AnswerKind, AnswerState

logger = logging.getLogger(__name__)

PAUSE = timedelta(seconds=1)
LONG = timedelta(seconds=2)  # whoever waits longer sees the loading animation
MOST_LEAVE_ATTEMPTS = 8
BATCH = 100
PARALLEL = 25  # a jobs process that takes over has one minute for everybody


def say(line: LineGateway, answer: DueAnswer, *, now: datetime) -> Outcome:
    """Do at LINE what an event led to, and return what became of it. Touches no table.

    A reply token serves once: when an earlier attempt may have got through, "invalid" means answered.
    """
    if answer.kind is AnswerKind.REPLY and not inbox.reply_token_lives(answer.received_at, now):
        return _outcome(answer, AnswerState.EXPIRED, now, error="回覆權杖已過期")
    try:
        request_id = _act(line, answer)
    except ReplyTokenError as refusal:
        if answer.attempts:
            return _outcome(answer, AnswerState.SENT, now)
        return _outcome(answer, AnswerState.REFUSED, now, error=str(refusal))
    except GatewayRefusedError as refusal:
        logger.warning("event %s: LINE refused the answer with %s", answer.event_id, refusal.status)
        return _outcome(answer, AnswerState.REFUSED, now, error=str(refusal))
    except GatewayError as failure:
        return _later(answer, failure, now)
    return _outcome(answer, AnswerState.SENT, now, request_id=request_id)


def _act(line: LineGateway, answer: DueAnswer) -> str | None:
    if answer.kind is AnswerKind.LEAVE:
        source = answer.payload["source"]
        kind = str(source["type"])
        return line.leave(kind, str(source[f"{kind}Id"])).request_id
    return line.reply(str(answer.payload["replyToken"]), answer.content).request_id


def _later(answer: DueAnswer, failure: GatewayError, now: datetime) -> Outcome:
    if answer.kind is AnswerKind.LEAVE and answer.attempts >= MOST_LEAVE_ATTEMPTS:
        return _outcome(answer, AnswerState.REFUSED, now, error=str(failure))
    logger.warning("event %s: answer not confirmed, will be tried again", answer.event_id)
    again_at = now + PAUSE * min(2**answer.attempts, 8)
    return Outcome(answer.event_id, answer.attempts, AnswerState.DUE, now, error=str(failure), again_at=again_at)


def _outcome(
    answer: DueAnswer, state: AnswerState, now: datetime, *, request_id: str | None = None, error: str | None = None
) -> Outcome:
    return Outcome(answer.event_id, answer.attempts, state, now, line_request_id=request_id, error=error)


def write(session: Session, outcomes: Sequence[Outcome]) -> list[bool]:
    """Write outcomes on events and chat lines; one result for each, for the writer that commits them together."""
    outcomes = sorted(outcomes, key=lambda outcome: outcome.event_id)  # one order for everybody
    inbox.write_outcomes(session, outcomes)
    final = [outcome for outcome in outcomes if not outcome.again_at]
    for outcome in final:
        metrics.answer_ended(outcome.state.value)
    chats.settle(
        session,
        {outcome.event_id: outcome.state for outcome in final},
        {outcome.event_id: outcome.error for outcome in final},
    )
    return [True] * len(outcomes)


def show_waiting(line: LineGateway, answer: DueAnswer, *, now: datetime) -> None:
    """Show whoever asked a while ago that an answer is on its way. Never fails, and waits for LINE only briefly."""
    line_user_id = answer.payload.get("source", {}).get("userId")
    if answer.kind is not AnswerKind.REPLY or not line_user_id:
        return
    if now - answer.received_at < LONG or not inbox.reply_token_lives(answer.received_at, now):
        return
    try:
        line.start_loading(str(line_user_id))
    except GatewayError:
        logger.info("event %s: no loading animation", answer.event_id)


def say_all(line: LineGateway, answers: Sequence[DueAnswer], *, now: Callable[[], datetime]) -> list[Outcome]:
    """Say several answers, side by side for different people and in order for each."""
    by_person: dict[str, list[DueAnswer]] = {}
    for answer in answers:
        by_person.setdefault(str(answer.payload.get("source")), []).append(answer)
    if not by_person:
        return []
    with ThreadPoolExecutor(min(PARALLEL, len(by_person))) as pool:
        said = pool.map(lambda turns: [_say_late(line, answer, now) for answer in turns], by_person.values())
        return [outcome for outcomes in said for outcome in outcomes]


def _say_late(line: LineGateway, answer: DueAnswer, now: Callable[[], datetime]) -> Outcome:
    show_waiting(line, answer, now=now())
    return say(line, answer, now=now())


def say_due(db: Database, line: LineGateway, *, now: Callable[[], datetime]) -> int:
    """Say what a crash or a failure left unsaid, while its token lives. Returns how many were looked at."""
    with db.begin() as session:
        answers = inbox.claim_due_answers(session, limit=BATCH, now=now())
    outcomes = say_all(line, answers, now=now)
    if outcomes:
        with db.begin() as session:
            write(session, outcomes)
    return len(answers)
