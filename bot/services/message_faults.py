"""What is wrong with messages, keywords and hours, in the form in which everything else is refused."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.errors import FieldFault
from bot.messages import Fault, check

VARIABLES = frozenset({"name"})


def as_field_faults(faults: Iterable[Fault]) -> list[FieldFault]:
    """Turn faults into those of fields.

    The whole sentence stands in `values` as the fault itself: as text it is Chinese, and whoever shows it may say it
    in another language with `bot.messages.sentence`.
    """
    return [FieldFault(fault.place, "%(sentence)s", (("sentence", fault),)) for fault in faults]


def faults_of_messages(messages: Sequence[Any], *, root: str, may_be_empty: bool = False) -> list[FieldFault]:
    """Return what LINE would refuse in messages that a friend is to get."""
    if may_be_empty and not messages:
        return []
    return as_field_faults(check(list(messages), variables=VARIABLES, root=root))
