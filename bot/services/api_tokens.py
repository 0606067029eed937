"""Keys of other systems: made, shown once, found by their hash, taken back."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError, NotFoundError
from bot.services import audit
from bot.services.audit import Actor
from models import ApiToken, Role

PREFIX = "yanglai_"  # so that a leaked token can be told by scanners
RANDOM_BYTES = 32
LONGEST_TOKEN = 200
LONGEST_NAME = 60
USE_IS_NOTED_EVERY = timedelta(minutes=1)
HINT_LENGTH = 4
BIGGEST_ID = 2**31 - 1


def create(session: Session, name: str, role: Role, *, by: Actor, now: datetime) -> tuple[ApiToken, str]:
    """Make a token; return the row and the token itself, which nobody can read again. Raises InvalidInputError."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInputError([FieldFault("name", "請填寫名稱，最多 %(most)s 個字。", (("most", LONGEST_NAME),))])
    plain = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken(name=name, role=role, token_hash=_hash(plain), hint=plain[-HINT_LENGTH:], created_at=now)
    session.add(token)
    session.flush()
    changes = {"name": [None, name], "role": [None, role.value]}
    audit.record(session, by, "create", "api_token", token.id, now=now, changes=changes)
    return token, plain


def list_tokens(session: Session) -> list[ApiToken]:
    """Return every token ever made, the newest first."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.id.desc())))


def revoke(session: Session, token_id: int, *, by: Actor, now: datetime) -> ApiToken:
    """Take a token back at once; repeating changes nothing. Raises NotFoundError."""
    query = select(ApiToken).where(ApiToken.id == token_id).with_for_update()
    token = session.scalar(query) if 0 < token_id <= BIGGEST_ID else None
    if token is None:
        raise NotFoundError("找不到這個 API 金鑰。")
    if token.revoked_at is None:
        token.revoked_at = now
        changes = {"revoked_at": [None, now.isoformat()]}
        audit.record(session, by, "revoke", "api_token", token.id, now=now, changes=changes)
        session.flush()
    return token


def find_by_plain(session: Session, plain: str) -> ApiToken | None:
    """Return the token in force behind what a caller showed, or None.

    What is compared is a hash of 256 random bits: how long the look-up takes tells nothing of the token.
    """
    if not plain.isascii() or len(plain) > LONGEST_TOKEN:
        return None
    return session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(plain), ApiToken.revoked_at.is_(None)))


def use_is_due(token: ApiToken, now: datetime) -> bool:
    """Whether the last noted use is long enough ago to note another."""
    return token.last_used_at is None or token.last_used_at <= now - USE_IS_NOTED_EVERY


def note_use(session: Session, token_id: int, *, now: datetime) -> None:
    """Note that a token was used, at most once a minute whoever asks."""
    is_due = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - USE_IS_NOTED_EVERY)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, is_due).values(last_used_at=now))


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode("ascii")).hexdigest()
