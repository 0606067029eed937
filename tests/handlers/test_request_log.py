"""What is noted of a request."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot import logs

PERSON = "U" + "0a1b" * 8


@pytest.fixture
def stream(client: FlaskClient) -> Iterator[io.StringIO]:
    """The log, from here on; the application has set up its own before."""
    assert client is not None
    logs.flush()
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    logs.flush()
    logs.configure("WARNING")


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    logs.flush()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_webhook_is_noted_with_address_method_path_and_status(client: FlaskClient, stream: io.StringIO) -> None:
    client.post("/callback", data=b"{}", environ_overrides={"REMOTE_ADDR": "147.92.150.9"})
    (entry,) = entries(stream)
    assert (entry["address"], entry["method"], entry["path"], entry["status"]) == (
        "147.92.150.9",
        "POST",
        "/callback",
        400,
    )
    assert entry["time"].endswith("+00:00")


def test_a_persons_id_in_a_path_stays_out_of_the_log(client: FlaskClient, stream: io.StringIO) -> None:
    client.get(f"/api/v1/friends/{PERSON}", headers={"Authorization": "Bearer yanglai_0123456789012345678901234567"})
    client.get(f"/somewhere/{PERSON}/else")
    first, second = entries(stream)
    assert first["path"].startswith("/api/v1/friends/<")
    assert second["path"] == "/somewhere/U…/else"
    assert PERSON not in stream.getvalue()
    assert "yanglai_0" not in stream.getvalue()


def test_probes_are_not_noted(client: FlaskClient, stream: io.StringIO) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert entries(stream) == []
