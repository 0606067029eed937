"""What somebody who plays a quiz may see of it, and why an answer is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import BotError
from bot.messages import LineMessage
from models import AttemptState


class Reason(StrEnum):
    """Why nothing was started or answered."""

    UNKNOWN = "unknown"  # no such quiz or attempt, or a button that is not ours
    NOT_STARTED = "not_started"  # before its period
    OVER = "over"  # after its period, switched off or deleted
    LIMIT_REACHED = "limit_reached"
    NOT_YOURS = "not_yours"
    FINISHED = "finished"  # this attempt has its result
    ALREADY_ANSWERED = "already_answered"
    NOT_THIS_QUESTION = "not_this_question"
    NOT_A_CHOICE = "not_a_choice"
    TOO_MANY = "too_many"
    REQUIRED = "required"
    NOT_UNDERSTOOD = "not_understood"  # no date, number or phone number
    ONLY_IN_CHAT = "only_in_chat"  # pictures are sent to the chat


class AnswerRefusedError(BotError):
    """Nothing was changed; the text is a sentence for the friend."""

    def __init__(self, reason: Reason, text: str, **values: object) -> None:
        super().__init__(text, **values)
        self.reason = reason


@dataclass(frozen=True)
class PublicChoice:
    """A choice without what it does."""

    key: str
    text: str
    picture_url: str | None


@dataclass(frozen=True)
class PublicQuestion:
    """A question without scores, tags and right answers."""

    key: str
    kind: str  # single, multiple, text, number, date, phone or picture
    text: str
    required: bool
    picture_url: str | None
    most: int | None  # of several choices, at most so many
    choices: Sequence[PublicChoice]


@dataclass(frozen=True)
class Explained:
    """What is said of the answer just given."""

    question_key: str
    is_right: bool | None  # None: the question has no right answer
    right: Sequence[str]  # texts of the right choices
    text: str | None  # what staff wrote


@dataclass(frozen=True)
class ShownResult:
    """The result, with its messages filled for this friend."""

    key: str | None  # None where no result fits
    name: str | None
    score: int
    messages: Sequence[LineMessage]


@dataclass(frozen=True)
class PageState:
    """Where an attempt stands, as a page may show it."""

    quiz_name: str
    attempt_key: str
    state: AttemptState
    step: int  # to be sent back with the answer
    number: int  # of the open question, from 1
    at_most: int  # how many questions there are on the longest way
    is_resumed: bool
    question: PublicQuestion | None = None  # None once it is finished
    explanation: Explained | None = None
    result: ShownResult | None = None
