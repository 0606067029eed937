"""Bodies and addresses that no program should send never do harm, and are refused with the right status."""

import json
from typing import Any

from werkzeug.test import TestResponse

from handlers.api.reading import MOST_BYTES
from tests.handlers.api.conftest import Caller

JSON = "application/json"
RULE: dict[str, Any] = {
    "name": "價格",
    "keywords": [{"text": "價格", "match": "exact"}],
    "messages": [{"type": "text", "text": "一包 100 元"}],
}


def send(caller: Caller, raw: bytes, kind: str | None = JSON, path: str = "/tags", **headers: str) -> TestResponse:
    given = {"Authorization": f"Bearer {caller.token}"} | headers
    return caller.client.post(f"/api/v1{path}", data=raw, content_type=kind, headers=given)


def test_what_is_not_json_is_malformed(marketer: Caller) -> None:
    bodies = [
        b"",
        b"{",
        b"{'name': 1}",
        b'{"name": NaN}',
        b'{"name": -Infinity}',
        b"\xff\xfe{}",
        b'{"name": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"name":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"name": ' + b"[" * 150 + b"]" * 150 + b"}",
        b'{"name": ' + b"9" * 5_000 + b"}",
    ]
    assert [send(marketer, body).status_code for body in bodies] == [400] * len(bodies)


def test_json_that_is_nested_too_deeply_is_told_so(marketer: Caller) -> None:
    for levels in (150, 100_000):
        answer = send(marketer, b"[" * levels + b"]" * levels)
        assert (answer.status_code, answer.get_json()["detail"]) == (400, "JSON 最多 100 層。")


def test_what_nobody_could_keep_is_refused_at_its_place(marketer: Caller) -> None:
    cases = [
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "\\ud800"}', "name"),
        (b'{"name": 1e400}', "name"),
        (b'{"name": 99999999999999999999}', "name"),
        (b'{"name": {"a": ["\\u0000"]}}', "name.a[0]"),
        (b'{"\\u0000": 1}', ""),
        (b'{"\\ud800": 1}', ""),
    ]
    for body, field in cases:
        answer = send(marketer, body)
        assert answer.status_code == 422, body
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_another_type_or_encoding_is_not_taken(marketer: Caller) -> None:
    good = json.dumps({"name": "團購"}).encode()
    for kind in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        "application/xml",
    ):
        assert send(marketer, good, kind).status_code == 415, kind
    assert send(marketer, good, "application/json; charset=big5").status_code == 415
    assert send(marketer, good, **{"Content-Encoding": "gzip"}).status_code == 415
    assert send(marketer, good, "application/json; charset=UTF-8").status_code == 201


def test_a_body_of_more_than_a_megabyte_is_too_big(marketer: Caller) -> None:
    assert send(marketer, b" " * (MOST_BYTES + 1)).status_code == 413
    assert send(marketer, b'{"name": "a"}' + b" " * (MOST_BYTES - 13)).status_code == 201


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"nmae": "價格"}, "nmae"),
    ({"name": None}, "name"),
    ({"name": 5}, "name"),
    ({"name": ""}, "name"),
    ({"keywords": "價格"}, "keywords"),
    ({"keywords": [{"text": "價格", "match": "fuzzy"}]}, "keywords[0].match"),
    ({"keywords": [{"text": "價格", "weight": 1}]}, "keywords[0].weight"),
    ({"keywords": [{}]}, "keywords[0].text"),
    ({"messages": [5]}, "messages[0]"),
    ({"messages": []}, "messages"),
    ({"messages": [{"type": "text"}]}, "messages[0].text"),
    ({"priority": "1"}, "priority"),
    ({"priority": 1.5}, "priority"),
    ({"priority": True}, "priority"),
    ({"priority": 2**40}, "priority"),
    ({"enabled": 1}, "enabled"),
    ({"tags": [1.5]}, "tags[0]"),
    ({"tags": [77]}, "tags[0]"),
    ({"tags": ["  "]}, "tags[0]"),
    ({"segment": 5}, "segment"),
    ({"active_from": 1763600000}, "active_from"),
    ({"active_from": "2026-11-20T12:00:00"}, "active_from"),
    ({"active_from": "2026-11-20"}, "active_from"),
    ({"active_from": "0001-01-01T00:00:00+14:00"}, "active_from"),
    ({"active_from": "9999-12-31T23:59:59-14:00"}, "active_from"),
    ({"active_from": "tomorrow"}, "active_from"),
    ({"hours": [{"days": [0], "from": "09:00", "until": "18:00"}]}, "hours[0].days"),
    ({"hours": [{"days": [1], "from": "9", "until": "18:00"}]}, "hours[0].from"),
]


def test_each_fault_is_named_with_its_place(marketer: Caller) -> None:
    for changes, field in FAULTS:
        answer = marketer.post("/keyword-rules", RULE | changes)
        assert answer.status_code == 422, changes
        assert answer.content_type == "application/problem+json"
        (error,) = answer.get_json()["errors"]
        assert error["field"] == field
        assert error["message"]
    assert marketer.get("/keyword-rules").get_json()["items"] == []
    assert marketer.get("/tags").get_json()["items"] == []


def test_strange_addresses_are_refused_and_break_nothing(owner: Caller) -> None:
    expected = {
        "/friends?limit=0": 422,
        "/friends?limit=201": 422,
        "/friends?limit=x": 422,
        "/friends?limit=1&limit=2": 422,
        "/friends?after=-1": 422,
        "/friends?after=": 422,
        "/friends?after=9999999999999999999": 422,
        "/friends?after=999999999999999999": 200,
        "/friends?tags=1": 422,
        "/friends?tag=99999999999": 422,
        "/friends?state=gone": 422,
        "/friends?search=%00": 422,
        "/friends?search=%ed%a0%80": 200,
        "/friends?search=%25%27%5c": 200,
        "/friends?source=%00": 422,
        "/friends?source=nobody": 200,
        "/friends/%00": 404,
        "/friends/U" + "0" * 32: 404,
        "/friends/U" + "0" * 32 + "%0a": 404,
        "/friends/%ed%a0%80/timeline": 404,
        "/friends/U%2f..%2f/chat": 404,
        "/tags?after=999999999999999999": 200,
        "/tags/0": 404,
        "/tags/-1": 404,
        "/tags/99999999999999999999999999": 404,
        "/tags/" + "9" * 5000: 404,
        "/keyword-rules/2147483648": 404,
        "/keyword-rules?after=999999999999999999": 200,
        "/links?after=999999999999999999": 200,
        "/links/2147483648": 404,
        "/unanswered?after=1": 422,
        "/unanswered?after=99999999999999999-999999999999999999": 200,
        "/reports/blocks?from=2026-02-30": 422,
        "/reports/blocks?from=2026-11-20&to=2026-11-19": 422,
        "/reports/blocks?from=0001-01-01&to=9999-12-31": 422,
        "/reports/blocks?to=9999-12-31": 422,
        "/reports/blocks?from=1763600000": 422,
    }
    assert {path: owner.get(path).status_code for path in expected} == expected
