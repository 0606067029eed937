"""Who uses the admin: accounts, passwords, roles."""

import threading
from collections.abc import Sequence
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.services import audit
from bot.services.audit import Actor
from models import Role, Staff, StaffSession

LEAST_PASSWORD, MOST_PASSWORD = 10, 200
MOST_NAME = 60
HASHES_AT_ONCE = 2  # each takes 19 MB for some 30 ms

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)


def list_staff(session: Session) -> Sequence[Staff]:
    """Return everybody, owners first, the disabled last."""
    everybody = session.scalars(select(Staff).order_by(Staff.name)).all()
    order = list(Role)
    return sorted(everybody, key=lambda one: (one.disabled_at is not None, order.index(one.role), one.name))


def get_staff(session: Session, staff_id: int) -> Staff:
    """Return one person. Raises NotFoundError."""
    person = session.get(Staff, staff_id)
    if person is None:
        raise NotFoundError("找不到這位管理員。")
    return person


def create(session: Session, *, name: str, password: str, role: Role, by: Actor, now: datetime) -> Staff:
    """Add a person. Raises InvalidInputError for a name that is taken or a password that is too short."""
    name = name.strip()
    faults = [*_name_faults(session, name), *_password_faults(password)]
    if faults:
        raise InvalidInputError(faults)
    person = Staff(name=name, password_hash=hash_password(password), role=role, created_at=now, failed_logins=0)
    session.add(person)
    session.flush()
    audit.record(
        session, by, "create", "staff", person.id, now=now, changes={"name": [None, name], "role": [None, role]}
    )
    return person


def change_role(session: Session, staff_id: int, role: Role, *, by: Actor, now: datetime) -> Staff:
    """Give another role. Raises ConflictError if no owner would be left."""
    person = get_staff(session, staff_id)
    if person.role is role:
        return person
    if role is not Role.OWNER:
        _keep_an_owner(session, person)
    changes = audit.changed({"role": person.role}, {"role": role})
    person.role = role
    audit.record(session, by, "update", "staff", person.id, now=now, changes=changes)
    return person


def disable(session: Session, staff_id: int, *, by: Actor, now: datetime) -> Staff:
    """Shut somebody out, at once and everywhere. Raises ConflictError for the last owner."""
    person = get_staff(session, staff_id)
    if person.disabled_at is None:
        _keep_an_owner(session, person)
        person.disabled_at = now
        sign_out_everywhere(session, person.id)
        audit.record(session, by, "disable", "staff", person.id, now=now)
    return person


def enable(session: Session, staff_id: int, *, by: Actor, now: datetime) -> Staff:
    """Let somebody in again, also out of a lock."""
    person = get_staff(session, staff_id)
    person.disabled_at = person.locked_until = None
    person.failed_logins = 0
    audit.record(session, by, "enable", "staff", person.id, now=now)
    return person


def reset_password(session: Session, staff_id: int, password: str, *, by: Actor, now: datetime) -> Staff:
    """Give somebody a new password, end their logins and their lock. Raises InvalidInputError."""
    person = get_staff(session, staff_id)
    _set_password(session, person, password)
    person.failed_logins, person.locked_until = 0, None
    audit.record(session, by, "reset_password", "staff", person.id, now=now)
    return person


def change_password(session: Session, staff_id: int, *, current: str, new: str, by: Actor, now: datetime) -> None:
    """Change one's own password; every login ends. Raises InvalidInputError at `current` or `new`."""
    person = get_staff(session, staff_id)
    if not is_password(person.password_hash, current):
        raise InvalidInputError([FieldFault("current", "目前的密碼不正確。")])
    _set_password(session, person, new, field="new")
    audit.record(session, by, "change_password", "staff", person.id, now=now)


def set_language(session: Session, staff_id: int, language: str | None) -> None:
    """Choose the language of somebody's pages; None follows the browser."""
    get_staff(session, staff_id).language = language


def sign_out_everywhere(session: Session, staff_id: int) -> None:
    """End every login of one person."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


def hash_password(password: str) -> str:
    """Return the argon2 hash of a password."""
    with _hashing:
        return _hasher.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash; the cost stands in the hash."""
    with _hashing:
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _set_password(session: Session, person: Staff, password: str, *, field: str = "password") -> None:
    faults = _password_faults(password, field)
    if faults:
        raise InvalidInputError(faults)
    person.password_hash = hash_password(password)
    sign_out_everywhere(session, person.id)


def _name_faults(session: Session, name: str) -> list[FieldFault]:
    if not name:
        return [FieldFault("name", "請填寫名稱。")]
    if len(name) > MOST_NAME:
        return [FieldFault("name", "最多 %(most)s 個字。", (("most", MOST_NAME),))]
    if session.scalar(select(Staff.id).where(Staff.name == name)) is not None:
        return [FieldFault("name", "已經有這個名稱的管理員。")]
    return []


def _password_faults(password: str, field: str = "password") -> list[FieldFault]:
    if len(password) < LEAST_PASSWORD:
        return [FieldFault(field, "密碼至少要 %(least)s 個字。", (("least", LEAST_PASSWORD),))]
    if len(password) > MOST_PASSWORD:
        return [FieldFault(field, "最多 %(most)s 個字。", (("most", MOST_PASSWORD),))]
    return []


def _keep_an_owner(session: Session, leaving: Staff) -> None:
    """Refuse to lose the last owner; the owners' rows are locked, so that two cannot leave at once."""
    if leaving.role is not Role.OWNER or leaving.disabled_at is not None:
        return
    owners = select(Staff.id).where(Staff.role == Role.OWNER, Staff.disabled_at.is_(None)).with_for_update()
    if set(session.scalars(owners)) <= {leaving.id}:
        raise ConflictError("至少要保留一位擁有者。")


def count_staff(session: Session) -> int:
    """Return how many accounts there are."""
    return session.scalar(select(func.count()).select_from(Staff)) or 0
