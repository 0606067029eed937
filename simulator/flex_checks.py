"""LINE's checks of Flex Messages (reference/messaging-api#flex-message)."""

import json
import re
from collections.abc import Callable
from typing import Any

from simulator import property_checks as check
from simulator.action_checks import FLEX_BUTTON, FLEX_ELSEWHERE, check_action
from simulator.line_errors import Detail, LineError, Problems
from simulator.property_checks import Json, UrlRule

MOST_BUBBLES = 12
LARGEST_BUBBLE = 30_000
LARGEST_CAROUSEL = 50_000
SIZES = ("nano", "micro", "deca", "hecto", "kilo", "mega", "giga")
COLOR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?\Z")
LAYOUTS = {
    "vertical": ("box", "button", "filler", "image", "separator", "text", "video"),
    "horizontal": ("box", "button", "filler", "image", "separator", "text", "video"),
    "baseline": ("icon", "text", "filler"),
}


class FlexFaults:
    """Faults with the JSON pointer inside the container that LINE tells."""

    def __init__(self, urls: UrlRule) -> None:
        self.urls = urls
        self.details: list[Detail] = []

    def add(self, pointer: str, message: str) -> None:
        self.details.append({"message": message, "property": pointer or "/"})


def check_flex_message(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    """Note what is wrong with the frame.

    Raises LineError with pointers into the container if its contents are at fault, as LINE does.
    """
    check.text(message, "altText", where, problems, longest=1500)
    contents = check.one_object(message, "contents", where, problems)
    if contents is None:
        return
    faults = FlexFaults(urls)
    check_container(contents, faults)
    if faults.details:
        raise LineError(400, f"A message ({where}) in the request body is invalid", faults.details)


def check_container(container: Json, faults: FlexFaults) -> None:
    kind = container.get("type")
    if kind == "bubble":
        check_bubble(container, "", faults)
    elif kind == "carousel":
        bubbles = container.get("contents")
        if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= MOST_BUBBLES:
            faults.add("/contents", f"size must be between 1 and {MOST_BUBBLES}")
            return
        for number, bubble in enumerate(bubbles):
            check_bubble(bubble, f"/contents/{number}", faults)
        if json_size(container) > LARGEST_CAROUSEL:
            faults.add("/", "carousel is too large")
    else:
        faults.add("/type", "unknown type" if kind else "must be specified")


def check_bubble(bubble: Any, at: str, faults: FlexFaults) -> None:
    if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
        faults.add(f"{at}/type", "must be bubble")
        return
    if bubble.get("size", "mega") not in SIZES:
        faults.add(f"{at}/size", "invalid property")
    if not any(bubble.get(block) for block in ("header", "hero", "body", "footer")):
        faults.add(at, "at least one block must be specified")
    for block in ("header", "body", "footer"):
        if bubble.get(block) is not None:
            check_component(bubble[block], f"{at}/{block}", faults, allowed=("box",))
    if bubble.get("hero") is not None:
        check_component(bubble["hero"], f"{at}/hero", faults, allowed=("box", "image", "video"))
    check_flex_action(bubble, at, faults)
    if json_size(bubble) > LARGEST_BUBBLE:
        faults.add(at, "bubble is too large")


def check_component(component: Any, at: str, faults: FlexFaults, *, allowed: tuple[str, ...]) -> None:
    if not isinstance(component, dict):
        faults.add(at, "invalid property")
        return
    kind = component.get("type")
    if kind not in allowed:
        faults.add(at if kind else f"{at}/type", "invalid property" if kind else "must be specified")
        return
    CHECKERS[kind](component, at, faults)
    for name in ("color", "backgroundColor", "borderColor"):
        value = component.get(name)
        if value is not None and not (isinstance(value, str) and COLOR.match(value)):
            faults.add(f"{at}/{name}", "invalid property")
    flex = component.get("flex")
    if flex is not None and (isinstance(flex, bool) or not isinstance(flex, int) or flex < 0):
        faults.add(f"{at}/flex", "invalid property")


def check_box(box: Json, at: str, faults: FlexFaults) -> None:
    layout, contents = box.get("layout"), box.get("contents")
    if layout not in LAYOUTS:
        faults.add(f"{at}/layout", "invalid property" if layout else "must be specified")
        return
    if not isinstance(contents, list):
        faults.add(f"{at}/contents", "must be specified")
        return
    for number, component in enumerate(contents):
        check_component(component, f"{at}/contents/{number}", faults, allowed=LAYOUTS[layout])
    check_flex_action(box, at, faults)


def check_button(button: Json, at: str, faults: FlexFaults) -> None:
    if button.get("style", "link") not in {"primary", "secondary", "link"}:
        faults.add(f"{at}/style", "invalid property")
    if not isinstance(button.get("action"), dict):
        faults.add(f"{at}/action", "must be specified")
        return
    note_action(button["action"], f"{at}/action", faults, FLEX_BUTTON)


def check_text(text: Json, at: str, faults: FlexFaults) -> None:
    spans = text.get("contents")
    if spans is not None:
        if not isinstance(spans, list):
            faults.add(f"{at}/contents", "invalid property")
            return
        for number, span in enumerate(spans):
            check_component(span, f"{at}/contents/{number}", faults, allowed=("span",))
    elif not (isinstance(text.get("text"), str) and text["text"]):
        faults.add(f"{at}/text", "must be non-empty text")
    check_flex_action(text, at, faults)


def check_span(span: Json, at: str, faults: FlexFaults) -> None:
    if not (isinstance(span.get("text"), str) and span["text"]):
        faults.add(f"{at}/text", "must be non-empty text")


def check_picture(picture: Json, at: str, faults: FlexFaults) -> None:
    check_url(picture, "url", at, faults)
    ratio = picture.get("aspectRatio")
    if ratio is not None and not is_ratio(ratio):
        faults.add(f"{at}/aspectRatio", "invalid property")
    check_flex_action(picture, at, faults)


def check_video(video: Json, at: str, faults: FlexFaults) -> None:
    check_url(video, "url", at, faults)
    check_url(video, "previewUrl", at, faults)
    check_component(video.get("altContent"), f"{at}/altContent", faults, allowed=("box", "image"))
    check_flex_action(video, at, faults)


def check_nothing(_component: Json, _at: str, _faults: FlexFaults) -> None:
    """Separators and fillers have nothing of their own that could be wrong."""


def check_url(holder: Json, name: str, at: str, faults: FlexFaults) -> None:
    url = holder.get(name)
    if not isinstance(url, str) or not url:
        faults.add(f"{at}/{name}", "must be specified")
        return
    fault = faults.urls.fault(url)
    if fault:
        faults.add(f"{at}/{name}", fault)


def check_flex_action(holder: Json, at: str, faults: FlexFaults) -> None:
    """The action that tapping a component performs, if it has one."""
    if holder.get("action") is not None:
        note_action(holder["action"], f"{at}/action", faults, FLEX_ELSEWHERE)


def note_action(action: Any, at: str, faults: FlexFaults, place: Any) -> None:
    if not isinstance(action, dict):
        faults.add(at, "invalid property")
        return
    problems = Problems()
    check_action(action, "", problems, place)
    for problem in problems.details:
        faults.add(f"{at}/{problem['property'].lstrip('.')}", problem["message"])


def is_ratio(ratio: Any) -> bool:
    """`width:height`, both 1 to 100000, the height at most three times the width."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?):(\d{1,6}(?:\.\d+)?)", ratio) if isinstance(ratio, str) else None
    if match is None:
        return False
    width, height = float(match[1]), float(match[2])
    return 1 <= width <= 100_000 and 1 <= height <= 100_000 and height <= width * 3


def json_size(thing: Json) -> int:
    return len(json.dumps(thing, ensure_ascii=False, separators=(",", ":")).encode())


CHECKERS: dict[str, Callable[[Json, str, FlexFaults], None]] = {
    "box": check_box,
    "button": check_button,
    "text": check_text,
    "span": check_span,
    "image": check_picture,
    "icon": check_picture,
    "video": check_video,
    "separator": check_nothing,
    "filler": check_nothing,
}
