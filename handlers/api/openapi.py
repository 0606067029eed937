"""The OpenAPI 3.1 document, made from what each operation promises."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_babel import gettext
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from handlers.api import uploads
from handlers.api.operations import NO_CONTENT, Operation, operation_of
from handlers.api.problems import CONTENT_TYPE
from handlers.api.reading import MOST_BYTES
from handlers.api.repeats import HEADER, LONGEST_KEY
from handlers.api.shapes import Problem
from models import Role

PREFIX = "/api/v1"
TITLE = "Yanglai 仰賴"
VERSION = "1"
JSON = "application/json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

References = Mapping[tuple[type[Any], JsonSchemaMode], str]

_PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_PLACES: dict[str, dict[str, Any]] = {
    "line_user_id": {"type": "string", "pattern": "^U[0-9a-f]{32}$", "examples": ["U" + "0123456789abcdef" * 2]},
}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


@dataclass(frozen=True)
class Documented:
    """One operation, its address and its words."""

    path: str
    method: str
    name: str
    section: str
    promise: Operation


def document(app: Flask) -> dict[str, Any]:
    """Return the document in the reader's language."""
    found = list(documented(app))
    references, schemas = _schemas(found)
    paths: dict[str, dict[str, Any]] = {}
    for one in found:
        paths.setdefault(braced(one.path), {})[one.method.lower()] = _operation(one, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": _about()},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def documented(app: Flask) -> Iterator[Documented]:
    """Yield the operations of the API in the order of their addresses."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        promise = operation_of(view)
        if promise is None or not rule.rule.startswith(f"{PREFIX}/"):
            continue
        for method in (method for method in METHODS if method in (rule.methods or ())):
            yield Documented(
                path=rule.rule.removeprefix(PREFIX),
                method=method,
                name=_name(rule),
                section=rule.rule.removeprefix(PREFIX).split("/")[1],
                promise=promise,
            )


def braced(path: str) -> str:
    """Write the places of a path as OpenAPI does: `/tags/{tag_id}`."""
    return _PLACE.sub(r"{\g<name>}", path)


def _about() -> str:
    about: str = gettext(
        "時間為 ISO 8601 並含時差。清單以 limit 與 after 逐頁讀取：把回應的 next 放進 after，直到 next 為 null。"
        "每個 POST 都可以附 Idempotency-Key：24 小時內同一把金鑰、同一路徑、同樣內容只會執行一次，並得到相同的回應；"
        "內容不同為 422，第一個還在處理為 409。錯誤以 application/problem+json 回應。"
    )
    return about


def _name(rule: Rule) -> str:
    blueprint, _, function = rule.endpoint.partition(".")
    return f"{blueprint.removeprefix('api_')}_{function}"


def _schemas(operations: Iterable[Documented]) -> tuple[References, dict[str, Any]]:
    """Return the reference of each model by (model, mode), and the schemas behind the references."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for one in operations:
        if one.promise.body is not None:
            wanted[(one.promise.body, "validation")] = None
        if one.promise.form is not None:
            wanted[(one.promise.form, "validation")] = None
        if one.promise.answer is not None:
            wanted[(one.promise.answer, "serialization")] = None
    references, schemas = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    described = {name: _spoken(schema) for name, schema in schemas.get("$defs", {}).items()}
    return {(model, mode): found["$ref"] for (model, mode), found in references.items()}, described


def _spoken(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in the reader's language what a schema says of its fields; our own docstrings stay with the code."""
    spoken = {key: value for key, value in schema.items() if key not in ("description", "title")}
    for field in spoken.get("properties", {}).values():
        field.pop("title", None)
        if "description" in field:
            field["description"] = gettext(field["description"])
    return spoken


def _operation(one: Documented, references: References) -> dict[str, Any]:
    promise = one.promise
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": gettext(promise.summary),
        "description": gettext(promise.details) if promise.details else "",
        "tags": [one.section],
        "x-role": promise.role.value,
        "parameters": [*_places(one), *_questions(promise), *_keys(one)],
        "responses": _responses(one, references),
    }
    if promise.body is not None:
        schema = {"$ref": references[(promise.body, "validation")]}
        described["requestBody"] = {"required": promise.body_required, "content": {JSON: {"schema": schema}}}
    if promise.form is not None:
        schema = {"$ref": references[(promise.form, "validation")]}
        described["requestBody"] = {"required": True, "content": {uploads.KIND: {"schema": schema}}}
    return described


def _places(one: Documented) -> Iterator[dict[str, Any]]:
    for found in _PLACE.finditer(one.path):
        schema = _NUMBER if found["kind"] == "int" else _PLACES.get(found["name"], {"type": "string"})
        yield {"name": found["name"], "in": "path", "required": True, "schema": schema}


def _questions(promise: Operation) -> Iterator[dict[str, Any]]:
    if promise.query is None:
        return
    schema = promise.query.model_json_schema()
    for name, field in schema["properties"].items():
        described = {key: value for key, value in field.items() if key not in ("title", "description", "default")}
        options = [option for option in described.pop("anyOf", ()) if option != {"type": "null"}]
        for option in options:
            described |= option
        if field.get("default") is not None:
            described["default"] = field["default"]
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": gettext(field["description"]) if "description" in field else "",
            "schema": described,
        }


def _keys(one: Documented) -> Iterator[dict[str, Any]]:
    if one.method == "POST":
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
        yield {"name": HEADER, "in": "header", "required": False, "schema": schema}


def _responses(one: Documented, references: References) -> dict[str, Any]:
    promise = one.promise
    done: dict[str, Any] = {"description": gettext("完成")}
    if promise.answer is not None and promise.status != NO_CONTENT:
        done["content"] = {JSON: {"schema": {"$ref": references[(promise.answer, "serialization")]}}}
    problem = {CONTENT_TYPE: {"schema": {"$ref": references[(Problem, "serialization")]}}}
    answers = {str(promise.status): done}
    for status in sorted(_refusals(one)):
        answers[str(status)] = {"description": _meaning(status), "content": problem}
    return answers


def _refusals(one: Documented) -> set[int]:
    statuses = {401, 429, 503, *one.promise.refusals}
    if one.promise.role is not Role.VIEWER:
        statuses.add(403)
    if _PLACE.search(one.path) or one.path.endswith("/sync"):
        statuses.add(404)
    if one.promise.body is not None or one.promise.form is not None:
        statuses |= {400, 413, 415, 422}
    if one.promise.query is not None:
        statuses.add(422)
    if one.method == "POST":
        statuses |= {400, 409, 422}
    return statuses


def _meaning(status: int) -> str:
    meanings: dict[int, str] = {
        400: gettext("請求格式錯誤"),
        401: gettext("金鑰不存在或已撤銷"),
        403: gettext("金鑰的權限不足"),
        404: gettext("找不到"),
        409: gettext("與目前狀態衝突"),
        413: gettext("內容超過 %(most)s 位元組", most=MOST_BYTES),
        415: gettext("內容類型不是 JSON"),
        422: gettext("內容有誤；errors 指出欄位"),
        429: gettext("請求太頻繁；等 Retry-After 秒"),
        503: gettext("暫時無法服務"),
    }
    return meanings.get(status, "")
