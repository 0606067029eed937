"""Who calls, what they may do, how fast, and how a refusal reads."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from bot.clock import utc_now
from bot.database import Database
from bot.services import api_tokens
from bot.services.audit import OPERATOR
from handlers.api import access
from handlers.api.limits import Limits
from models import ActorKind, ApiToken, AuditEntry, Role
from tests.handlers.api.conftest import Caller, make_token


def test_without_a_valid_token_nothing_opens(app: Flask, db: Database) -> None:
    client = app.test_client()
    for given in (None, "", "Bearer", "Bearer ", "Basic abc", "Bearer yanglai_wrong", "Bearer \x00", "bearer é"):
        headers = {} if given is None else {"Authorization": given}
        answer = client.get("/api/v1/tags", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"
        assert set(answer.get_json()) == {"title", "status", "detail"}


def test_a_token_taken_back_is_refused_at_once(owner: Caller, db: Database) -> None:
    assert owner.get("/tags").status_code == 200
    with db.begin() as session:
        token = session.scalars(select(ApiToken)).one()
        api_tokens.revoke(session, token.id, by=OPERATOR, now=utc_now())
    assert owner.get("/tags").status_code == 401


def test_each_role_may_do_its_own_and_what_the_lower_ones_may(viewer: Caller, marketer: Caller, owner: Caller) -> None:
    assert [caller.get("/tags").status_code for caller in (viewer, marketer, owner)] == [200, 200, 200]
    made = [caller.post("/tags", {"name": caller.token}).status_code for caller in (viewer, marketer, owner)]
    assert made == [403, 201, 201]
    assert [caller.get("/settings").status_code for caller in (viewer, marketer, owner)] == [403, 403, 200]


def test_what_may_not_be_done_is_refused_before_the_body_is_read(viewer: Caller) -> None:
    answer = viewer.client.post(
        "/api/v1/tags", data=b"{", headers={"Authorization": f"Bearer {viewer.token}"}, content_type="text/plain"
    )
    assert answer.status_code == 403


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(owner: Caller, db: Database) -> None:
    def used_at() -> object:
        with db() as session:
            return session.scalars(select(ApiToken.last_used_at)).one()

    assert used_at() is None
    owner.get("/tags")
    first = used_at()
    assert first is not None
    owner.get("/tags")
    assert used_at() == first
    with db.begin() as session:
        token = session.scalars(select(ApiToken)).one()
        assert token.last_used_at is not None
        token.last_used_at -= timedelta(minutes=2)
    owner.get("/tags")
    assert used_at() != first


def test_a_change_is_audited_under_the_name_of_the_token(marketer: Caller, db: Database) -> None:
    marketer.post("/tags", {"name": "團購"})
    with db() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "tag")).one()
    assert (entry.actor_kind, entry.actor_name) == (ActorKind.API, "marketer's system")


def test_who_asks_too_fast_is_told_when_to_ask_again(app: Flask, owner: Caller, db: Database) -> None:
    app.extensions[access.EXTENSION] = Limits(per_second=0.5, burst=3)
    answers = [owner.get("/tags") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 2

    other = Caller(app.test_client(), make_token(db, Role.VIEWER))
    assert other.get("/tags").status_code == 200


def test_sentences_come_in_the_language_of_the_reader(owner: Caller) -> None:
    bad = {"name": "價格", "keywords": [{"text": "價格"}], "messages": [{"type": "text", "text": ""}]}
    spoken = {
        language: owner.ask("POST", "/keyword-rules", bad, Accept_Language=language).get_json()["errors"][0]
        for language in ("zh-TW", "en", "ja", "fr")
    }
    assert {error["field"] for error in spoken.values()} == {"messages[0].text"}
    assert spoken["zh-TW"]["message"] == spoken["fr"]["message"]
    assert len({spoken[language]["message"] for language in ("zh-TW", "en", "ja")}) == 3


def test_nobody_on_the_way_keeps_an_answer(owner: Caller) -> None:
    for path in ("/tags", "/nothing"):
        answer = owner.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Authorization" in answer.headers["Vary"]


def test_an_address_or_method_that_is_not_there_is_a_problem_too(owner: Caller) -> None:
    unknown, method = owner.get("/nothing"), owner.delete("/tags")
    assert (unknown.status_code, unknown.content_type) == (404, "application/problem+json")
    assert (method.status_code, method.content_type) == (405, "application/problem+json")
    assert "POST" in method.headers["Allow"]
