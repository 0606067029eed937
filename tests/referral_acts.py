"""What friends and strangers do with invitations, at the services' doors."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import friends, invitations, referral_arrivals, referrals
from bot.services.audit import OPERATOR
from bot.services.login_trips import Visitor
from bot.services.referrals import ProgramContent
from models import Friend, Invitation, Referral, ReferralProgram
from tests.conftest import NOW
from tests.factories import later, make_friend


def make_program(db: Database, **choices: Any) -> ReferralProgram:
    """A programme that always counts."""
    with db.begin() as session:
        return referrals.create(session, ProgramContent(**({"name": "好友邀請"} | choices)), by=OPERATOR, now=NOW)


def invite(db: Database, program: ReferralProgram, inviter: Friend | None = None) -> Invitation:
    """A friend's personal link; the friend's own name is in `line_user_id` of their row."""
    with db.begin() as session:
        inviter = inviter or make_friend(session, first_followed_at=later(days=-30), state_at=later(days=-30))
        return invitations.find_or_make(session, program, inviter, now=NOW)


def arrive(
    db: Database,
    invitation: Invitation,
    who: str,
    *,
    opened_at: datetime = NOW,
    at: datetime | None = None,
    is_friend: bool | None = False,
    has_changed: bool | None = None,
) -> None:
    """Somebody comes back from LINE Login."""
    with db.begin() as session:
        visitor = Visitor(who, is_friend, has_changed)
        referral_arrivals.record(session, invitation.id, visitor, opened_at=opened_at, now=at or opened_at)


def follow(db: Database, *people: str, at: datetime, is_unblocked: bool = False) -> int:
    """Follow events of one batch, as the router takes them in; returns how many counted."""
    with db.begin() as session:
        for friend in friends.lock(session, people, now=at).values():
            friends.follow(session, friend, at=at, is_unblocked=is_unblocked, now=at)
        return invitations.count_follows(session, dict.fromkeys(people, at), now=at)


def unfollow(db: Database, who: str, *, at: datetime) -> None:
    """An unfollow event."""
    with db.begin() as session:
        friends.unfollow(session, friends.lock(session, [who], now=at)[who], at=at)


def brought(db: Database, invitation: Invitation) -> int:
    """How many an invitation brought."""
    with db() as session:
        return session.scalars(select(Invitation.brought).where(Invitation.id == invitation.id)).one()


def fates(db: Database, who: str) -> list[tuple[int, str, str | None]]:
    """What became of one person: invitation, state, reason."""
    with db() as session:
        rows = session.scalars(select(Referral).where(Referral.line_user_id == who).order_by(Referral.id))
        return [(row.invitation_id, row.state.value, row.reason and row.reason.value) for row in rows]


def reload(session: Session, friend_id: int) -> Friend:
    """One friend's row."""
    return session.get_one(Friend, friend_id)
