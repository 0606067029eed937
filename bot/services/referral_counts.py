"""Whom an invitation brought: each person once for a programme, whatever comes first or twice."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.rules.referrals import COUNTED, Coming, Past, Verdict, judge, steps_reached
from bot.services import referrals, rewards, tags
from models import (
    Friend,
    FriendshipChange,
    FriendshipKind,
    FriendState,
    Invitation,
    Referral,
    ReferralProgram,
    ReferralReason,
    ReferralState,
    RewardCause,
    TagSource,
)

Came = list[tuple[Referral, Friend]]
SECOND = Verdict(ReferralState.REFUSED, ReferralReason.OTHER_INVITATION)


def count_follows(session: Session, follows: Mapping[str, datetime], *, now: datetime) -> int:
    """Decide about everybody of these who came by an invitation; returns how many counted.

    The friends' rows are locked by the caller, their rows and changes are already in the session.
    """
    return decide(session, follows, now=now) if follows else 0


def lock_waiting(session: Session, people: Collection[str]) -> list[Referral]:
    """Return the referrals of these people that are not decided, locked in one order for everybody."""
    query = select(Referral).where(Referral.line_user_id.in_(people), Referral.state == ReferralState.WAITING)
    locked = query.order_by(Referral.id).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))


def decide(session: Session, people: Collection[str], *, now: datetime) -> int:
    """Decide about these people's referrals as far as it is known, and thank; returns how many counted.

    The friends' rows are locked by the caller.
    """
    waiting = lock_waiting(session, people)
    if not waiting:
        return 0
    programs = {program.id: program for program in _programs(session, waiting)}
    came = _judge_all(session, waiting, programs)
    for referral, _ in came:
        referral.counted_at = now
    session.flush()
    _count(session, came, programs, now=now)
    return len(came)


def _judge_all(session: Session, waiting: Sequence[Referral], programs: Mapping[int, ReferralProgram]) -> Came:
    """Give each referral its verdict; returns those that count. Of several the one opened first does."""
    names = {one.line_user_id for one in waiting}
    query = select(Friend).where(Friend.line_user_id.in_(names))
    people = {friend.line_user_id: friend for friend in session.scalars(query)}
    pasts, taken = _pasts(session, list(people.values())), _counted_before(session, waiting)
    came: Came = []
    for referral in sorted(waiting, key=lambda one: (one.opened_at, one.id)):
        friend = people.get(referral.line_user_id or "")
        if friend is None:
            continue
        coming = Coming(referral.opened_at, referral.last_opened_at)
        verdict = judge(coming, pasts[friend.id], referrals.period_of(programs[referral.program_id]))
        place = (referral.program_id, friend.id)
        if verdict == COUNTED and place in taken:
            verdict = SECOND
        elif verdict == COUNTED:
            taken.add(place)
            came.append((referral, friend))
        referral.state, referral.reason = verdict.state, verdict.reason
    return came


def _programs(session: Session, waiting: Sequence[Referral]) -> list[ReferralProgram]:
    wanted = {one.program_id for one in waiting}
    return list(session.scalars(select(ReferralProgram).where(ReferralProgram.id.in_(wanted))))


def _counted_before(session: Session, waiting: Sequence[Referral]) -> set[tuple[int, int]]:
    names = {one.line_user_id for one in waiting}
    query = select(Referral.program_id, Friend.id).join(Friend, Friend.line_user_id == Referral.line_user_id)
    counted = query.where(Referral.line_user_id.in_(names), Referral.state == ReferralState.COUNTED)
    return {(program_id, friend_id) for program_id, friend_id in session.execute(counted)}


def _pasts(session: Session, people: Sequence[Friend]) -> dict[int, Past]:
    """Return what is known of each person's friendship, whichever way it came to us."""
    turns: dict[int, list[FriendshipChange]] = {friend.id: [] for friend in people}
    for turn in session.scalars(select(FriendshipChange).where(FriendshipChange.friend_id.in_(turns))):
        turns[turn.friend_id].append(turn)
    return {friend.id: _past(friend, turns[friend.id]) for friend in people}


def _past(friend: Friend, turns: Sequence[FriendshipChange]) -> Past:
    first = friend.first_followed_at
    is_returning = any(
        turn.is_returning for turn in turns if turn.kind is FriendshipKind.FOLLOWED and turn.happened_at == first
    )
    known = [turn.happened_at for turn in turns if turn.kind is not FriendshipKind.FOLLOWED]
    known += [friend.imported_at] if friend.imported_at else []
    known += [friend.state_at] if friend.state is FriendState.FOLLOWING and friend.state_at else []
    return Past(first, is_returning, min(known, default=None))


def _count(session: Session, came: Came, programs: Mapping[int, ReferralProgram], *, now: datetime) -> None:
    """Count for the invitations, in one order for everybody; put tags on both sides, promise what is reached."""
    for invitation_id, more in sorted(Counter(referral.invitation_id for referral, _ in came).items()):
        counted = update(Invitation).where(Invitation.id == invitation_id).values(brought=Invitation.brought + more)
        columns = (Invitation.program_id, Invitation.friend_id, Invitation.brought)
        program_id, inviter_id, brought = session.execute(counted.returning(*columns)).one()
        program = programs[program_id]
        _put(session, program, [inviter_id], program.inviter_tags, "inviter", now=now)
        for step in steps_reached(program.steps, brought):
            _reach(session, program, inviter_id, step, now=now)
    for program in programs.values():
        joined = [friend.id for referral, friend in came if referral.program_id == program.id]
        _put(session, program, joined, program.invited_tags, "invited", now=now)


def _reach(
    session: Session, program: ReferralProgram, inviter_id: int, step: Mapping[str, Any], *, now: datetime
) -> None:
    """Give what a step gives; what was promised before is not promised again."""
    _put(session, program, [inviter_id], step["tags"], f"step:{step['friends']}", now=now)
    if step["reward"]:
        rewards.promise(
            session,
            inviter_id,
            cause=RewardCause.REFERRAL,
            cause_id=program.id,
            cause_key=f"referral:{program.id}:{inviter_id}:{step['friends']}",
            reward=step["reward"],
            now=now,
        )


def _put(
    session: Session,
    program: ReferralProgram,
    people: Sequence[int],
    tag_ids: Sequence[int],
    detail: str,
    *,
    now: datetime,
) -> None:
    if people:
        tags.put(session, people, tag_ids, source=TagSource.REFERRAL, source_id=program.id, detail=detail, now=now)
