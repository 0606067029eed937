"""Somebody who added the account, once did, or only wrote to it."""

import enum
import re
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, BigId, text_enum
from models.tracked_link import TrackedLink

NAME_GRAMS = text("string_to_array(name_grams, ' ')")
# One friend in a hundred, always the same ones, whatever pattern their ids follow.
IN_SAMPLE = text("((id % 2147483648) * 2654435761) % 4294967296 < 42949673")

LINE_USER_ID = re.compile(r"U[0-9a-f]{32}")


def is_line_user_id(text: str) -> bool:
    """Whether this has the form of LINE's user ids (reference: user id)."""
    return LINE_USER_ID.fullmatch(text) is not None


class FriendState(enum.StrEnum):
    """Whether an ordinary message may go to this person."""

    FOLLOWING = "following"
    NOT_FOLLOWING = "not_following"
    UNKNOWN = "unknown"  # wrote to us, or was imported; nothing proves a friendship


class FriendProof(enum.StrEnum):
    """What the present state rests on."""

    FOLLOW_EVENT = "follow_event"
    UNFOLLOW_EVENT = "unfollow_event"
    FOLLOWER_LIST = "follower_list"  # stood on a page of it, or was missing from the whole of it
    LOGIN = "login"  # LINE Login said so
    IMPORTED = "imported"  # a list of staff's; LINE has not confirmed it


class Friend(Base):
    """One person under the account's provider, named by LINE's user id.

    `state` follows the newest proof by the time of the proof itself (`state_at`), so a
    late or repeated event never undoes a newer one.
    """

    __tablename__ = "friend"
    __table_args__ = (
        Index("ix_friend_state_id", "state", "id"),
        Index("ix_friend_profile_due", "profile_due_at", postgresql_where=text("profile_due_at IS NOT NULL")),
        Index("ix_friend_unanswered", "unanswered_at", postgresql_where=text("unanswered_at IS NOT NULL")),
        Index("ix_friend_tracked_link_id_id", "tracked_link_id", "id"),
        Index("ix_friend_sample", "id", postgresql_where=IN_SAMPLE, sqlite_where=IN_SAMPLE),
        Index("ix_friend_name_grams", NAME_GRAMS, postgresql_using="gin").ddl_if(dialect="postgresql"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    line_user_id: Mapped[str] = mapped_column(unique=True)

    state: Mapped[FriendState] = mapped_column(text_enum(FriendState), default=FriendState.UNKNOWN)
    state_at: Mapped[datetime | None]  # time of the proof, not of its arrival
    proof: Mapped[FriendProof | None] = mapped_column(text_enum(FriendProof))
    listed_in: Mapped[int | None]  # the roster sync that last saw this person
    imported_at: Mapped[datetime | None]

    first_followed_at: Mapped[datetime | None]  # oldest follow event
    last_follow_at: Mapped[datetime | None]  # newest follow event
    unfollowed_at: Mapped[datetime | None]  # newest evidence against a friendship
    followed_at: Mapped[datetime | None]  # start of the present friendship, if it is known
    is_returning: Mapped[bool] = mapped_column(default=False)  # came back after a block
    tracked_link_id: Mapped[int | None] = mapped_column(
        ForeignKey("tracked_link.id")
    )  # how the present friendship began

    display_name: Mapped[str | None]
    folded_name: Mapped[str | None]  # what the search looks through
    name_grams: Mapped[str | None]  # its characters and pairs of characters, for PostgreSQL's index
    picture_url: Mapped[str | None]
    status_message: Mapped[str | None]
    language: Mapped[str | None]
    profile_due_at: Mapped[datetime | None]
    profile_attempts: Mapped[int] = mapped_column(default=0)
    profile_fetched_at: Mapped[datetime | None]

    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_contact_at: Mapped[datetime | None]
    fallback_at: Mapped[datetime | None]  # when the fallback answer was last given
    unanswered_at: Mapped[datetime | None]  # newest message that nobody and no rule answered
    attended_at: Mapped[datetime | None]  # when staff last answered, or said that nothing waits
    created_at: Mapped[datetime]

    tracked_link: Mapped[TrackedLink | None] = relationship()

    @property
    def can_receive(self) -> bool:
        """Whether a message that LINE bills may go to this person."""
        return self.state is FriendState.FOLLOWING


class FriendshipKind(enum.StrEnum):
    """What changed between a person and the account."""

    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    LISTED = "listed"  # found on LINE's follower list without a follow event
    MISSING = "missing"  # no longer on LINE's follower list, without an unfollow event


class FriendshipChange(Base):
    """One turn in a friendship, kept for ever: block rates by day and by source follow from these rows."""

    __tablename__ = "friendship_change"
    __table_args__ = (
        Index("ix_friendship_change_happened_at_kind", "happened_at", "kind"),
        Index(
            "ix_friendship_change_tracked_link",
            "tracked_link_id",
            "happened_at",
            postgresql_where=text("tracked_link_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    kind: Mapped[FriendshipKind] = mapped_column(text_enum(FriendshipKind))
    happened_at: Mapped[datetime]
    is_returning: Mapped[bool] = mapped_column(default=False)
    tracked_link_id: Mapped[int | None] = mapped_column(ForeignKey("tracked_link.id"))
