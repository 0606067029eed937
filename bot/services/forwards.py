"""The raw webhook passed on to a second tool, signed as LINE signed it, from a row, with retries."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.claims import claim, is_in
from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.forwarding import ForwardingGateway
from models import Account, ForwardedWebhook, ForwardState

logger = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(seconds=45)  # a third of it, and the last call, are well within
PAUSE = timedelta(seconds=5)
LONGEST_REST = timedelta(seconds=30)  # of those behind one that failed, however long that one pauses
MOST_ATTEMPTS = 12  # the last about six hours after the first


def send_due(db: Database, gateway: ForwardingGateway, *, now: Callable[[], datetime]) -> int:
    """Pass on what is due, in the order it came, for as long as the second tool is there. Returns how many were tried.

    Whatever a tool that is down, or a lease that runs low, leaves over is handed back as if it had never been taken.
    """
    until = now() + LEASE / 3
    with db.begin() as session:
        account = session.get_one(Account, 1)
        url = account.forward_url if account.forward_enabled else None
        due = _claim(session, now()) if url else []
    for tried, forward in enumerate(due, 1):
        again_at = _send(db, gateway, str(url), forward, now)
        if again_at is not None or now() >= until:
            rest_until = now() if again_at is None else min(again_at, now() + LONGEST_REST)
            _hand_back(db, due[tried:], rest_until)
            return tried
    return len(due)


def _claim(session: Session, now: datetime) -> Sequence[ForwardedWebhook]:
    waiting = is_in(ForwardedWebhook.state, ForwardState.DUE)
    more = {"attempts": ForwardedWebhook.attempts + 1}
    due = ForwardedWebhook.due_at
    return claim(session, ForwardedWebhook, due, waiting, limit=BATCH, now=now, lease=LEASE, also=more)


def _send(
    db: Database, gateway: ForwardingGateway, url: str, forward: ForwardedWebhook, now: Callable[[], datetime]
) -> datetime | None:
    """Pass one on. Returns when it is tried again if the tool is down, None if the tool can take the next one."""
    error, is_down = None, False
    try:
        gateway.forward(url, forward.body, signature=forward.signature)
    except GatewayError as failure:
        error, is_down = str(failure), not isinstance(failure, GatewayRefusedError)
        logger.warning("forward %s not taken, attempt %s", forward.id, forward.attempts)
    moment = now()
    again_at = moment + PAUSE * 2**forward.attempts
    _write(db, forward, error, moment, again_at)
    return again_at if is_down else None


def _write(db: Database, forward: ForwardedWebhook, error: str | None, now: datetime, again_at: datetime) -> None:
    changes: dict[str, object] = {"state": ForwardState.SENT, "error": None, "body": b""}
    if error is not None:
        given_up = forward.attempts >= MOST_ATTEMPTS
        changes = {
            "state": ForwardState.FAILED if given_up else ForwardState.DUE,
            "error": error,
            "due_at": now if given_up else again_at,
        }
    with db.begin() as session:
        session.execute(
            update(ForwardedWebhook)
            .where(
                ForwardedWebhook.id == forward.id,
                ForwardedWebhook.state == ForwardState.DUE,
                ForwardedWebhook.attempts == forward.attempts,
            )
            .values(changes),
            execution_options={"synchronize_session": False},
        )


def _hand_back(db: Database, rest: Sequence[ForwardedWebhook], due_at: datetime) -> None:
    """Give back what was not tried: behind the one that failed, which has the lower number."""
    if not rest:
        return
    with db.begin() as session:
        session.execute(
            update(ForwardedWebhook)
            .where(
                ForwardedWebhook.id.in_([forward.id for forward in rest]),
                ForwardedWebhook.state == ForwardState.DUE,
                ForwardedWebhook.due_at == rest[0].due_at,  # the end of our lease: nobody took them over since
            )
            .values(due_at=due_at, attempts=ForwardedWebhook.attempts - 1),
            execution_options={"synchronize_session": False},
        )
