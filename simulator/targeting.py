"""Whom a narrowcast chooses: recipients, attributes and audiences (reference/messaging-api#send-narrowcast-message)."""

from collections.abc import Callable
from typing import Any

from simulator.line_errors import LineError, bad_property
from simulator.property_checks import Json
from simulator.world import World

ATTRIBUTES = ("age", "gender", "area", "appType", "subscriptionPeriod")
DEPTH = 10


def uses_attributes(body: Json) -> bool:
    """Whether a request chooses by attributes, which LINE restricts."""
    filters = body.get("filter")
    return isinstance(filters, dict) and filters.get("demographic") is not None


def choose(world: World, body: Json) -> list[int]:
    """Friends that fit the recipient object and the filter.

    Raises LineError for an audience or a request id that does not exist.
    """
    friends = set(world.people.friends())
    recipient = body.get("recipient")
    if recipient is not None:
        friends &= recipients(world, recipient, friends, DEPTH)
    if uses_attributes(body):
        friends &= fitting(world, body["filter"]["demographic"], friends, DEPTH)
    return sorted(friends)


def recipients(world: World, recipient: Any, everybody: set[int], depth: int) -> set[int]:
    """The people of one recipient object."""
    if not isinstance(recipient, dict) or depth == 0:
        raise bad_property("'recipient'")
    kind = recipient.get("type")
    if kind == "operator":
        return combine(recipient, everybody, lambda part: recipients(world, part, everybody, depth - 1))
    if kind == "redelivery":
        return of_request(world, str(recipient.get("requestId")))
    if kind == "audience":
        group = world.audiences.get(recipient.get("audienceGroupId", 0))
        if group is None:
            raise LineError(400, f"Invalid audience group id: {recipient.get('audienceGroupId')}")
        return set(group)
    raise bad_property("'recipient'")


def of_request(world: World, request_id: str) -> set[int]:
    """Who was reached by an earlier narrowcast."""
    if world.narrowcasts.get(request_id) is not None:
        for row in world.ledger.received(endpoint="POST /v2/bot/message/narrowcast"):
            if row.request_id == request_id:
                return set(row.reached)
    raise LineError(400, f"Invalid request id: {request_id}")


def fitting(world: World, demographic: Any, everybody: set[int], depth: int) -> set[int]:
    """The people of one demographic filter. Somebody whose attribute is not known fits none."""
    if not isinstance(demographic, dict) or depth == 0:
        raise bad_property("'filter.demographic'")
    kind = demographic.get("type")
    if kind == "operator":
        return combine(demographic, everybody, lambda part: fitting(world, part, everybody, depth - 1))
    if kind not in ATTRIBUTES:
        raise bad_property("'filter.demographic'")
    return {index for index in everybody if fits(world.people.details(index).demographics or {}, demographic)}


def fits(known: dict[str, str], demographic: Json) -> bool:
    value = known.get(str(demographic["type"]))
    if value is None:
        return False
    if "oneOf" in demographic:
        return value in demographic["oneOf"]
    ordinal = step(value)
    return step(demographic.get("gte"), 0) <= ordinal < step(demographic.get("lt"), 10_000)


def step(name: Any, missing: int = 0) -> int:
    """The number in names like age_20 and day_30."""
    digits = str(name or "").rpartition("_")[2]
    return int(digits) if digits.isdigit() else missing


def combine(operator: Json, everybody: set[int], resolve: Callable[[Any], set[int]]) -> set[int]:
    """AND, OR and NOT over sets of people."""
    if isinstance(operator.get("and"), list):
        result = set(everybody)
        for part in operator["and"]:
            result &= resolve(part)
        return result
    if isinstance(operator.get("or"), list):
        return set[int]().union(*(resolve(part) for part in operator["or"]))
    if operator.get("not") is not None:
        return everybody - resolve(operator["not"])
    raise bad_property("'operator'")
