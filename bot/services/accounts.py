"""What staff set for the whole account: one row, made at its first use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import FieldFault, InvalidInputError
from bot.services import audit
from bot.services.audit import Actor
from models import Account

ACCOUNT_ID = 1
MOST_DAYS = 3650
_CHANGEABLE = frozenset({"group_policy", "chat_days", "event_days", "forward_url", "forward_enabled"})


def get_account(session: Session) -> Account:
    """Return the account's row; where there is none yet, one with the values of the start, added to the session."""
    account = session.scalar(select(Account).where(Account.id == ACCOUNT_ID))
    if account is None:
        account = Account(id=ACCOUNT_ID)
        session.add(account)
        session.flush()
    return account


def change(session: Session, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Account:
    """Change settings. Raises InvalidInputError at the field that cannot be taken."""
    faults = _faults(changes)
    if faults:
        raise InvalidInputError(faults)
    account = get_account(session)
    differences = audit.changed({name: getattr(account, name) for name in changes}, changes)
    for name, value in changes.items():
        setattr(account, name, value)
    if differences:
        audit.record(session, by, "update", "account", account.id, now=now, changes=differences)
    return account


def is_held(db: Database) -> bool:
    """Whether nothing may leave, because the database was restored and nobody has let it go yet."""
    with db() as session:
        return session.scalar(select(Account.held_at).where(Account.id == ACCOUNT_ID)) is not None


def _faults(changes: Mapping[str, Any]) -> list[FieldFault]:
    faults = [FieldFault(name, "沒有這個設定。") for name in changes if name not in _CHANGEABLE]
    for name in ("chat_days", "event_days"):
        days = changes.get(name, 1)
        if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            faults.append(FieldFault(name, "請填 1 到 %(most)s 的天數。", (("most", MOST_DAYS),)))
    url = changes.get("forward_url")
    if url and not _is_web_address(url):
        faults.append(FieldFault("forward_url", "請填 https://（或 http://）開頭的網址。"))
    if changes.get("forward_enabled") and not url:
        faults.append(FieldFault("forward_url", "要轉送請先填網址。"))
    return faults


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
