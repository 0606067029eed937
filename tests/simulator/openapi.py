"""Requests and answers held against LINE's own OpenAPI documents, where LINE_OPENAPI_DIR says they are.

The documents tell subtypes of messages, actions and events apart by discriminator only, which validators of
JSON Schema do not follow. So every reference to such a base becomes one to a schema that looks at the
discriminator and applies the subtype, with no property the documents do not know.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from openapi_schema_validator import OAS31Validator

DIRECTORY = os.environ.get("LINE_OPENAPI_DIR", "")
DOCUMENTS = ("messaging-api.yml", "insight.yml", "manage-audience.yml")
NOT_DESCRIBED = re.compile(  # newer than LINE's documents
    r"/v2/bot/message/(pnp/templated/push|delivery/pnp/templated)$"
)
WHY_SKIPPED = "LINE_OPENAPI_DIR is not set: nothing was held against LINE's OpenAPI documents"
Json = dict[str, Any]


def available() -> bool:
    """Whether the documents are there to check against."""
    return bool(DIRECTORY)


class Document:
    """One OpenAPI document with its schemas made ready for a validator."""

    def __init__(self, file: Path) -> None:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.paths: Json = raw["paths"]
        schemas: Json = raw["components"]["schemas"]
        self._dispatched = {name for name, schema in schemas.items() if "mapping" in schema.get("discriminator", {})}
        self.schemas: Json = {}
        for name, schema in schemas.items():
            self.schemas[name] = self.prepared(schema)
            if name in self._dispatched:
                self.schemas[f"{name}.any"] = dispatch(name, schema["discriminator"])

    def prepared(self, node: Any, *, as_base: bool = False) -> Any:
        """A copy in which references to bases follow the discriminator, except where a subtype names its base."""
        if isinstance(node, list):
            return [self.prepared(item) for item in node]
        if not isinstance(node, dict):
            return node
        copy: Json = {}
        for key, value in node.items():
            if key == "$ref":
                name = value.rpartition("/")[2]
                copy[key] = pointer(f"{name}.any" if name in self._dispatched and not as_base else name)
            elif key == "allOf":
                copy[key] = [self.prepared(item, as_base=True) for item in value]
            elif key not in {"discriminator", "example", "externalDocs", "nullable"}:
                copy[key] = self.prepared(value)
        if node.get("nullable") is True and "type" in copy:
            copy["type"] = [copy["type"], "null"]
        return copy

    def problems(self, schema: Json, value: Any) -> list[str]:
        """What the schema finds wrong, as `place: message`."""
        validator = OAS31Validator({**self.prepared(schema), "components": {"schemas": self.schemas}})
        return [f"{error.json_path}: {error.message}" for error in leaves(validator.iter_errors(value))]


def pointer(name: str) -> str:
    return f"#/components/schemas/{name}"


def dispatch(name: str, discriminator: Json) -> Json:
    """The base, and by its discriminator one of the subtypes, strictly."""
    property_name, mapping = discriminator["propertyName"], discriminator["mapping"]
    branches = [
        {
            "if": {"properties": {property_name: {"const": value}}, "required": [property_name]},
            "then": {"$ref": pointer(target.rpartition("/")[2]), "unevaluatedProperties": False},
        }
        for value, target in mapping.items()
    ]
    known = {"properties": {property_name: {"enum": sorted(mapping)}}}
    return {"allOf": [{"$ref": pointer(name)}, known, *branches]}


def leaves(errors: Iterator[Any]) -> Iterator[Any]:
    for error in errors:
        if error.context:
            yield from leaves(iter(error.context))
        else:
            yield error


@cache
def documents() -> list[Document]:
    return [Document(Path(DIRECTORY) / name) for name in DOCUMENTS]


@cache
def webhook_document() -> Document:
    return Document(Path(DIRECTORY) / "webhook.yml")


def operation(method: str, path: str) -> tuple[Document, Json]:
    """The document and the operation that describe a request.

    Raises LookupError if LINE has no such endpoint.
    """
    plain = urlsplit(path).path
    candidates: list[tuple[int, Document, Json]] = []
    for document in documents():
        for template, operations in document.paths.items():
            pattern = re.sub(r"\\\{[^}]*\\\}|\{[^}]*\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, plain) and method.lower() in operations:
                candidates.append((template.count("{"), document, operations[method.lower()]))
    if not candidates:
        raise LookupError(f"LINE's documents know no {method} {plain}")
    _, document, found = min(candidates, key=lambda candidate: candidate[0])
    return document, found


def check_request(method: str, path: str, body: Any) -> None:
    """Raise AssertionError if LINE's documents do not allow this body; nothing without the documents."""
    if not available() or NOT_DESCRIBED.search(urlsplit(path).path):
        return
    document, found = operation(method, path)
    content = found.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        assert body in (None, b"", {}), f"{method} {path} takes no JSON"
        return
    problems = document.problems(content["schema"], body)
    assert not problems, f"request {method} {path}: {problems}"


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """Raise AssertionError if LINE's documents do not allow this answer; nothing without the documents.

    Statuses a document leaves out are those any endpoint may give: their body is an error response.
    """
    if not available() or NOT_DESCRIBED.search(urlsplit(path).path):
        return
    document, found = operation(method, path)
    described = found["responses"].get(str(status))
    if described is None:
        assert status >= 400, f"{method} {path} is not documented to answer {status}"
        problems = documents()[0].problems({"$ref": pointer("ErrorResponse")}, body)
    else:
        content = described.get("content", {}).get("application/json")
        problems = document.problems(content["schema"], body) if content is not None else []
    assert not problems, f"answer {status} of {method} {path}: {problems}"


def check_webhook(body: Any) -> None:
    """Raise AssertionError if LINE's documents do not allow this webhook body; nothing without the documents."""
    if not available():
        return
    problems = webhook_document().problems({"$ref": pointer("CallbackRequest")}, body)
    assert not problems, f"webhook: {problems}"


def check_received(rows: list[Json]) -> None:
    """Check every request in what `GET /simulator/received` told, and its answer."""
    for row in rows:
        method, path = row["endpoint"].split(" ")[0], row["path"]
        if row["status"] < 400 and row["status"]:
            check_request(method, path, row["body"] if isinstance(row["body"], dict) else None)
        if row["status"] and not row["fault"] and isinstance(row["answer"], dict):
            check_response(method, path, row["status"], row["answer"])
