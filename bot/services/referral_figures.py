"""What came of a referral programme: openings, arrivals, friends brought, refusals; by day and by inviter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services.reports import start_of
from models import Friend, Invitation, Referral, ReferralReason, ReferralState, RewardCause, RewardPromise

READ_AT_ONCE = 1_000
MOST_DAYS = 92


@dataclass(frozen=True)
class ProgramFigures:
    """What came of one programme so far."""

    links: int = 0
    opened: int = 0
    opened_without_login: int = 0
    not_told: int = 0
    arrived: int = 0  # people LINE told us of, each once for each invitation
    waiting: int = 0
    counted: int = 0
    refused: dict[ReferralReason, int] = field(default_factory=dict)
    promised: int = 0  # rewards


@dataclass(frozen=True)
class ReferralDay:
    """One day of the account's time zone."""

    on: date
    arrived: int
    counted: int


@dataclass(frozen=True)
class Inviter:
    """An invitation with its friend."""

    invitation: Invitation
    friend: Friend


def figures(session: Session, program_id: int) -> ProgramFigures:
    """Return the figures of one programme; a programme without any has zeros."""
    return figures_of(session, [program_id])[program_id]


def figures_of(session: Session, program_ids: list[int]) -> dict[int, ProgramFigures]:
    """Return the figures of some programmes."""
    opened, fates, promised = (
        _opened(session, program_ids),
        _fates(session, program_ids),
        _promised(session, program_ids),
    )
    found = {}
    for one in program_ids:
        links, openings, without_login, not_told = opened.get(one, (0, 0, 0, 0))
        fate = fates[one]
        refused = {reason: fate[reason] for reason in ReferralReason if reason in fate}
        found[one] = ProgramFigures(
            links=links,
            opened=openings,
            opened_without_login=without_login,
            not_told=not_told,
            arrived=sum(fate.values()),
            waiting=fate.get(ReferralState.WAITING, 0),
            counted=fate.get(ReferralState.COUNTED, 0),
            refused=refused,
            promised=promised.get(one, 0),
        )
    return found


def _opened(session: Session, program_ids: list[int]) -> dict[int, tuple[int, int, int, int]]:
    """Return links, openings, those without LINE Login, and those LINE did not tell of."""
    query = select(
        Invitation.program_id,
        func.count(),
        func.sum(Invitation.opened),
        func.sum(Invitation.opened_without_login),
        func.sum(Invitation.not_told),
    ).where(Invitation.program_id.in_(program_ids))
    rows = session.execute(query.group_by(Invitation.program_id))
    return {program_id: (links, int(one), int(two), int(three)) for program_id, links, one, two, three in rows}


def _fates(session: Session, program_ids: list[int]) -> dict[int, dict[ReferralState | ReferralReason, int]]:
    """Return how many people had each fate: a reason for the refused, the state for the others."""
    query = select(Referral.program_id, Referral.state, Referral.reason, func.count()).where(
        Referral.program_id.in_(program_ids)
    )
    found: dict[int, dict[ReferralState | ReferralReason, int]] = {one: {} for one in program_ids}
    for program_id, state, reason, count in session.execute(
        query.group_by(Referral.program_id, Referral.state, Referral.reason)
    ):
        found[program_id][reason or state] = count
    return found


def _promised(session: Session, program_ids: list[int]) -> dict[int, int]:
    query = select(RewardPromise.cause_id, func.count()).where(
        RewardPromise.cause == RewardCause.REFERRAL, RewardPromise.cause_id.in_(program_ids)
    )
    return dict(session.execute(query.group_by(RewardPromise.cause_id)).all())


def days(session: Session, program_id: int, *, zone: ZoneInfo, last_on: date, count: int) -> list[ReferralDay]:
    """Return the figures of `count` days up to `last_on`, the oldest first."""
    ons = [last_on - timedelta(days=back) for back in reversed(range(min(count, MOST_DAYS)))]
    arrived = _by_day(session, program_id, Referral.arrived_at, ons, zone)
    counted = _by_day(session, program_id, Referral.counted_at, ons, zone)
    return [ReferralDay(on, arrived.get(on, 0), counted.get(on, 0)) for on in ons]


def _by_day(
    session: Session,
    program_id: int,
    at: InstrumentedAttribute[Any],
    ons: list[date],
    zone: ZoneInfo,
) -> dict[date, int]:
    """Count by day in one statement: one filter for each day over the rows of them all."""
    starts = [start_of(on, zone) for on in [*ons, ons[-1] + timedelta(days=1)]]
    counts = [func.count().filter(and_(at >= start, at < stop)) for start, stop in pairwise(starts)]
    within = select(*counts).where(Referral.program_id == program_id, at >= starts[0], at < starts[-1])
    row = session.execute(within).one()
    return dict(zip(ons, (int(one) for one in row), strict=True))


def best_inviters(session: Session, program_id: int, *, limit: int = 10) -> list[Inviter]:
    """Return who brought most, the earliest link first among equals; nobody who brought none."""
    query = _inviters(program_id).where(Invitation.brought > 0)
    rows = session.execute(query.order_by(Invitation.brought.desc(), Invitation.id).limit(limit))
    return [Inviter(invitation, friend) for invitation, friend in rows]


def page(session: Session, program_id: int, *, limit: int, after: int = 0) -> list[Inviter]:
    """Return up to `limit` invitations whose id is greater than `after`, oldest first."""
    query = _inviters(program_id).where(Invitation.id > after)
    return [Inviter(*row) for row in session.execute(query.order_by(Invitation.id).limit(limit))]


def all_inviters(session: Session, program_id: int) -> Iterator[Inviter]:
    """Yield every invitation of a programme, a slice in memory at a time."""
    after = 0
    while found := page(session, program_id, limit=READ_AT_ONCE, after=after):
        yield from found
        after = found[-1].invitation.id
        session.expunge_all()


def all_referrals(session: Session, program_id: int) -> Iterator[Referral]:
    """Yield everybody who came by an invitation of a programme, in the order of coming."""
    at: datetime | None = None
    last = 0
    while True:
        query = select(Referral).where(Referral.program_id == program_id)
        if at is not None:
            query = query.where(or_(Referral.arrived_at > at, and_(Referral.arrived_at == at, Referral.id > last)))
        found = list(session.scalars(query.order_by(Referral.arrived_at, Referral.id).limit(READ_AT_ONCE)))
        yield from found
        if len(found) < READ_AT_ONCE:
            return
        at, last = found[-1].arrived_at, found[-1].id
        session.expunge_all()


def _inviters(program_id: int) -> Select[Invitation, Friend]:
    query = select(Invitation, Friend).join(Friend, Friend.id == Invitation.friend_id)
    return query.where(Invitation.program_id == program_id)
