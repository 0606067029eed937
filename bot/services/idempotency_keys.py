"""Requests that must take effect once, however often they are sent: their key, and the answer to repeat."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from models import IdempotencyKey

LIFE = timedelta(hours=24)

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")


def try_lock(session: Session, api_token_id: int, path: str, key: str) -> bool:
    """Take a key until this transaction ends; False while another transaction has it.

    SQLite has one writer: whoever got so far is alone already.
    """
    if session.get_bind().dialect.name == "sqlite":
        return True
    digest = hashlib.sha256(f"{api_token_id} {path} {key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    return bool(session.scalar(_TRY_LOCK, {"number": number}))


def find(session: Session, api_token_id: int, path: str, key: str, *, now: datetime) -> IdempotencyKey | None:
    """Return the request made under this key in the last 24 hours; an older one is forgotten."""
    found = session.get(IdempotencyKey, (api_token_id, path, key))
    if found is not None and found.created_at <= now - LIFE:
        session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.api_token_id == api_token_id, IdempotencyKey.path == path, IdempotencyKey.key == key
            )
        )
        session.expunge(found)
        return None
    return found


def keep(
    session: Session,
    api_token_id: int,
    path: str,
    key: str,
    *,
    body_hash: str,
    status: int,
    content_type: str,
    answer: bytes,
    now: datetime,
) -> None:
    """Note what was answered, in the transaction of the effect."""
    session.add(
        IdempotencyKey(
            api_token_id=api_token_id,
            path=path,
            key=key,
            body_hash=body_hash,
            created_at=now,
            status=status,
            content_type=content_type,
            answer=answer,
        )
    )
    session.flush()
