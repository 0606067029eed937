"""What every request to LINE passes: request id, size, faults on demand, token, rate limit, ledger."""

import json
import re
import sys
import time
from typing import Any

from flask import Blueprint, Response, g, request

from simulator import identifiers
from simulator.faults import Mishap
from simulator.ledger import Received
from simulator.line_errors import LineError, bad_property, monthly_limit, too_fast
from simulator.retry_keys import SENDING_ENDPOINTS
from simulator.world import current_world

LARGEST_BODY = 2_000_000
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
CAMEL = re.compile(r"_(\w)")
UNTOLD = frozenset({"Authorization", "Host", "Connection", "Accept", "Accept-Encoding", "Content-Length"})
REPEATED = frozenset({"Content-Type", "User-Agent"})
BEFORE = frozenset({"rate_limit", "monthly_limit", "error_before", "reset_before", "timeout_before"})
_names: dict[str, str] = {}


def guard(blueprint: Blueprint) -> None:
    """Put the gate before and behind every endpoint of a blueprint."""
    blueprint.before_request(enter)
    blueprint.after_request(leave)


def documented_name(rule: str) -> str:
    """A Flask rule as LINE writes it: /v2/bot/profile/{userId}."""
    known = _names.get(rule)
    if known is None:
        known = PLACEHOLDER.sub(lambda found: "{" + camel(found[1]) + "}", rule)
        _names[rule] = known
    return known


def camel(name: str) -> str:
    return CAMEL.sub(lambda found: found[1].upper(), name)


def enter() -> None:
    """Note the request, let faults strike, then refuse what LINE would refuse anywhere."""
    world = current_world()
    rule = request.url_rule.rule if request.url_rule is not None else request.path
    endpoint = sys.intern(f"{request.method} {documented_name(rule)}")
    too_large = (request.content_length or 0) > LARGEST_BODY
    g.received = Received(
        number=world.ledger.next_number(),
        endpoint=endpoint,
        path=sys.intern(request.path),
        query=request.query_string.decode("latin-1"),
        at_ms=int(time.time() * 1000),
        request_id=identifiers.request_id(),
        headers=telling_headers(),
        body=b"" if too_large else request.get_data(),
    )
    g.mishap = world.faults.meet(endpoint, request.path)
    strike_before(g.mishap)
    if too_large or len(g.received.body) > LARGEST_BODY:
        raise LineError(413, "Request exceeds the max size of 2MB")
    check_token()
    if not world.rate_limits.allows(endpoint):
        raise too_fast()
    if "X-Line-Retry-Key" in request.headers and endpoint not in SENDING_ENDPOINTS:
        raise LineError(400, "The retry key is not supported by this API")


def telling_headers() -> dict[str, str]:
    """The headers worth keeping; names and what repeats itself are stored once for all requests."""
    return {
        sys.intern(name): sys.intern(value) if name in REPEATED else value
        for name, value in request.headers.items()
        if name not in UNTOLD
    }


def check_token() -> None:
    """401 unless the channel access token is right."""
    given = request.headers.get("Authorization", "")
    if given == f"Bearer {current_world().settings.channel_access_token}":
        return
    scheme, _, token = given.partition(" ")
    if scheme != "Bearer" or not token:
        reason = "Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'"
        raise LineError(401, f"Authentication failed due to the following reason: {reason}")
    reason = "invalid token. Confirm that the access token in the authorization header is valid."
    raise LineError(401, f"Authentication failed due to the following reason: {reason}")


def strike_before(mishap: Mishap) -> None:
    if mishap.delay_seconds:
        time.sleep(mishap.delay_seconds)
    if mishap.kind not in BEFORE:
        return
    g.received.fault = mishap.kind
    if mishap.kind == "rate_limit":
        raise too_fast()
    if mishap.kind == "monthly_limit":
        raise monthly_limit()
    raise LineError(500, "Internal server error")


def leave(response: Response) -> Response:
    """Sign and record the answer; then let a fault swallow it."""
    received: Received | None = g.get("received")
    if received is None:
        return response
    world, mishap = current_world(), g.mishap
    if mishap.kind and mishap.kind not in BEFORE:
        received.fault = mishap.kind
        if mishap.kind == "error_after":
            response = failed()
    response.headers["x-line-request-id"] = received.request_id
    unanswered = mishap.kind.startswith(("reset", "timeout"))
    received.status = 0 if unanswered else response.status_code
    if response.is_json and response.content_length is not None and response.content_length < LARGEST_BODY:
        received.answer = response.get_data()
    world.ledger.note(received)
    world.notices.post()
    if unanswered:
        swallow(mishap)
    return response


def failed() -> Response:
    return Response(b'{"message":"Internal server error"}', status=500, content_type="application/json")


def swallow(mishap: Mishap) -> None:
    """Let the client wait for nothing, or reset the connection at once."""
    if mishap.kind.startswith("timeout"):
        wait = current_world().settings.silence_seconds
        current_world().quiet.wait(wait)
    cut = request.environ.get("simulator.cut")
    if cut is not None:
        cut()


def json_body() -> dict[str, Any]:
    """The JSON object of the request.

    Raises LineError (415, 400) in LINE's words.
    """
    media_type = request.mimetype
    if media_type != "application/json":
        raise LineError(415, f"The content type, {media_type or 'none'}, is not supported")
    try:
        body = json.loads(g.received.body)
    except UnicodeDecodeError as error:
        raise LineError(400, "The request body could not be parsed as JSON (line: 1, column: 1)") from error
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        raise LineError(
            400, f"The request body could not be parsed as JSON (line: {line}, column: {column})"
        ) from error
    if not isinstance(body, dict):
        raise LineError(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
    return body


def maybe_boolean(body: dict[str, Any], name: str) -> None:
    if not isinstance(body.get(name, False), bool):
        raise bad_property(f"'{name}'")
