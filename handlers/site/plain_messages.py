"""LINE messages as a page shows them: what they say, their pictures, and their buttons that lead to an address."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext

Json = Mapping[str, Any]
OPENABLE = ("http", "https", "tel", "line")
LINES = "\n"


def simplify(messages: Sequence[Json]) -> list[dict[str, str]]:
    """Return pieces `{kind: text | picture | link, text, url}` in order, without buttons that write to the chat."""
    return [piece for message in messages for piece in _pieces(message)]


def _pieces(message: Json) -> Iterator[dict[str, str]]:
    kind = message.get("type")
    if kind in ("text", "textV2"):
        yield from _text(_without_marks(message))
    elif kind == "image":
        yield from _picture(message.get("originalContentUrl"))
    elif kind == "video":
        yield from _link(message.get("originalContentUrl"), gettext("看影片"))
    elif kind == "audio":
        yield from _link(message.get("originalContentUrl"), gettext("聽語音"))
    elif kind == "location":
        yield from _text(LINES.join(str(message.get(name) or "") for name in ("title", "address")))
    elif kind == "template":
        yield from _template(message.get("template"))
    elif kind == "flex":
        yield from _flex(message.get("contents"))
    elif kind == "imagemap":
        yield from _imagemap(message)
    elif kind == "coupon":
        yield from _text(gettext("優惠券請到聊天室領取。"))


def _listed(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _without_marks(message: Json) -> str:
    """A text without the places of LINE's own emojis and mentions, which exist only inside LINE."""
    text = str(message.get("text") or "")
    for name in message.get("substitution") or {}:
        text = text.replace("{" + str(name) + "}", "")
    units = text.encode("utf-16-le", "surrogatepass")  # LINE counts places in UTF-16 units
    marks = [emoji["index"] * 2 for emoji in _listed(message.get("emojis")) if isinstance(emoji.get("index"), int)]
    for at in sorted(marks, reverse=True):
        units = units[:at] + units[at + 2 :]
    return units.decode("utf-16-le", "ignore")


def _text(text: object) -> Iterator[dict[str, str]]:
    said = text.strip() if isinstance(text, str) else ""
    if said:
        yield {"kind": "text", "text": said}


def _picture(url: object) -> Iterator[dict[str, str]]:
    if isinstance(url, str) and urlsplit(url).scheme in ("http", "https"):
        yield {"kind": "picture", "url": url}


def _link(url: object, label: object) -> Iterator[dict[str, str]]:
    if isinstance(url, str) and urlsplit(url).scheme in OPENABLE:
        yield {"kind": "link", "url": url, "text": str(label or url)}


def _action(action: object) -> Iterator[dict[str, str]]:
    if isinstance(action, dict) and action.get("type") == "uri":
        yield from _link(action.get("uri"), action.get("label"))


def _template(template: object) -> Iterator[dict[str, str]]:
    """Buttons, confirm, carousel and picture carousel: each card in turn."""
    if not isinstance(template, dict):
        return
    for card in (template, *_listed(template.get("columns"))):
        yield from _picture(card.get("thumbnailImageUrl") or card.get("imageUrl"))
        yield from _text(LINES.join(str(card[name]) for name in ("title", "text") if card.get(name)))
        for action in (*_listed(card.get("actions")), card.get("action")):
            yield from _action(action)


def _imagemap(message: Json) -> Iterator[dict[str, str]]:
    yield from _picture(f"{message.get('baseUrl')}/700")
    for action in _listed(message.get("actions")):
        if action.get("type") == "uri":
            yield from _link(action.get("linkUri"), action.get("label"))


def _flex(part: object) -> Iterator[dict[str, str]]:
    """Bubbles, boxes and what is in them, in the order they are read."""
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if kind == "text":
        spans = "".join(str(span.get("text") or "") for span in _listed(part.get("contents")))
        yield from _text(part.get("text") or spans)
    elif kind == "image":
        yield from _picture(part.get("url"))
    for name in ("header", "hero", "body", "footer"):
        yield from _flex(part.get(name))
    for inner in _listed(part.get("contents")) if kind in ("carousel", "box") else []:
        yield from _flex(inner)
    yield from _action(part.get("action"))
