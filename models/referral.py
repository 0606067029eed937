"""Friends who bring friends."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class ReferralProgram(Base):
    """What is promised for bringing friends."""

    __tablename__ = "referral_program"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # in the address of its terms
    name: Mapped[str]
    start_keywords: Mapped[list[Any]] = mapped_column(default=list)  # [{"text": …, "match": …}] as in keyword rules
    invitation: Mapped[str] = mapped_column(default="")  # what a friend passes on, before the link
    inviter_tags: Mapped[list[Any]] = mapped_column(default=list)  # ids, for whoever brought somebody
    invited_tags: Mapped[list[Any]] = mapped_column(default=list)  # ids, for whoever came
    steps: Mapped[list[Any]] = mapped_column(default=list)  # [{"friends": N, "tags": [ids], "reward": {…} or null}]
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    terms: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class Invitation(Base):
    """One friend's personal link for one programme."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("program_id", "friend_id"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("referral_program.id", ondelete="CASCADE"))
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    opened: Mapped[int] = mapped_column(default=0)
    opened_without_login: Mapped[int] = mapped_column(default=0)  # LINE Login was off: nobody knows who it was
    not_told: Mapped[int] = mapped_column(default=0)  # logins that were cancelled or failed: neither
    brought: Mapped[int] = mapped_column(default=0)  # referrals that counted
    created_at: Mapped[datetime]


class ReferralState(enum.StrEnum):
    """What became of somebody who came by an invitation."""

    WAITING = "waiting"  # LINE told us who it is; the follow has not come yet
    COUNTED = "counted"
    REFUSED = "refused"


class ReferralReason(enum.StrEnum):
    """Why somebody who came by an invitation did not count."""

    OWN_LINK = "own_link"
    WAS_FRIEND = "was_friend"  # now or at any time before the opening
    OTHER_INVITATION = "other_invitation"  # an invitation of somebody else was counted for the same person
    TOO_LATE = "too_late"  # followed more than a day after the opening
    OUTSIDE_PERIOD = "outside_period"  # followed when the programme was over, not begun or switched off
    NOT_JOINED = "not_joined"  # never followed; who it was is forgotten


class Referral(Base):
    """Somebody who came by an invitation; for one programme a person counts once, by whichever invitation."""

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("invitation_id", "line_user_id"),
        Index(
            "uq_referral_counted",
            "program_id",
            "line_user_id",
            unique=True,
            postgresql_where=text("state = 'counted'"),
            sqlite_where=text("state = 'counted'"),
        ),
        Index("ix_referral_line_user_id_state", "line_user_id", "state"),
        Index("ix_referral_invitation_id_state", "invitation_id", "state"),
        Index("ix_referral_program_id_arrived_at", "program_id", "arrived_at"),
        Index("ix_referral_program_id_counted_at", "program_id", "counted_at"),
        Index(
            "ix_referral_waiting",
            "last_opened_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("referral_program.id", ondelete="CASCADE"))
    invitation_id: Mapped[int] = mapped_column(BigId, ForeignKey("invitation.id", ondelete="CASCADE"))
    line_user_id: Mapped[str | None]  # None once a stranger is forgotten
    state: Mapped[ReferralState] = mapped_column(text_enum(ReferralState), default=ReferralState.WAITING)
    reason: Mapped[ReferralReason | None] = mapped_column(text_enum(ReferralReason))  # why it was refused
    opened_at: Mapped[datetime]  # the first opening since which no day went by without another
    last_opened_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    counted_at: Mapped[datetime | None]
