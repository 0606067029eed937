"""The API's own description: for machines, and for people."""

import json
import secrets
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from flask_babel import get_locale

from handlers.api import openapi

EXTENSION = "yanglai_api_documents"

blueprint = Blueprint("api_docs", __name__, template_folder="templates")


@blueprint.get("/openapi.json")
def show_document() -> Response:
    """The OpenAPI document; there is nothing secret in it."""
    written = json.dumps(_document(), ensure_ascii=False)
    return Response(written.encode(), content_type="application/json")


@blueprint.get("/docs")
def show_page() -> Response:
    """The same for people, without a script."""
    nonce = secrets.token_urlsafe(16)
    document = _document()
    language = _language().replace("_", "-")
    page = render_template(
        "api/docs.html", document=document, sections=_sections(document), nonce=nonce, language=language
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _document() -> dict[str, Any]:
    """The document in the reader's language, made once for each."""
    kept: dict[str, dict[str, Any]] = current_app.extensions.setdefault(EXTENSION, {})
    language = _language()
    if language not in kept:
        kept[language] = openapi.document(current_app)
    return kept[language]


def _language() -> str:
    return str(get_locale() or "zh")


@blueprint.app_template_filter("as_json")
def as_json(value: object) -> str:
    """Write a value as JSON that people read."""
    return json.dumps(value, ensure_ascii=False)


def _sections(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Group the operations by what they are about, each with its address and method."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            one = {"path": path, "method": method.upper(), **described}
            sections.setdefault(described["tags"][0], []).append(one)
    return sections
