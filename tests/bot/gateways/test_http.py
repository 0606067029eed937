"""Small HTTP calls: what others answer becomes JSON or one of our two failures."""

import socket
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.http import HttpClient


@pytest.fixture
def client(httpserver: HTTPServer) -> HttpClient:
    return HttpClient(httpserver.url_for("").rstrip("/"), party="LINE Login")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_no_is_a_refusal_with_its_status(httpserver: HTTPServer, client: HttpClient, status: int) -> None:
    httpserver.expect_request("/x").respond_with_json({"error": "invalid_grant"}, status=status)

    with pytest.raises(GatewayRefusedError, match="invalid_grant") as refusal:
        client.get_json("/x")
    assert refusal.value.status == status


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_trouble_on_their_side_is_a_failure_that_may_be_tried_again(
    httpserver: HTTPServer, client: HttpClient, status: int
) -> None:
    httpserver.expect_request("/x").respond_with_data("<h1>sorry</h1>", status=status)

    with pytest.raises(GatewayError) as failure:
        client.get_json("/x")
    assert not isinstance(failure.value, GatewayRefusedError)


@pytest.mark.parametrize("body", ["", "no json", "[1]", '"text"', '{"half":'])
def test_a_yes_nobody_can_read_is_a_failure(httpserver: HTTPServer, client: HttpClient, body: str) -> None:
    httpserver.expect_request("/x").respond_with_data(body, content_type="application/json")

    with pytest.raises(GatewayError):
        client.get_json("/x")


def test_nobody_answering_is_a_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = HttpClient(f"http://127.0.0.1:{unused.getsockname()[1]}", party="LINE Login")

        with pytest.raises(GatewayError, match="LINE Login 沒有回應"):
            client.get_json("/x")


def test_a_server_that_falls_silent_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = HttpClient(f"http://127.0.0.1:{silent.getsockname()[1]}", party="LINE Login", patience=0.2)

        with pytest.raises(GatewayError, match="ReadTimeout"):
            client.get_json("/x")


def test_what_was_sent_never_gets_into_a_text(httpserver: HTTPServer, client: HttpClient) -> None:
    echo = {"error": "invalid_client", "error_description": "wrong secret hush-hush-hush with token bearer-token"}
    httpserver.expect_request("/x").respond_with_json(echo, status=400)

    with pytest.raises(GatewayRefusedError) as refusal:
        client.post_form("/x", {"client_secret": "hush-hush-hush"}, token="bearer-token")
    assert "hush-hush-hush" not in str(refusal.value)
    assert "bearer-token" not in str(refusal.value)
    assert "invalid_client" in str(refusal.value)


def test_forms_and_json_arrive_as_they_should(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/form", data="a=1&b=%E5%A5%BD", method="POST").respond_with_json({"form": True})
    httpserver.expect_request("/json", json={"a": "好"}, method="POST").respond_with_json({"json": True})

    assert client.post_form("/form", {"a": "1", "b": "好"}) == {"form": True}
    assert client.post_json("/json", {"a": "好"}) == {"json": True}


def test_one_persons_cookie_is_not_sent_for_the_next(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/x").respond_with_json({}, headers={"Set-Cookie": "who=first; Path=/"})

    client.get_json("/x")
    client.get_json("/x")
    assert "Cookie" not in httpserver.log[1][0].headers


def test_the_machines_netrc_does_not_replace_a_token(
    httpserver: HTTPServer, client: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {httpserver.host} login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/x").respond_with_json({})

    client.get_json("/x", token="given")
    client.get_json("/x")
    assert httpserver.log[0][0].headers["Authorization"] == "Bearer given"
    assert "Authorization" not in httpserver.log[1][0].headers
