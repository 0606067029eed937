"""Who counts as a friend brought by a friend: only somebody who truly was none before, and soon enough."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models import ReferralReason, ReferralState

WAIT = timedelta(hours=24)  # how long after an opening a follow may come of it


@dataclass(frozen=True)
class Period:
    """When a programme counts."""

    enabled: bool
    active_from: datetime | None
    active_until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether the programme is on at this moment; its end is outside."""
        has_begun = self.active_from is None or self.active_from <= at
        return self.enabled and has_begun and (self.active_until is None or at < self.active_until)


@dataclass(frozen=True)
class Coming:
    """How somebody came by one invitation."""

    opened_at: datetime
    last_opened_at: datetime  # no day went by between two openings since the first
    is_own: bool = False  # it was their own invitation
    was_friend: bool = False  # LINE Login found a friend who had not become one on its pages


@dataclass(frozen=True)
class Past:
    """What is known of the person's friendship."""

    first_followed_at: datetime | None = None  # the oldest follow event
    is_returning: bool = False  # that follow was LINE's "unblocked"
    known_since: datetime | None = None  # oldest evidence of any other kind that there is or was a friendship


@dataclass(frozen=True)
class Verdict:
    """Whether somebody counts for an invitation, as far as it is known."""

    state: ReferralState
    reason: ReferralReason | None = None


WAITING = Verdict(ReferralState.WAITING)
COUNTED = Verdict(ReferralState.COUNTED)


def judge(coming: Coming, past: Past, period: Period) -> Verdict:
    """Return whether this person counts, waits for the follow, or does not count and why.

    What it is told may come in any order: the same facts lead to the same verdict.
    """
    if coming.is_own:
        return _refused(ReferralReason.OWN_LINK)
    if coming.was_friend or _was_known_before(coming.opened_at, past):
        return _refused(ReferralReason.WAS_FRIEND)
    followed_at = past.first_followed_at
    if followed_at is None:
        return WAITING
    if past.is_returning:  # blocked once, so it knew the account before
        return _refused(ReferralReason.WAS_FRIEND)
    if followed_at - WAIT >= coming.last_opened_at:
        return _refused(ReferralReason.TOO_LATE)
    return COUNTED if period.holds(followed_at) else _refused(ReferralReason.OUTSIDE_PERIOD)


def _was_known_before(opened_at: datetime, past: Past) -> bool:
    return any(at is not None and at < opened_at for at in (past.first_followed_at, past.known_since))


def _refused(reason: ReferralReason) -> Verdict:
    return Verdict(ReferralState.REFUSED, reason)


def opened_again(opened_at: datetime, last_opened_at: datetime, now_opened_at: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last opening once there is one more: after a day without any, counting begins anew."""
    if now_opened_at - WAIT >= last_opened_at:
        return now_opened_at, now_opened_at
    return min(opened_at, now_opened_at), max(last_opened_at, now_opened_at)


def steps_reached(steps: Iterable[Mapping[str, Any]], brought: int) -> list[Mapping[str, Any]]:
    """Return the steps that so many friends reach, the smallest first."""
    return [step for step in _in_order(steps) if step["friends"] <= brought]


def next_step(steps: Iterable[Mapping[str, Any]], brought: int) -> Mapping[str, Any] | None:
    """Return the step that comes next; None once all are reached."""
    return next((step for step in _in_order(steps) if step["friends"] > brought), None)


def _in_order(steps: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return sorted(steps, key=lambda step: int(step["friends"]))
