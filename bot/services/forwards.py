"""The raw webhook passed on to a second tool, signed as LINE signed it, from a row, with retries."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.claims import claim, is_in
from bot.database import Database
from bot.errors import GatewayError
from bot.gateways.forwarding import ForwardingGateway
from models import Account, ForwardedWebhook, ForwardState

logger = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=2)
PAUSE = timedelta(seconds=5)
MOST_ATTEMPTS = 12  # the last about six hours after the first


def send_due(db: Database, gateway: ForwardingGateway, *, now: Callable[[], datetime]) -> int:
    """Pass on what is due, in the order it came. Returns how many were looked at."""
    with db.begin() as session:
        account = session.get_one(Account, 1)
        url = account.forward_url if account.forward_enabled else None
        due = _claim(session, now()) if url else []
    for forward in due:
        error = None
        try:
            gateway.forward(str(url), forward.body, signature=forward.signature)
        except GatewayError as failure:
            error = str(failure)
            logger.warning("forward %s not taken, attempt %s", forward.id, forward.attempts)
        _write(db, forward, error, now())
    return len(due)


def _claim(session: Session, now: datetime) -> Sequence[ForwardedWebhook]:
    waiting = is_in(ForwardedWebhook.state, ForwardState.DUE)
    more = {"attempts": ForwardedWebhook.attempts + 1}
    due = ForwardedWebhook.due_at
    return claim(session, ForwardedWebhook, due, waiting, limit=BATCH, now=now, lease=LEASE, also=more)


def _write(db: Database, forward: ForwardedWebhook, error: str | None, now: datetime) -> None:
    changes: dict[str, object] = {"state": ForwardState.SENT, "error": None, "body": b""}
    if error is not None:
        given_up = forward.attempts >= MOST_ATTEMPTS
        changes = {
            "state": ForwardState.FAILED if given_up else ForwardState.DUE,
            "error": error,
            "due_at": now + PAUSE * 2**forward.attempts,
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
