"""What is said to whoever follows, and when no rule has an answer."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Greeting(Base):
    """The answer to a follow; one row."""

    __tablename__ = "greeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    new_friend: Mapped[list[Any]] = mapped_column(default=list)
    returning_friend: Mapped[list[Any]] = mapped_column(default=list)
    tags: Mapped[list[Any]] = mapped_column(default=list)  # ids of tags


class FallbackAnswer(Base):
    """What is said when no rule matches, at most once per friend in `every_minutes`; one row."""

    __tablename__ = "fallback_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    messages: Mapped[list[Any]] = mapped_column(default=list)
    every_minutes: Mapped[int] = mapped_column(default=1440)
