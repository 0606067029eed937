"""What friends said and what was answered."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, BigId, text_enum


class ChatSource(enum.StrEnum):
    """Who speaks in a line of the chat log."""

    FRIEND = "friend"
    GREETING = "greeting"
    KEYWORD_RULE = "keyword_rule"
    FALLBACK = "fallback"
    QUIZ = "quiz"
    GAME = "game"
    REFERRAL = "referral"
    STAFF_REPLY = "staff_reply"  # free, by reply token
    STAFF_PUSH = "staff_push"  # billed


class ChatState(enum.StrEnum):
    """What is known of a line's fate at LINE."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ChatMessage(Base):
    """One line of a friend's chat; removed after the number of days staff chose."""

    __tablename__ = "chat_message"
    __table_args__ = (
        Index("ix_chat_message_friend_id_id", "friend_id", "id"),
        Index("ix_chat_message_said_at", "said_at"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    friend_id: Mapped[int] = mapped_column(BigId, ForeignKey("friend.id", ondelete="CASCADE"))
    source: Mapped[ChatSource] = mapped_column(text_enum(ChatSource))
    source_id: Mapped[int | None]  # keyword rule or staff, by `source`
    webhook_event_id: Mapped[int | None] = mapped_column(
        BigId, index=True
    )  # the event that said it, or that it answers
    line_message_id: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str]  # LINE's message type; "postback" for a tap
    text: Mapped[str | None]  # as read by a person; empty once unsent
    content: Mapped[str | None]  # JSON: the message, or the list of messages of an answer
    said_at: Mapped[datetime]
    state: Mapped[ChatState] = mapped_column(text_enum(ChatState), default=ChatState.SENT)
    is_answered: Mapped[bool] = mapped_column(default=True)  # false: nobody and no rule answered it
    unsent_at: Mapped[datetime | None]
    error: Mapped[str | None]
