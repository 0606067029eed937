"""What staff set for the whole account, and what the program remembers of it."""

import enum
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, text_enum


class GroupPolicy(enum.StrEnum):
    """What happens when somebody adds the account to a group or a room."""

    IGNORE = "ignore"
    LEAVE = "leave"


class Account(Base):
    """The one LINE Official Account this server serves; one row."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_policy: Mapped[GroupPolicy] = mapped_column(text_enum(GroupPolicy), default=GroupPolicy.IGNORE)
    chat_days: Mapped[int] = mapped_column(default=180)  # how long the chat log is kept
    event_days: Mapped[int] = mapped_column(default=30)  # how long raw webhook events are kept
    forward_url: Mapped[str | None]  # a second tool that gets every webhook, signed as LINE signed it
    forward_enabled: Mapped[bool] = mapped_column(default=False)
    answers_version: Mapped[int] = mapped_column(default=1)  # rises with every change of rules, greeting or fallback
    may_list_followers: Mapped[bool | None]  # False after LINE said 403
    bot_user_id: Mapped[str | None]
    basic_id: Mapped[str | None]  # @…, for the page that adds a friend
    display_name: Mapped[str | None]
    blanked_through: Mapped[int | None] = mapped_column(BigId)  # events up to this id hold no words of friends
    held_at: Mapped[datetime | None]  # set by a restore: nothing leaves until an operator says so
