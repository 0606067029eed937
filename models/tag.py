"""Labels on friends, and who put them there."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class TagColour(enum.StrEnum):
    """The colours a tag can be shown in."""

    GREY = "grey"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"


class TagGroup(Base):
    """Tags that belong together, as staff see them; a tag is in one group or in none."""

    __tablename__ = "tag_group"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Tag(Base):
    """A label that staff, rules, plays and other systems put on friends."""

    __tablename__ = "tag"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("tag_group.id"))
    colour: Mapped[TagColour] = mapped_column(text_enum(TagColour), default=TagColour.GREY, server_default="grey")
    created_at: Mapped[datetime]


class TagSource(enum.StrEnum):
    """Who or what put a tag on a friend."""

    STAFF = "staff"
    API = "api"
    KEYWORD_RULE = "keyword_rule"
    GREETING = "greeting"
    LINK = "link"
    IMPORT = "import"
    QUIZ = "quiz"
    GAME = "game"
    REFERRAL = "referral"


class FriendTag(Base):
    """One tag on one friend; the first who put it there stays named."""

    __tablename__ = "friend_tag"
    __table_args__ = (
        Index("ix_friend_tag_tag_id_friend_id", "tag_id", "friend_id"),
        Index(
            "ix_friend_tag_ends",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
            sqlite_where=text("expires_at IS NOT NULL"),
        ),
    )

    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    source: Mapped[TagSource] = mapped_column(text_enum(TagSource))
    source_id: Mapped[int | None]  # staff, API token, rule, link, quiz, game or referral, by `source`
    source_detail: Mapped[str | None]  # where it is known: question and choice of a quiz, prize of a game
    tagged_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    tag: Mapped[Tag] = relationship(lazy="joined", innerjoin=True)
