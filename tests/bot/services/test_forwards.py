"""A second tool hears every webhook as LINE sent it."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from bot.database import Database
from bot.gateways.forwarding import ForwardingGateway
from bot.services import forwards
from models import Account, ForwardedWebhook, ForwardState
from tests.conftest import NOW
from tests.factories import later

BODY = b'{"events": [ {"type":"x"} ]}'


@pytest.fixture
def second_tool() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1") as server:
        yield server


def wait(db: Database, url: str) -> None:
    with db.begin() as session:
        account = session.get_one(Account, 1)
        account.forward_url, account.forward_enabled = url, True
        session.add(ForwardedWebhook(body=BODY, signature="sig=", received_at=NOW, due_at=NOW))


def only(db: Database) -> ForwardedWebhook:
    with db() as session:
        return session.scalars(select(ForwardedWebhook)).one()


def test_a_webhook_arrives_byte_for_byte_with_its_signature_and_is_then_forgotten(
    db: Database, second_tool: HTTPServer
) -> None:
    heard: list[tuple[bytes, str | None]] = []

    def hear(request: Request) -> Response:
        heard.append((request.get_data(), request.headers.get("X-Line-Signature")))
        return Response("ok")

    second_tool.expect_request("/hook", method="POST").respond_with_handler(hear)
    wait(db, second_tool.url_for("/hook"))

    assert forwards.send_due(db, ForwardingGateway(), now=lambda: NOW) == 1
    assert forwards.send_due(db, ForwardingGateway(), now=lambda: later(hours=1)) == 0

    assert heard == [(BODY, "sig=")]
    assert (only(db).state, only(db).body) == (ForwardState.SENT, b"")


def test_a_tool_that_is_down_gets_it_later_and_is_given_up_at_last(db: Database, second_tool: HTTPServer) -> None:
    second_tool.expect_request("/hook").respond_with_data("no", status=503)
    wait(db, second_tool.url_for("/hook"))
    forwards.send_due(db, ForwardingGateway(), now=lambda: NOW)
    row = only(db)
    assert (row.state, row.attempts, row.body) == (ForwardState.DUE, 1, BODY)
    assert row.due_at > NOW
    assert "503" in str(row.error)

    moment = NOW
    for _ in range(forwards.MOST_ATTEMPTS):
        moment = max(only(db).due_at, moment)
        forwards.send_due(db, ForwardingGateway(), now=lambda moment=moment: moment)  # type: ignore[misc]
    assert only(db).state is ForwardState.FAILED


def test_a_redirect_is_not_followed(db: Database, second_tool: HTTPServer) -> None:
    second_tool.expect_request("/hook").respond_with_data("", status=302, headers={"Location": "/elsewhere"})
    wait(db, second_tool.url_for("/hook"))
    forwards.send_due(db, ForwardingGateway(), now=lambda: NOW)
    assert only(db).state is ForwardState.DUE
    assert [request.path for request, _ in second_tool.log] == ["/hook"]
