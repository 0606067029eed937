"""Stable shares of all friends: the same arithmetic in Python, PostgreSQL and SQLite, below 64 bits everywhere.

For a friend's id x, y = (a·x + b) mod p, and the friend's place is y² mod p with p = 2³¹ − 1; the seed chooses a and b.
The square keeps shares of different seeds apart: with a straight line some pairs of seeds would draw the same people.
"""

import hashlib
from dataclasses import dataclass

PRIME = 2**31 - 1


@dataclass(frozen=True)
class Share:
    """Whoever's place is below `limit` is drawn."""

    factor: int
    offset: int
    limit: int


def share_of(percent: float, seed: str | int) -> Share:
    """Return the numbers behind a share; a smaller percentage of the same seed lies inside a greater one."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    factor = int.from_bytes(digest[:8]) % (PRIME - 1) + 1
    return Share(factor, int.from_bytes(digest[8:16]) % PRIME, round(PRIME * percent / 100))


def is_drawn(friend_id: int, share: Share) -> bool:
    """Whether a friend belongs to the share."""
    line = (share.factor * (friend_id % PRIME) + share.offset) % PRIME
    return line * line % PRIME < share.limit
