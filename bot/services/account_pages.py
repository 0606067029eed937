"""The account's pages at LINE; its basic id is asked for once and then remembered."""

import logging

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import GatewayError
from bot.gateways.line import LineGateway
from bot.rules.line_pages import AccountPages, pages_of
from models import Account

__all__ = ["AccountPages", "find_pages", "learn_pages"]

logger = logging.getLogger(__name__)

ACCOUNT_ID = 1


def find_pages(session: Session, *, api_base: str) -> AccountPages | None:
    """Return the account's pages; None while its basic id is not known."""
    basic_id = session.get_one(Account, ACCOUNT_ID).basic_id
    return pages_of(basic_id, api_base=api_base) if basic_id else None


def learn_pages(db: Database, line: LineGateway, *, api_base: str) -> AccountPages | None:
    """Return the account's pages, asking LINE for the basic id if need be; None if LINE does not answer."""
    with db() as session:
        pages = find_pages(session, api_base=api_base)
    if pages is not None:
        return pages

    try:
        told = line.get_bot_info()
    except GatewayError as failure:
        logger.warning("the account's basic id is not known yet: %s", failure)
        return None
    basic_id = told.get("basicId")
    if not isinstance(basic_id, str) or not basic_id:
        logger.warning("LINE told no basic id of the account")
        return None

    named = {"basic_id": basic_id, "bot_user_id": told.get("userId"), "display_name": told.get("displayName")}
    with db.begin() as session:
        session.execute(update(Account).where(Account.id == ACCOUNT_ID, Account.basic_id.is_(None)).values(**named))
    return pages_of(basic_id, api_base=api_base)
