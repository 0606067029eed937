"""Labels on friends, and who put them there."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.audit_entry import ActorKind
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


class TagMerge(Base):
    """A tag that became another one: whoever still knows the old id means the new tag."""

    __tablename__ = "tag_merge"

    from_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    into_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), index=True)
    merged_at: Mapped[datetime]


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
        # Everything a segment asks of a tag, in the order of the friends, so that it need not look at the rows.
        Index("ix_friend_tag_tag_id_friend_id_expires_at", "tag_id", "friend_id", "expires_at"),
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
    source_id: Mapped[int | None]  # staff, API token, rule, link, import, quiz, game or referral, by `source`
    source_detail: Mapped[str | None]  # where it is known: question and choice of a quiz, prize of a game
    tagged_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    tag: Mapped[Tag] = relationship(lazy="joined", innerjoin=True)


class TagAction(enum.StrEnum):
    """What a row of a file asks for."""

    PUT = "put"
    TAKE = "take"


class ImportState(enum.StrEnum):
    """How far a file has come."""

    READING = "reading"  # its rows are being stored
    PREVIEW = "preview"  # waits for somebody to confirm
    DUE = "due"  # a jobs process carries it out
    DONE = "done"


class RowOutcome(enum.StrEnum):
    """What became of a row, or why nothing can."""

    READY = "ready"
    CHANGED = "changed"
    SAME = "same"  # the friend wore the tag already, or did not wear it
    UNKNOWN = "unknown"  # nobody of this id was ever heard of
    BLANK = "blank"
    NUMBER = "number"  # the sheet holds a number where text belongs
    NOT_AN_ID = "not_an_id"
    TOO_LONG = "too_long"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"
    NO_TAG = "no_tag"
    BAD_TAG = "bad_tag"
    BAD_ACTION = "bad_action"


class TagImport(Base):
    """A file of user ids that get or lose tags; its rows are the work and the report."""

    __tablename__ = "tag_import"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # of the file
    state: Mapped[ImportState] = mapped_column(text_enum(ImportState), default=ImportState.READING)
    action: Mapped[TagAction] = mapped_column(text_enum(TagAction))  # of rows that name none
    tags: Mapped[list[Any]]  # [{"name": …, "id": … or null}]; ids once it is confirmed
    tags_of_all: Mapped[int]  # so many of them, from the first, belong to every row that names none
    expires_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    handled: Mapped[int] = mapped_column(default=0)  # number of the last row carried out
    lease_until: Mapped[datetime | None]
    actor_kind: Mapped[ActorKind] = mapped_column(text_enum(ActorKind))
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class TagImportRow(Base):
    """One row of such a file."""

    __tablename__ = "tag_import_row"
    __table_args__ = (Index("ix_tag_import_row_tag_import_id_outcome_number", "tag_import_id", "outcome", "number"),)

    tag_import_id: Mapped[int] = mapped_column(ForeignKey("tag_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # as the sheet counts, from 1
    cells: Mapped[list[Any]]  # what stood there: user id, tag, action; cut where too long
    tag: Mapped[int | None]  # its place in the import's tags; None: those of all rows
    action: Mapped[TagAction] = mapped_column(text_enum(TagAction))
    outcome: Mapped[RowOutcome] = mapped_column(text_enum(RowOutcome))
    earlier: Mapped[int | None]  # the row that this one repeats or contradicts
