"""LINE's checks of action objects (reference/messaging-api#action-objects)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from simulator import property_checks as check
from simulator.line_errors import Problems
from simulator.property_checks import Json

URI_SCHEMES = {"http", "https", "line", "tel"}
LONGEST_URI = 1000  # the documentation's figure; the newest SDK lets 10,000 pass
INPUT_OPTIONS = ("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice")
FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d\Z"),
    "time": re.compile(r"\d\d:\d\d\Z"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d\Z"),
}


@dataclass(frozen=True)
class Place:
    """Where an action stands: it decides about its label and its kinds."""

    label_required: bool
    longest_label: int
    kinds: tuple[str, ...]


EVERYWHERE = ("postback", "message", "uri", "datetimepicker", "clipboard")
QUICK_REPLY_ONLY = ("camera", "cameraRoll", "location")
TEMPLATE = Place(True, 20, EVERYWHERE)
DEFAULT_ACTION = Place(False, 20, EVERYWHERE)
IMAGE_CAROUSEL = Place(False, 12, EVERYWHERE)
QUICK_REPLY = Place(True, 20, EVERYWHERE + QUICK_REPLY_ONLY)
RICH_MENU = Place(False, 20, (*EVERYWHERE, "richmenuswitch"))
FLEX_BUTTON = Place(True, 40, EVERYWHERE)
FLEX_ELSEWHERE = Place(False, 40, EVERYWHERE)


def check_action(action: Json, where: str, problems: Problems, place: Place) -> None:
    """Note everything LINE would refuse about one action."""
    kind = check.one_of(action, "type", where, problems, values=place.kinds)
    if kind is None:
        return
    label_required = place.label_required or kind in QUICK_REPLY_ONLY
    check.text(action, "label", where, problems, longest=place.longest_label, required=label_required)
    checker = CHECKERS.get(kind)
    if checker is not None:
        checker(action, where, problems)


def check_postback(action: Json, where: str, problems: Problems) -> None:
    check.long_text(action, "data", where, problems, longest=300)
    check.text(action, "displayText", where, problems, longest=300, required=False)
    check.text(action, "text", where, problems, longest=300, required=False)
    check.text(action, "fillInText", where, problems, longest=300, required=False)
    check.maybe_one_of(action, "inputOption", where, problems, values=INPUT_OPTIONS)
    if action.get("displayText") and action.get("text"):
        problems.add(f"{where}.displayText", "displayText and text cannot be used at the same time")
    if action.get("fillInText") and action.get("inputOption") != "openKeyboard":
        problems.add(f"{where}.fillInText", "fillInText needs inputOption openKeyboard")


def check_message(action: Json, where: str, problems: Problems) -> None:
    check.long_text(action, "text", where, problems, longest=300)


def check_uri(action: Json, where: str, problems: Problems) -> None:
    uri = check.text(action, "uri", where, problems, longest=LONGEST_URI, measure=len)
    if uri and check.scheme_of(uri) not in URI_SCHEMES:
        problems.add(f"{where}.uri", "invalid uri")


def check_datetimepicker(action: Json, where: str, problems: Problems) -> None:
    check.long_text(action, "data", where, problems, longest=300)
    mode = check.one_of(action, "mode", where, problems, values=tuple(FORMATS))
    if mode is None:
        return
    for name in ("initial", "max", "min"):
        value = action.get(name)
        if value is not None and not (isinstance(value, str) and FORMATS[mode].match(value)):
            problems.add(f"{where}.{name}", "invalid format")
    least, most = action.get("min"), action.get("max")
    if isinstance(least, str) and isinstance(most, str) and least.lower() >= most.lower():
        problems.add(f"{where}.max", "must be greater than min")


def check_richmenuswitch(action: Json, where: str, problems: Problems) -> None:
    check.text(action, "richMenuAliasId", where, problems, longest=32)
    check.long_text(action, "data", where, problems, longest=300)


def check_clipboard(action: Json, where: str, problems: Problems) -> None:
    check.long_text(action, "clipboardText", where, problems, longest=1000)


CHECKERS: dict[str, Callable[[Json, str, Problems], None]] = {
    "postback": check_postback,
    "message": check_message,
    "uri": check_uri,
    "datetimepicker": check_datetimepicker,
    "richmenuswitch": check_richmenuswitch,
    "clipboard": check_clipboard,
}
