"""A second tool hears every webhook as LINE sent it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
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


def wait(db: Database, url: str, body: bytes = BODY) -> None:
    with db.begin() as session:
        account = session.get_one(Account, 1)
        account.forward_url, account.forward_enabled = url, True
        session.add(ForwardedWebhook(body=body, signature="sig=", received_at=NOW, due_at=NOW))


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


class SecondTool(ForwardingGateway):
    """A second tool that hears bodies, each in some seconds, and fails for some."""

    def __init__(self, *, seconds: int = 0) -> None:
        self.now = NOW
        self.seconds = seconds
        self.heard: list[bytes] = []
        self.fails: dict[bytes, GatewayError] = {}

    def forward(self, url: str, body: bytes, *, signature: str) -> None:  # noqa: ARG002
        self.now += timedelta(seconds=self.seconds)
        self.heard.append(body)
        if body in self.fails:
            raise self.fails[body]


def queue(db: Database, *bodies: bytes) -> None:
    for body in bodies:
        wait(db, "http://tool.example/hook", body)


def waiting(db: Database) -> list[tuple[bytes, int]]:
    with db() as session:
        rows = session.scalars(select(ForwardedWebhook).order_by(ForwardedWebhook.id))
        return [(row.body, row.attempts) for row in rows if row.state is ForwardState.DUE]


def test_a_tool_that_is_down_keeps_the_rest_waiting_untried_and_hears_all_in_their_order(db: Database) -> None:
    queue(db, b"1", b"2", b"3")
    tool = SecondTool()
    tool.fails = {b"2": GatewayError("沒有回應")}
    assert forwards.send_due(db, tool, now=lambda: NOW) == 2
    assert tool.heard == [b"1", b"2"]
    assert waiting(db) == [(b"2", 1), (b"3", 0)]

    assert forwards.send_due(db, tool, now=lambda: later(seconds=9)) == 0
    tool.fails = {}
    assert forwards.send_due(db, tool, now=lambda: later(seconds=10)) == 2
    assert tool.heard == [b"1", b"2", b"2", b"3"]


def test_a_tool_that_does_not_like_one_webhook_gets_the_next_at_once(db: Database) -> None:
    queue(db, b"1", b"2")
    tool = SecondTool()
    tool.fails = {b"1": GatewayRefusedError("第二個系統回了 400", status=400)}
    assert forwards.send_due(db, tool, now=lambda: NOW) == 2
    assert waiting(db) == [(b"1", 1)]


def test_a_slow_tool_never_outlasts_the_lease(db: Database) -> None:
    queue(db, *(b"%d" % number for number in range(10)))
    tool = SecondTool(seconds=13)
    forwards.send_due(db, tool, now=lambda: tool.now)
    assert tool.now - NOW < forwards.LEASE
    assert [attempts for _, attempts in waiting(db)] == [0] * (10 - len(tool.heard))
    while forwards.send_due(db, tool, now=lambda: tool.now):
        pass
    assert tool.heard == [b"%d" % number for number in range(10)]


def test_a_redirect_is_not_followed(db: Database, second_tool: HTTPServer) -> None:
    second_tool.expect_request("/hook").respond_with_data("", status=302, headers={"Location": "/elsewhere"})
    wait(db, second_tool.url_for("/hook"))
    forwards.send_due(db, ForwardingGateway(), now=lambda: NOW)
    assert only(db).state is ForwardState.DUE
    assert [request.path for request, _ in second_tool.log] == ["/hook"]
