"""Logins: who is in, since when, and what keeps guessers out."""

import functools
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import BotError
from bot.services import audit
from bot.services.audit import Actor
from bot.services.staff import MOST_PASSWORD, hash_password, is_password
from models import ActorKind, Staff, StaffSession

LASTS = timedelta(hours=12)  # after the last request
SLIDES_EVERY = timedelta(minutes=1)
WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)


class LoginRefusedError(BotError):
    """Wrong name, wrong password, locked or disabled: one sentence for all of them."""

    def __init__(self) -> None:
        super().__init__("名稱或密碼不正確。連續輸入錯誤時，帳號會暫時鎖定 15 分鐘。")


@dataclass(frozen=True)
class Visitor:
    """Where a login comes from."""

    address: str | None
    browser: str | None


def log_in(db: Database, *, name: str, password: str, visitor: Visitor, now: datetime) -> str:
    """Open a session and return its token, which only the cookie keeps. Raises LoginRefusedError.

    The attempt is counted before the password is looked at, so that guesses made at the
    same moment count as well.
    """
    with db.begin() as session:
        staff_id, password_hash = _count_attempt(session, name.strip(), now)
    is_right = is_password(password_hash, password[:MOST_PASSWORD])
    if staff_id is None or not is_right:
        raise LoginRefusedError
    with db.begin() as session:
        person = session.get_one(Staff, staff_id)
        person.failed_logins, person.locked_until, person.last_login_at = 0, None, now
        audit.record(session, actor_for(person), "login", "staff", person.id, now=now)
        return _open(session, person, visitor, now)


def find_session(session: Session, token: str, *, now: datetime) -> StaffSession | None:
    """Return the live session behind a token of somebody who may still enter."""
    found = session.get(StaffSession, _hash(token))
    if found is None or found.expires_at <= now or found.staff.disabled_at is not None:
        return None
    return found


def is_to_slide(staff_session: StaffSession, *, now: datetime) -> bool:
    """Whether the end of a session is to be moved on."""
    return now - staff_session.last_seen_at >= SLIDES_EVERY


def slide(session: Session, staff_session: StaffSession, *, now: datetime) -> None:
    """Let a session live twelve hours from now."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == staff_session.token_hash)
        .values(last_seen_at=now, expires_at=now + LASTS)
    )


def log_out(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(token)))


def list_sessions(session: Session, staff_id: int, *, now: datetime) -> list[StaffSession]:
    """Return somebody's live logins, the newest first."""
    live = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.expires_at > now)
    return list(session.scalars(live.order_by(StaffSession.last_seen_at.desc())))


def remove_expired(session: Session, *, now: datetime) -> None:
    """Forget sessions that are over."""
    session.execute(delete(StaffSession).where(StaffSession.expires_at <= now))


def actor_for(person: Staff) -> Actor:
    """Return how the audit log names a person."""
    return Actor(ActorKind.STAFF, person.id, person.name)


def _count_attempt(session: Session, name: str, now: datetime) -> tuple[int | None, str]:
    """Return whom to let in if the password is right, and the hash to compare with."""
    person = session.scalar(select(Staff).where(Staff.name == name).with_for_update())
    if person is None or person.disabled_at is not None:
        return None, _nobodys_hash()
    if person.locked_until is not None and person.locked_until > now:
        return None, _nobodys_hash()
    person.failed_logins += 1
    if person.failed_logins >= WRONG_PASSWORDS:
        person.failed_logins, person.locked_until = 0, now + LOCKED_FOR
        audit.record(session, actor_for(person), "lock", "staff", person.id, now=now)
    return person.id, person.password_hash


@functools.cache
def _nobodys_hash() -> str:
    """A hash of nobody's password: an unknown name costs as much time as a known one."""
    return hash_password(secrets.token_hex())


def _open(session: Session, person: Staff, visitor: Visitor, now: datetime) -> str:
    remove_expired(session, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=_hash(token),
            staff_id=person.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LASTS,
            address=visitor.address,
            browser=(visitor.browser or "")[:200] or None,
        )
    )
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
