"""Labels on friends, and who put them there."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class Tag(Base):
    """A label that staff, rules and other systems put on friends."""

    __tablename__ = "tag"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class TagSource(enum.StrEnum):
    """Who or what put a tag on a friend."""

    STAFF = "staff"
    API = "api"
    KEYWORD_RULE = "keyword_rule"
    GREETING = "greeting"
    LINK = "link"
    IMPORT = "import"


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
    source_id: Mapped[int | None]  # staff, API token, rule or link, by `source`
    tagged_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    tag: Mapped[Tag] = relationship(lazy="joined", innerjoin=True)
