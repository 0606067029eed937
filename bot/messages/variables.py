"""`{{name}}` and `{{name|fallback}}` in texts: finding them, and putting values in their place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

VARIABLE = re.compile(r"\{\{[ \t]*([\w.\-]{1,60})[ \t]*(?:\|([^{}]*))?\}\}")
OPENING = "{{"


@dataclass(frozen=True)
class Written:
    """A variable as it stands in a text: name, fallback, and where."""

    name: str
    fallback: str
    start: int
    end: int


def written_in(text: str) -> Iterator[Written]:
    """Yield the variables of one text from left to right."""
    if OPENING not in text:
        return
    for match in VARIABLE.finditer(text):
        yield Written(match[1], (match[2] or "").strip(), match.start(), match.end())


def value_of(variable: Written, values: Mapping[str, str]) -> str:
    """Return the value, or the fallback when there is none or it is blank."""
    value = values.get(variable.name) or ""
    if not value.strip():
        value = variable.fallback
    return without_broken_characters(value)


def is_url_field(name: str) -> bool:
    """Say whether a field of LINE's JSON with this name holds a URL: values go in percent-encoded there."""
    return name.lower().endswith(("url", "uri")) or name == "desktop"


def url_value(value: str) -> str:
    """Encode a value so that it can neither change the scheme nor the host nor add parameters."""
    return quote(value, safe="")


def without_broken_characters(text: str) -> str:
    """Leave out NUL and halves of surrogate pairs, which neither LINE nor a database takes."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
