"""Who is a friend: what a piece of evidence does to what was known.

Evidence is ordered by its own time, never by its arrival; at equal times "not a friend"
wins, because a message to somebody who blocked the account is the worse mistake.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from models import FriendProof, FriendState


@dataclass(frozen=True)
class Evidence:
    """Something that proves whether a person is a friend, at the moment it was true."""

    is_friend: bool
    at: datetime
    proof: FriendProof


@dataclass(frozen=True)
class Friendship:
    """What is known of one person's friendship."""

    state: FriendState = FriendState.UNKNOWN
    state_at: datetime | None = None
    proof: FriendProof | None = None
    first_followed_at: datetime | None = None  # oldest follow event
    last_follow_at: datetime | None = None  # newest follow event
    unfollowed_at: datetime | None = None  # newest evidence against a friendship

    @property
    def followed_at(self) -> datetime | None:
        """Start of the present friendship; None without one, or when nobody told us its start."""
        if self.state is not FriendState.FOLLOWING or self.last_follow_at is None:
            return None
        is_present = self.unfollowed_at is None or self.last_follow_at > self.unfollowed_at
        return self.last_follow_at if is_present else None


def weigh(known: Friendship, evidence: Evidence) -> Friendship:
    """Return what is known once the evidence is taken in; order and number of arrivals do not matter."""
    after = known
    if not evidence.is_friend:
        after = replace(after, unfollowed_at=_later(known.unfollowed_at, evidence.at))
    elif evidence.proof is FriendProof.FOLLOW_EVENT:
        first = known.first_followed_at
        after = replace(
            after,
            first_followed_at=evidence.at if first is None else min(first, evidence.at),
            last_follow_at=_later(known.last_follow_at, evidence.at),
        )
    if not _is_newer(known, evidence):
        return after
    state = FriendState.FOLLOWING if evidence.is_friend else FriendState.NOT_FOLLOWING
    return replace(after, state=state, state_at=evidence.at, proof=evidence.proof)


def is_superseded(known: Friendship, at: datetime) -> bool:
    """Whether a follow at this time was undone by something as new or newer: nobody is there to be greeted."""
    return known.unfollowed_at is not None and known.unfollowed_at >= at


def _is_newer(known: Friendship, evidence: Evidence) -> bool:
    if known.state_at is None or known.proof is FriendProof.IMPORTED:
        return True  # a list of staff's proves nothing against LINE's own word
    if evidence.at == known.state_at:
        return not evidence.is_friend
    return evidence.at > known.state_at


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
