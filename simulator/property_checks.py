"""Checks of single properties that all message objects share."""

from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from simulator.line_errors import Problems, bad_property
from simulator.text_length import graphemes, utf16_units

Json = dict[str, Any]
LONGEST_URL = 2000


def text(
    holder: Json,
    name: str,
    place: str,
    problems: Problems,
    *,
    longest: int,
    required: bool = True,
    shortest: int = 0,
    measure: Callable[[str], int] = graphemes,
) -> str:
    """The text under `name`, or an empty one after noting what is wrong with it."""
    where, value = f"{place}.{name}" if place else name, holder.get(name)
    if value is None or value == "":
        if required:
            problems.add(where, "May not be empty")
        return ""
    if not isinstance(value, str):
        raise bad_property(f"'{where}'")
    if not shortest <= measure(value) <= longest:
        problems.add(where, f"Length must be between {shortest} and {longest}")
    return value


def long_text(holder: Json, name: str, place: str, problems: Problems, *, longest: int, required: bool = True) -> str:
    """A text that LINE counts in UTF-16 code units."""
    return text(holder, name, place, problems, longest=longest, required=required, measure=utf16_units)


def number(
    holder: Json, name: str, place: str, problems: Problems, *, least: float, most: float, required: bool = True
) -> None:
    value, where = holder.get(name), f"{place}.{name}"
    if value is None:
        if required:
            problems.add(where, "May not be empty")
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_property(f"'{where}'")
    if not least <= value <= most:
        problems.add(where, f"Must be between {least:g} and {most:g}")


def one_of(holder: Json, name: str, place: str, problems: Problems, *, values: Collection[str]) -> str | None:
    """The value if it is one of `values`; missing is noted as well."""
    value, where = holder.get(name), f"{place}.{name}"
    if value is None or value == "":
        problems.add(where, "May not be empty")
        return None
    if not isinstance(value, str):
        raise bad_property(f"'{where}'")
    if value not in values:
        problems.add(where, f"Must be one of the following values: [{', '.join(values)}]")
        return None
    return value


def maybe_one_of(holder: Json, name: str, place: str, problems: Problems, *, values: Collection[str]) -> None:
    if holder.get(name) is not None:
        one_of(holder, name, place, problems, values=values)


def objects(holder: Json, name: str, place: str, problems: Problems, *, least: int, most: int) -> list[Json]:
    """The list of objects under `name`; its size is checked."""
    value, where = holder.get(name), f"{place}.{name}" if place else name
    if value is None:
        if least:
            problems.add(where, "May not be empty")
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise bad_property(f"'{where}'")
    if not least <= len(value) <= most:
        problems.add(where, f"Size must be between {least} and {most}")
        return []
    return value


def one_object(holder: Json, name: str, place: str, problems: Problems, *, required: bool = True) -> Json | None:
    value, where = holder.get(name), f"{place}.{name}"
    if value is None:
        if required:
            problems.add(where, "May not be empty")
        return None
    if not isinstance(value, dict):
        raise bad_property(f"'{where}'")
    return value


class UrlRule:
    """Which URLs pictures and films may have: https, and http as well where the simulator is told so."""

    def __init__(self, *, allow_plain_http: bool) -> None:
        self._schemes = {"https", "http"} if allow_plain_http else {"https"}

    def media(self, holder: Json, name: str, place: str, problems: Problems, *, required: bool = True) -> None:
        """A URL of a picture, film or sound."""
        value, where = holder.get(name), f"{place}.{name}"
        if value is None or value == "":
            if required:
                problems.add(where, "May not be empty")
            return
        if not isinstance(value, str):
            raise bad_property(f"'{where}'")
        message = self.fault(value)
        if message:
            problems.add(where, message)

    def fault(self, url: str) -> str:
        """What is wrong with a media URL, or nothing."""
        if len(url) > LONGEST_URL:
            return f"Length must be between 1 and {LONGEST_URL}"
        if scheme_of(url) not in self._schemes:
            return "invalid uri scheme"
        return ""


def scheme_of(url: str) -> str:
    """The scheme of a URL that has a place to go to; empty for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if any(character.isspace() or ord(character) > 126 for character in url):
        return ""
    if parts.scheme in {"http", "https"} and not parts.hostname:
        return ""
    return parts.scheme
