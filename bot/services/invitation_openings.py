"""Invitations that are opened: the link is looked up, the opening counted, the visitor sent through LINE Login."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.rules.link_previews import is_preview
from bot.rules.personal_links import unseal
from bot.services import login_trips, referral_arrivals, referrals
from bot.services.login_trips import Trip, Visitor
from bot.services.plays import Play
from models import Invitation, ReferralProgram

GOAL = "invitation:"  # of a trip, before the invitation's id


@dataclass(frozen=True)
class Opened:
    """The invitation behind a link, and its programme."""

    invitation: Invitation
    program: ReferralProgram
    is_on: bool  # counts at this moment


def find_opened(session: Session, sealed: str, play: Play) -> Opened | None:
    """Return the invitation behind what stands in a link; None for one that is forged, altered or gone."""
    code = unseal(sealed, play.link_key)
    if code is None:
        return None
    query = select(Invitation, ReferralProgram).join(ReferralProgram, ReferralProgram.id == Invitation.program_id)
    row = session.execute(query.where(Invitation.code == code)).one_or_none()
    if row is None:
        return None
    invitation, program = row
    return Opened(invitation, program, referrals.period_of(program).holds(play.now))


def is_counted(*, user_agent: str) -> bool:
    """Whether an opening counts: by a person, not by a preview."""
    return not is_preview(user_agent)


def note_opening(session: Session, invitation: Invitation, *, has_login: bool) -> None:
    """Count one opening; without LINE Login nobody will ever know who it was."""
    values: dict[Any, Any] = {Invitation.opened: Invitation.opened + 1}
    if not has_login:
        values[Invitation.opened_without_login] = Invitation.opened_without_login + 1
    session.execute(update(Invitation).where(Invitation.id == invitation.id).values(values))


def set_out(invitation: Invitation, *, now: datetime) -> Trip:
    """Begin a trip from an invitation through LINE Login."""
    return login_trips.set_out(f"{GOAL}{invitation.id}", now=now)


def is_of_invitation(trip: Trip) -> bool:
    """Whether a trip began at an invitation."""
    return trip.goal.startswith(GOAL)


def arrive(session: Session, trip: Trip, visitor: Visitor, *, now: datetime) -> None:
    """Keep who came by an invitation; see `referral_arrivals.record`."""
    referral_arrivals.record(session, _id_of(trip), visitor, opened_at=trip.opened_at, now=now)


def note_nobody(session: Session, trip: Trip) -> None:
    """Count a login that was cancelled or failed: somebody opened the link, LINE did not tell who."""
    more = {Invitation.not_told: Invitation.not_told + 1}
    session.execute(update(Invitation).where(Invitation.id == _id_of(trip)).values(more))


def _id_of(trip: Trip) -> int:
    return int(trip.goal.removeprefix(GOAL))
