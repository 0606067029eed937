"""The API describes itself, for machines and for people."""

from typing import Any

from flask import Flask
from openapi_schema_validator import OAS31Validator

from handlers.api import openapi
from handlers.api.operations import operation_of
from tests.handlers.api.conftest import Caller


def test_every_operation_is_described_with_its_refusals(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    ours = {
        (openapi.braced(rule.rule.removeprefix(openapi.PREFIX)), method)
        for rule in app.url_map.iter_rules()
        if operation_of(app.view_functions[rule.endpoint])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == ours
    for methods in document["paths"].values():
        for method, operation in methods.items():
            assert {"401", "429"} <= set(operation["responses"])
            assert ("requestBody" in operation) <= ({"400", "413", "415", "422"} <= set(operation["responses"]))
            named = [parameter["name"] for parameter in operation["parameters"]]
            assert ("Idempotency-Key" in named) == (method == "post")


def test_the_schemas_are_schemas_and_every_reference_leads_somewhere(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    for schema in document["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)
    names = {reference.removeprefix("#/components/schemas/") for reference in _references(document)}
    assert names <= set(document["components"]["schemas"])


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [one for inner in value.values() for one in _references(inner)]
    return [one for inner in value for one in _references(inner)] if isinstance(value, list) else []


def test_the_page_for_people_needs_nothing_from_elsewhere(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/docs")
    page = answer.get_data(as_text=True)
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "/api/v1/keyword-rules/try" in page


def test_no_two_pages_share_a_nonce(app: Flask) -> None:
    policies = {app.test_client().get("/api/v1/docs").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_the_description_is_there_for_whoever_has_no_token(app: Flask, owner: Caller) -> None:
    assert owner.get("/openapi.json").data == app.test_client().get("/api/v1/openapi.json").data
