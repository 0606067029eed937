"""What is said when something is refused or goes wrong."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from bot.errors import BotError, ConflictError, FieldFault, GatewayError, InvalidInputError, NotFoundError

FAILURES: dict[str, Exception] = {
    "missing": NotFoundError("找不到這位好友。"),
    "conflict": ConflictError("「%(name)s」已經存在。", name="VIP"),
    "invalid": InvalidInputError([FieldFault("name", "請填寫名稱。")]),
    "gateway": GatewayError("LINE 沒有回應（%(kind)s）", kind="Timeout"),
    "other": BotError("不行。"),
    "database": OperationalError("SELECT 1", {}, ValueError("connection refused")),
    "bug": KeyError("secret detail"),
}


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    def fail(kind: str) -> str:
        raise FAILURES[kind]

    app.add_url_rule("/fail/<kind>", "fail", fail)
    app.add_url_rule("/api/v1/fail/<kind>", "fail_api", fail)
    app.testing = False
    return app.test_client()


STATUSES = {
    "missing": 404,
    "conflict": 409,
    "invalid": 422,
    "gateway": 502,
    "other": 400,
    "database": 503,
    "bug": 500,
}


@pytest.mark.parametrize("kind, status", STATUSES.items())
def test_every_failure_has_its_status_as_a_page_and_as_a_problem(failing: FlaskClient, kind: str, status: int) -> None:
    page = failing.get(f"/fail/{kind}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    problem = failing.get(f"/api/v1/fail/{kind}")
    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    assert problem.json is not None
    assert problem.json["status"] == status
    assert "secret detail" not in page.text + problem.text


def test_the_sentence_of_a_refusal_is_shown_with_its_values(failing: FlaskClient) -> None:
    assert "「VIP」已經存在。" in failing.get("/fail/conflict").text


def test_a_bug_is_logged_once_under_the_id_that_the_page_shows(
    failing: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        page = failing.get("/fail/bug", headers={"X-Request-ID": "trace-0123456789"})
    assert "trace-0123456789" in page.text
    assert page.headers["X-Request-ID"] == "trace-0123456789"
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_an_address_that_does_not_exist_and_a_method_that_is_not_taken(client: FlaskClient) -> None:
    missing = client.get("/nowhere")
    assert (missing.status_code, "找不到這一頁" in missing.text) == (404, True)
    refused = client.post("/healthz")
    assert (refused.status_code, refused.mimetype) == (405, "text/plain")
    assert "GET" in refused.headers["Allow"]


def test_error_pages_speak_the_readers_language_and_run_nothing(client: FlaskClient) -> None:
    page = client.get("/nowhere")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert 'lang="zh-Hant-TW"' in page.text


def test_an_insane_request_id_is_not_echoed(client: FlaskClient) -> None:
    assert client.get("/nowhere", headers={"X-Request-ID": "<script>"}).headers["X-Request-ID"] != "<script>"
