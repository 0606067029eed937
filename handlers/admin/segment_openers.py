"""From the JSON of one condition of a segment to the fields of its form.

An opener returns None for what its form has no place for.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.admin.form_trees import Tree
from handlers.admin.segment_leaves import ANY

Opener = Callable[[dict[str, Any], ZoneInfo], Tree | None]
SIZES = ("less_than", "more_than")


def local(written: object, zone: ZoneInfo) -> str | None:
    """Return a moment as the form shows it; empty where there is none, None where no form could show it."""
    if written is None:
        return ""
    try:
        moment = datetime.fromisoformat(str(written)).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    if moment.microsecond:
        return None
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def _named(*names: str) -> Opener:
    """Open a leaf whose keys are the fields of its form; a missing one that may be missing stands for any."""

    def open_leaf(leaf: dict[str, Any], zone: ZoneInfo) -> Tree | None:  # noqa: ARG001 as every opener
        if names[0] not in leaf:
            return None
        return {name: str(leaf.get(name, ANY)) for name in names} | _days(leaf)

    return open_leaf


def _answered(leaf: dict[str, Any], zone: ZoneInfo) -> Tree | None:
    given = leaf.get("answered")
    return _named("quiz", "question", "choice")(given, zone) if isinstance(given, dict) else None


def _attribute(leaf: dict[str, Any], zone: ZoneInfo) -> Tree | None:  # noqa: ARG001 as every opener
    tests = [key for key in leaf if key != "attribute"]
    if "attribute" not in leaf or len(tests) != 1:
        return None
    test, value = tests[0], leaf[tests[0]]
    draft: Tree = {"attribute": str(leaf["attribute"]), "test": test}
    if test == "exists":
        return {**draft, "test": "exists" if value else "missing"}
    values = value if isinstance(value, list) else [value]
    kinds = {_kind_of(one) for one in values}
    if len(kinds) != 1:
        return None
    written = [("true" if one else "false") if isinstance(one, bool) else str(one) for one in values]
    return {**draft, "value": "、".join(written), "as": "" if test in SIZES else kinds.pop()}


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "yes"
    return "number" if isinstance(value, int | float) else ""


def _followed(leaf: dict[str, Any], zone: ZoneInfo) -> Tree | None:
    span = leaf.get("followed")
    if not isinstance(span, dict) or not span:
        return None
    if set(span) == {"within_days"}:
        return {"test": "within", **_days(span)}
    written = {"from": local(span.get("after"), zone), "until": local(span.get("before"), zone)}
    if None in written.values():
        return None
    test = "between" if len(span) == 2 else "after" if "after" in span else "before"
    return {"test": test, **{name: value for name, value in written.items() if value}}


def _random(leaf: dict[str, Any], zone: ZoneInfo) -> Tree | None:  # noqa: ARG001 as every opener
    given = leaf.get("random")
    if not isinstance(given, dict) or not {"percent", "seed"} <= set(given):
        return None
    return {"percent": str(given["percent"]), "seed": str(given["seed"]), "as": _kind_of(given["seed"])}


def _days(given: dict[str, Any]) -> Tree:
    return {"days": str(given["within_days"])} if "within_days" in given else {}


OPENERS: dict[str, Opener] = {
    "tag": _named("tag"),
    "attribute": _attribute,
    "followed": _followed,
    "source": _named("source"),
    "quiz": _named("quiz", "result"),
    "answered": _answered,
    "keyword": _named("keyword"),
    "segment": _named("segment"),
    "uploaded": _named("uploaded"),
    "random": _random,
}
