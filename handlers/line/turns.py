"""What a handler is handed: one event, its friend, and what the account can say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.services.auto_replies import Answers, Said
from bot.services.plays import Play
from handlers.line.events import Event
from models import AnswerKind, Friend


@dataclass
class Batch:
    """What the events of one transaction add up to, written at its end in a few statements."""

    chat_lines: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[int, tuple[AnswerKind, Any]] = field(default_factory=dict)
    hits: dict[int, int] = field(default_factory=dict)
    hit_by: dict[tuple[int, int], datetime] = field(default_factory=dict)  # (rule id, friend id) → newest event
    follows: dict[str, datetime] = field(default_factory=dict)
    not_understood: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Turn:
    """One event's turn inside the transaction of its batch."""

    session: Session
    event: Event
    friend: Friend | None  # locked; None where there is no one-to-one chat
    answers: Answers  # empty in standby, so that nothing is said
    batch: Batch
    play: Play
    leaves_groups: bool = False

    @property
    def now(self) -> datetime:
        """The moment of the whole batch."""
        return self.play.now


Handler = Callable[[Turn], Said | None]
