"""What was promised to friends for what they did."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, text_enum


class RewardCause(enum.StrEnum):
    """What a reward is for."""

    QUIZ = "quiz"
    GAME = "game"
    REFERRAL = "referral"


class RewardPromise(Base):
    """One promise, made in the transaction of its cause; the same cause never promises twice."""

    __tablename__ = "reward_promise"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cause_key: Mapped[str] = mapped_column(unique=True)
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    cause: Mapped[RewardCause] = mapped_column(text_enum(RewardCause))
    cause_id: Mapped[int]  # the quiz, game or referral programme
    reward: Mapped[dict[str, Any]]  # {"points": 30}, or {"text": …} for what staff hand over themselves
    promised_at: Mapped[datetime]
