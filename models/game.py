"""Games of chance: what can be won, and every draw."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, BigId, text_enum
from models.quiz import PlayedIn


class GameKind(enum.StrEnum):
    """How the page shows a draw."""

    WHEEL = "wheel"
    SCRATCH = "scratch"
    DAILY = "daily"


class Game(Base):
    """A wheel, a scratch card or a daily draw."""

    __tablename__ = "game"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # in the addresses of its page and its terms
    name: Mapped[str]
    kind: Mapped[GameKind] = mapped_column(text_enum(GameKind))
    start_keywords: Mapped[list[Any]] = mapped_column(default=list)  # [{"text": …, "match": …}] as in keyword rules
    invitation: Mapped[list[Any]] = mapped_column(default=list)  # messages; empty: a button made from the name
    no_prize: Mapped[list[Any]] = mapped_column(default=list)  # messages to whoever wins nothing
    draws_per_friend: Mapped[int | None]
    draws_per_day: Mapped[int | None]  # of one friend
    draws_in_all: Mapped[int | None]
    drawn: Mapped[int] = mapped_column(default=0)
    wins_per_friend: Mapped[int | None]
    releases_evenly: Mapped[bool] = mapped_column(default=False)  # stock comes free over the period, not at once
    active_from: Mapped[datetime | None]
    active_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    terms: Mapped[str] = mapped_column(default="")  # what staff add to the public terms
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]  # deleted by staff; its draws are kept

    prizes: Mapped[list["Prize"]] = relationship(order_by="Prize.position", lazy="selectin")


class Prize(Base):
    """One thing that can be won; `given` never passes `stock`."""

    __tablename__ = "prize"
    __table_args__ = (CheckConstraint("stock IS NULL OR given <= stock", name="stock"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(primary_key=True)
    game_id: Mapped[int] = mapped_column(ForeignKey("game.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    odds: Mapped[int]  # in a million
    stock: Mapped[int | None]  # None: without end
    given: Mapped[int] = mapped_column(default=0)
    colour: Mapped[str | None]
    picture_url: Mapped[str | None]
    messages: Mapped[list[Any]] = mapped_column(default=list)
    tags: Mapped[list[Any]] = mapped_column(default=list)  # ids
    reward: Mapped[dict[str, Any] | None]
    retired_at: Mapped[datetime | None]  # taken out of the game; its draws are kept


class Draw(Base):
    """One draw, with the odds of its moment."""

    __tablename__ = "draw"
    __table_args__ = (
        UniqueConstraint("game_id", "friend_id", "number"),
        Index("ix_draw_game_id_drawn_at", "game_id", "drawn_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    game_id: Mapped[int] = mapped_column(ForeignKey("game.id", ondelete="CASCADE"))
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]  # 1 for this friend's first draw
    on: Mapped[date]  # in the account's time zone
    cause_key: Mapped[str] = mapped_column(unique=True)  # one tap, one draw, however often it arrives
    prize_id: Mapped[int | None] = mapped_column(ForeignKey("prize.id"), index=True)
    odds: Mapped[list[Any]]  # [[prize id, in a million], …] as they were at that moment; the rest wins nothing
    ticket: Mapped[int]  # the number drawn, below a million
    place: Mapped[PlayedIn] = mapped_column(text_enum(PlayedIn))
    drawn_at: Mapped[datetime]
