"""Keywords and what is answered to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId


class KeywordRule(Base):
    """Whoever says one of the keywords gets the messages, free, by reply token."""

    __tablename__ = "keyword_rule"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    keywords: Mapped[list[Any]]  # [{"text": …, "match": "exact|contains|prefix|pattern"}]
    messages: Mapped[list[Any]]  # LINE's own JSON, checked when saved
    tags: Mapped[list[Any]] = mapped_column(default=list)  # ids of tags for whoever asks
    priority: Mapped[int] = mapped_column(default=0)  # higher goes first
    enabled: Mapped[bool] = mapped_column(default=True)
    answers_postback: Mapped[bool] = mapped_column(default=False)  # postback data is matched as well
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    hours: Mapped[list[Any] | None]  # windows of the week in the account's time zone
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"))  # answers only friends it holds
    hit_count: Mapped[int] = mapped_column(default=0)
    last_hit_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class KeywordHit(Base):
    """A friend called up a rule; one row for each pair."""

    __tablename__ = "keyword_hit"
    __table_args__ = (Index("ix_keyword_hit_friend_id", "friend_id"),)

    keyword_rule_id: Mapped[int] = mapped_column(ForeignKey("keyword_rule.id", ondelete="CASCADE"), primary_key=True)
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True)
    last_at: Mapped[datetime]
