"""What can go wrong in a way we expect.

A text is written in Traditional Chinese with `%(name)s` places; whoever shows it
translates the text first and fills the places afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldFault:
    """One field of what somebody sent in, and what is to be mended there."""

    field: str
    text: str
    values: tuple[tuple[str, object], ...] = ()


class BotError(Exception):
    """A refusal with a sentence fit for staff; nothing was changed."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.text = text
        self.values = values


class InvalidInputError(BotError):
    """What was sent in cannot be taken; `faults` names each field."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        super().__init__("內容有誤，請修正標示的欄位。")
        self.faults = tuple(faults)


class NotFoundError(BotError):
    """The thing asked for is not there."""


class ConflictError(BotError):
    """The state of things does not allow this."""


class GatewayError(BotError):
    """Somebody else's server did not answer, or we cannot tell what it did. It may be tried again."""


class GatewayRefusedError(GatewayError):
    """Somebody else's server said no; trying again does not help."""

    def __init__(self, text: str, *, status: int = 0, **values: object) -> None:
        super().__init__(text, **values)
        self.status = status
