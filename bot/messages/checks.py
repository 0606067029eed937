"""Checking messages before they are stored or sent: what LINE would refuse is found here, with its place."""

from collections.abc import Collection, Iterator

from bot.messages.actions import Holder, action_of
from bot.messages.faults import Fault, MessageFaultsError
from bot.messages.message_shapes import MESSAGE
from bot.messages.shapes import Findings, list_of
from bot.messages.variables import written_in

MOST_MESSAGES = 5
MOST_LEVELS = 60  # ours: a Flex message of any use has less, and nothing here may run out of stack


def check(
    messages: object, *, most: int = MOST_MESSAGES, variables: Collection[str] | None = None, root: str = "messages"
) -> list[Fault]:
    """Return what is wrong with 1 to `most` messages, whatever JSON they are; an empty list means LINE takes them.

    Limits are checked on the text as written: `{{name}}` counts as its own letters, and `fill` shortens what grows
    too long. With `variables` a name that is not among them is a fault. `root` is what the places begin with.
    """
    findings = Findings(variables)
    if _levels(messages) > MOST_LEVELS:
        findings.add((root,), "too_deep", most=MOST_LEVELS)
    else:
        list_of(MESSAGE, most=most)(messages, (root,), findings)
    return findings.faults


def check_action(action: object, *, within: Holder, root: str = "action") -> list[Fault]:
    """Return what is wrong with one action of a button in `within`: rich menus keep theirs outside of messages."""
    findings = Findings()
    if _levels(action) > MOST_LEVELS:
        findings.add((root,), "too_deep", most=MOST_LEVELS)
    else:
        action_of(within)(action, (root,), findings)
    return findings.faults


def raise_for(
    messages: object, *, most: int = MOST_MESSAGES, variables: Collection[str] | None = None, root: str = "messages"
) -> None:
    """Raise MessageFaultsError unless LINE would take the messages."""
    faults = check(messages, most=most, variables=variables, root=root)
    if faults:
        raise MessageFaultsError(faults)


def variables_in(messages: object) -> frozenset[str]:
    """Return the names of all variables in the messages' texts; empty: `fill` has nothing to do."""
    return frozenset(variable.name for text in _texts(messages) for variable in written_in(text))


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _levels(value: object) -> int:
    """Return how deep lists and objects are nested, without calling itself; stops counting just above the limit."""
    level, layer = 0, [value]
    while layer and level <= MOST_LEVELS:
        layer = [
            inner
            for one in layer
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        level += 1
    return level
