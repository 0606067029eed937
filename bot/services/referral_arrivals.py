"""Who came by an invitation, as LINE Login told: kept until the follow decides, and forgotten if none comes."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.rules.referrals import Coming, Past, Verdict, judge, opened_again
from bot.services import friends, referral_counts, referrals
from bot.services.login_trips import Visitor
from models import Friend, FriendState, Invitation, Referral, ReferralProgram, ReferralReason, ReferralState

SLICE = 500
KEPT = timedelta(days=7)  # events may be handled late; nobody needs to know of strangers for longer


def record(session: Session, invitation_id: int, visitor: Visitor, *, opened_at: datetime, now: datetime) -> None:
    """Keep that somebody came by an invitation opened at this moment, and count if the follow is known already.

    A repeat changes nothing but the time until which the follow may come. An invitation that is gone is passed over.
    """
    invitation = session.get(Invitation, invitation_id)
    if invitation is None:
        return
    query = select(Friend).where(Friend.line_user_id == visitor.line_user_id).with_for_update(key_share=True)
    friend = session.scalar(query)
    coming = Coming(
        opened_at=opened_at,
        last_opened_at=opened_at,
        is_own=friend is not None and friend.id == invitation.friend_id,
        was_friend=_was_friend(visitor, friend, opened_at),
    )
    if visitor.is_friend:
        friend = friends.prove_by_login(session, visitor.line_user_id, is_friend=True, at=now, now=now)
    verdict = judge(coming, Past(), referrals.period_of(session.get_one(ReferralProgram, invitation.program_id)))
    if not _insert(session, invitation, visitor.line_user_id, verdict, opened_at=opened_at, now=now):
        _open_again(session, invitation, visitor.line_user_id, verdict, opened_at)
    if friend is not None:
        referral_counts.decide(session, [friend.line_user_id], now=now)


def _was_friend(visitor: Visitor, friend: Friend | None, opened_at: datetime) -> bool:
    """Whether LINE Login or our roster knew a friend from before the opening."""
    if visitor.is_friend and visitor.has_changed is not True:
        return True
    is_known = friend is not None and friend.state is FriendState.FOLLOWING
    return is_known and friend is not None and friend.state_at is not None and friend.state_at < opened_at


def _insert(
    session: Session,
    invitation: Invitation,
    line_user_id: str,
    verdict: Verdict,
    *,
    opened_at: datetime,
    now: datetime,
) -> bool:
    """Keep an arrival; False if this person came by this invitation before."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Referral).values(
        program_id=invitation.program_id,
        invitation_id=invitation.id,
        line_user_id=line_user_id,
        state=verdict.state,
        reason=verdict.reason,
        opened_at=opened_at,
        last_opened_at=opened_at,
        arrived_at=now,
    )
    return session.scalar(row.on_conflict_do_nothing().returning(Referral.id)) is not None


def _open_again(
    session: Session, invitation: Invitation, line_user_id: str, verdict: Verdict, opened_at: datetime
) -> None:
    """Let the follow come later, for somebody who waits and was no friend this time either."""
    for row in referral_counts.lock_waiting(session, [line_user_id]):
        if row.invitation_id == invitation.id and verdict.state is ReferralState.WAITING:
            row.opened_at, row.last_opened_at = opened_again(row.opened_at, row.last_opened_at, opened_at)
    session.flush()


def settle(db: Database, *, now: datetime) -> int:
    """Decide about whoever waits though the follow is known, and forget strangers; returns how many ended.

    A follow and an arrival that are stored in the same moment may not see each other: nobody waits for long.
    """
    followed = (
        select(Referral.line_user_id)
        .join(Friend, Friend.line_user_id == Referral.line_user_id)
        .where(Referral.state == ReferralState.WAITING, Friend.first_followed_at.is_not(None))
        .distinct()
        .limit(SLICE)
    )
    ended = 0
    while True:
        with db() as session:
            people = [who for who in session.scalars(followed) if who is not None]
        if not people:
            return ended + _forget_strangers(db, now)
        with db.begin() as session:
            friends.lock(session, people, now=now)
            referral_counts.decide(session, people, now=now)
        ended += len(people)


def _forget_strangers(db: Database, now: datetime) -> int:
    """Whoever did not follow within a week is only a number from then on."""
    gone = 0
    old = select(Referral.id).where(Referral.state == ReferralState.WAITING, Referral.last_opened_at < now - KEPT)
    some = old.order_by(Referral.last_opened_at).limit(SLICE).with_for_update(skip_locked=True)
    values = {"state": ReferralState.REFUSED, "reason": ReferralReason.NOT_JOINED, "line_user_id": None}
    while True:
        with db.begin() as session:
            ids = list(session.scalars(some))
            session.execute(update(Referral).where(Referral.id.in_(ids)).values(values))
        gone += len(ids)
        if len(ids) < SLICE:
            return gone
