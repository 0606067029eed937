"""Saved conditions over friends, and lists of user ids that staff brought."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId


class Segment(Base):
    """Conditions with a name; who they hold for is asked of the database each time."""

    __tablename__ = "segment"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    conditions: Mapped[dict[str, Any]]  # as in the API, with ids for tags
    version: Mapped[int] = mapped_column(default=1)  # rises with every change of the conditions
    friends: Mapped[int | None]  # last exact count, and when
    counted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SegmentVersion(Base):
    """The conditions as they were; whoever uses a segment keeps the number of the version used."""

    __tablename__ = "segment_version"

    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    conditions: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class UploadedList(Base):
    """A list of user ids that staff brought as a file."""

    __tablename__ = "uploaded_list"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    friends: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class UploadedListMember(Base):
    """One friend on one uploaded list."""

    __tablename__ = "uploaded_list_member"

    uploaded_list_id: Mapped[int] = mapped_column(ForeignKey("uploaded_list.id", ondelete="CASCADE"), primary_key=True)
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"), primary_key=True)
