"""Our shapes know exactly the fields and words of LINE's own OpenAPI document, where LINE_OPENAPI_DIR points to it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.messages import check, check_action
from bot.messages.faults import Fault
from tests.line_messages import box, bubble, flex

if "LINE_OPENAPI_DIR" not in os.environ:
    pytest.skip("LINE_OPENAPI_DIR is not set: messages are not compared with LINE's document", allow_module_level=True)

SCHEMAS: dict[str, Any] = yaml.safe_load(
    (Path(os.environ["LINE_OPENAPI_DIR"]) / "messaging-api.yml").read_text(encoding="utf-8")
)["components"]["schemas"]

Put = Callable[[dict[str, Any]], list[Fault]]


def message(value: dict[str, Any]) -> list[Fault]:
    return check([value])


def template(value: dict[str, Any]) -> list[Fault]:
    return check([{"type": "template", "altText": "a", "template": value}])


def column(kind: str) -> Put:
    return lambda value: template({"type": kind, "columns": [value]})


def component(value: dict[str, Any]) -> list[Fault]:
    if value["type"] == "span":
        return check([flex(bubble({"type": "text", "contents": [value]}))])
    if value["type"] == "video":
        return check([flex(bubble(hero=value))])
    return check([flex(bubble(box(value, layout="baseline") if value["type"] == "icon" else value))])


def imagemap_action(value: dict[str, Any]) -> list[Fault]:
    return check([{"type": "imagemap", "actions": [value]}])


def action(value: dict[str, Any]) -> list[Fault]:
    return check_action(value, within="rich_menu" if value["type"] == "richmenuswitch" else "quick_reply")


# The schemas of one union, and how an object of each gets into a message.
UNIONS: list[tuple[str, Put]] = [
    ("Message", message),
    ("Template", template),
    ("FlexContainer", lambda value: check([flex(value)])),
    ("FlexComponent", component),
    ("ImagemapAction", imagemap_action),
    ("Action", action),
    ("SubstitutionObject", lambda value: check([{"type": "textV2", "text": "{a}", "substitution": {"a": value}}])),
    ("FlexBoxBackground", lambda value: check([flex(bubble(box(background=value)))])),
]
SINGLES: list[tuple[str, Put]] = [
    ("QuickReply", lambda value: check([{"type": "text", "text": "a", "quickReply": value}])),
    ("QuickReplyItem", lambda value: check([{"type": "text", "text": "a", "quickReply": {"items": [value]}}])),
    ("Sender", lambda value: check([{"type": "text", "text": "a", "sender": value}])),
    ("Emoji", lambda value: check([{"type": "text", "text": "a", "emojis": [value]}])),
    ("CarouselColumn", column("carousel")),
    ("ImageCarouselColumn", column("image_carousel")),
    ("ImagemapBaseSize", lambda value: check([{"type": "imagemap", "baseSize": value}])),
    ("ImagemapVideo", lambda value: check([{"type": "imagemap", "video": value}])),
    ("ImagemapExternalLink", lambda value: check([{"type": "imagemap", "video": {"externalLink": value}}])),
    ("ImagemapArea", lambda value: imagemap_action({"type": "uri", "area": value})),
    ("FlexBubbleStyles", lambda value: check([flex(bubble(styles=value))])),
    ("FlexBlockStyle", lambda value: check([flex(bubble(styles={"body": value}))])),
    ("AltUri", lambda value: check_action({"type": "uri", "altUri": value}, within="flex")),
]
CASES: list[tuple[str, str | None, Put]] = [
    (mapped.rpartition("/")[2], kind, put)
    for union, put in UNIONS
    for kind, mapped in SCHEMAS[union]["discriminator"]["mapping"].items()
] + [(name, None, put) for name, put in SINGLES]


def fields_of(name: str) -> dict[str, Any]:
    """All properties of a schema with those it inherits."""
    found: dict[str, Any] = {}
    for part in [*SCHEMAS[name].get("allOf", []), SCHEMAS[name]]:
        inherited = part.get("$ref", "").rpartition("/")[2]
        found |= fields_of(inherited) if inherited else part.get("properties", {})
    return found


def required_of(name: str) -> set[str]:
    parts = [*SCHEMAS[name].get("allOf", []), SCHEMAS[name]]
    inherited = [part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part]
    return set().union(*(part.get("required", []) for part in parts), *(required_of(one) for one in inherited))


@pytest.mark.parametrize("name,kind,put", CASES, ids=[case[0] for case in CASES])
def test_every_field_of_line_is_known_and_every_required_one_is_asked_for(
    name: str, kind: str | None, put: Put
) -> None:
    typed = {"type": kind} if kind else {}
    fields = fields_of(name)
    faults = put({**typed, **{field: None for field in fields if field != "type" or not kind}})
    assert [fault.place for fault in faults if fault.code == "unknown_field"] == []
    missing = {fault.path[-1] for fault in put(dict(typed)) if fault.code == "missing"}
    assert required_of(name) - {"type"} <= missing


@pytest.mark.parametrize("name,kind,put", CASES, ids=[case[0] for case in CASES])
def test_every_word_that_line_lists_is_taken(name: str, kind: str | None, put: Put) -> None:
    typed = {"type": kind} if kind else {}
    for field, schema in fields_of(name).items():
        for word in schema.get("enum", []):
            places = [fault.path[-1] for fault in put({**typed, field: word}) if fault.code == "not_allowed"]
            assert field not in places, f"{name}.{field}={word}"


def test_every_limit_on_a_texts_length_is_no_looser_than_lines() -> None:
    for name, kind, put in CASES:
        for field, schema in fields_of(name).items():
            most = schema.get("maxLength")
            if most is None:
                continue
            value = {**({"type": kind} if kind else {}), field: "https://" + "a" * most}
            found = [fault for fault in put(value) if fault.path[-1] == field and fault.code == "too_long"]
            assert found, f"{name}.{field}"
            assert found[0].parameters["most"] == most, f"{name}.{field}"
