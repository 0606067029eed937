"""Every operation of the API, called with what its description allows and with much that it does not."""

import logging
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from bot.database import Database
from bot.services import friends, games, keyword_rules, segments, tags, tracked_links, uploaded_lists
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from bot.services.keyword_rules import RuleContent
from handlers.api import access
from handlers.api.limits import Limits
from models import GameKind, Role
from tests.conftest import NOW
from tests.handlers.api.conftest import make_token
from tests.quiz_factories import make_quiz

EXAMPLES = 12  # of each operation and kind, on each database
KNOWN = "U" + "0123456789abcdef" * 2


def a_body_that_is_not_allowed_is_refused(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Only bodies: what the generator puts into headers and addresses is often not there any more when it is sent."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    if body is None or body.mode is not GenerationMode.NEGATIVE:
        return None
    return checks.negative_data_rejection(ctx, response, case)


CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    a_body_that_is_not_allowed_is_refused,
]
THERE = {"line_user_id": KNOWN} | dict.fromkeys(
    ("tag_id", "rule_id", "quiz_id", "link_id", "game_id", "segment_id", "list_id"), 1
)


@pytest.fixture
def unlimited(app: Flask, db: Database) -> Flask:
    """An application that answers as fast as it can, with one of everything in it."""
    app.extensions[access.EXTENSION] = Limits(per_second=1e9, burst=1e9)
    with db.begin() as session:
        friends.insert_unknown(session, [KNOWN], now=NOW)
        tags.create(session, "嬰兒副食品", by=OPERATOR, now=NOW)
        tracked_links.create(session, name="海報", code="poster", by=OPERATOR, now=NOW)
        content = RuleContent("價格", [{"text": "價格", "match": "exact"}], [{"type": "text", "text": "100"}])
        keyword_rules.create(session, content, by=OPERATOR, now=NOW)
        make_quiz(session)
        wheel = GameContent("轉盤", GameKind.WHEEL, [PrizeContent("貼圖", 500_000)])
        games.create(session, wheel, by=OPERATOR, now=NOW)
        segments.create(session, "所有人", {"all": []}, by=OPERATOR, now=NOW)
        uploaded_lists.create_from_ids(session, "名單", [KNOWN], by=OPERATOR, now=NOW)
    return app


@pytest.mark.parametrize(
    "mode, places",
    [
        (GenerationMode.POSITIVE, {}),
        (GenerationMode.POSITIVE, THERE),
        (GenerationMode.NEGATIVE, {}),
        (GenerationMode.NEGATIVE, THERE),
    ],
    ids=["allowed", "allowed-and-there", "not-allowed", "not-allowed-and-there"],
)
def test_whatever_is_sent_the_answer_is_one_that_is_promised(
    unlimited: Flask, db: Database, mode: GenerationMode, places: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {make_token(db, Role.OWNER)}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", unlimited)

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        named = {name: value for name, value in places.items() if f"{{{name}}}" in operation.path}
        if places and not named:
            continue
        _try_out(operation, mode, named, headers)

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def _try_out(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, named: dict[str, Any], headers: dict[str, str]
) -> None:
    @seed(20261120)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck)
    )
    @given(operation.as_strategy(generation_mode=mode, path_parameters=named or None))
    def call(case: Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()
