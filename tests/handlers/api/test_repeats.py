"""A POST under an Idempotency-Key takes effect once, whatever happens around it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from app import create_app
from bot.database import Database, connect
from bot.settings import Settings
from handlers.api.repeats import EXTENSION, Running
from handlers.processes import EXTENSION as PROCESS
from handlers.processes import Process
from models import AuditEntry, IdempotencyKey, Tag
from tests.conftest import NOW
from tests.handlers.api.conftest import Caller


def test_the_same_request_again_gets_the_first_answer_and_makes_nothing(marketer: Caller, db: Database) -> None:
    first = marketer.post("/tags", {"name": "嬰兒副食品"}, Idempotency_Key="order-1")
    again = marketer.post("/tags", {"name": "嬰兒副食品"}, Idempotency_Key="order-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.content_type == first.content_type
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Tag)) == 1
        assert session.scalar(select(func.count()).where(AuditEntry.subject == "tag")) == 1


def test_another_order_of_the_fields_is_the_same_body(marketer: Caller) -> None:
    first = {
        "name": "價格",
        "keywords": [{"text": "價格", "match": "exact"}],
        "messages": [{"type": "text", "text": "100"}],
    }
    second = {name: first[name] for name in reversed(first)}

    one = marketer.post("/keyword-rules", first, Idempotency_Key="k")
    other = marketer.post("/keyword-rules", second, Idempotency_Key="k")

    assert one.status_code == 201
    assert other.data == one.data


def test_another_body_under_the_same_key_is_refused(marketer: Caller, db: Database) -> None:
    marketer.post("/tags", {"name": "一"}, Idempotency_Key="k")

    other = marketer.post("/tags", {"name": "二"}, Idempotency_Key="k")

    assert other.status_code == 422
    assert other.content_type == "application/problem+json"
    with db() as session:
        assert session.scalars(select(Tag.name)).all() == ["一"]


def test_a_key_belongs_to_one_token_and_one_path(marketer: Caller, owner: Caller) -> None:
    assert marketer.post("/tags", {"name": "一"}, Idempotency_Key="k").status_code == 201
    assert owner.post("/tags", {"name": "二"}, Idempotency_Key="k").status_code == 201
    assert marketer.post("/keyword-rules/try", {"text": "一"}, Idempotency_Key="k").status_code == 200


def test_a_refusal_is_an_answer_that_is_repeated_too(marketer: Caller, db: Database) -> None:
    marketer.post("/tags", {"name": "一"})
    refused = marketer.post("/tags", {"name": "一"}, Idempotency_Key="k")
    with db.begin() as session:
        session.execute(update(Tag).values(name="二"))

    again = marketer.post("/tags", {"name": "一"}, Idempotency_Key="k")

    assert refused.status_code == 409
    assert (again.status_code, again.data) == (409, refused.data)


def test_a_body_that_is_not_understood_leaves_its_key_free(marketer: Caller) -> None:
    assert marketer.post("/tags", {"nmae": "一"}, Idempotency_Key="k").status_code == 422
    assert marketer.post("/tags", {"name": "一"}, Idempotency_Key="k").status_code == 201


def test_after_a_day_the_key_is_free_again(marketer: Caller, db: Database) -> None:
    marketer.post("/tags", {"name": "一"}, Idempotency_Key="k")
    with db.begin() as session:
        kept = session.scalars(select(IdempotencyKey)).one()
        kept.created_at -= timedelta(hours=24)

    assert marketer.post("/tags", {"name": "二"}, Idempotency_Key="k").status_code == 201


def test_an_impossible_key_is_malformed(marketer: Caller) -> None:
    for key in (" ", "a b", "x" * 256, "é"):
        assert marketer.post("/tags", {"name": "一"}, Idempotency_Key=key).status_code == 400


def test_sixteen_at_once_under_one_key_take_effect_once(app: Flask, marketer: Caller, db: Database) -> None:
    together = Barrier(16)

    def send(_: int) -> TestResponse:
        caller = Caller(app.test_client(), marketer.token)
        together.wait()
        return caller.post("/tags", {"name": "搶購"}, Idempotency_Key="k")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))

    made = [answer for answer in answers if answer.status_code == 201]
    assert made
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.data for answer in made}) == 1
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Tag)) == 1
        assert session.scalar(select(func.count()).where(AuditEntry.subject == "tag")) == 1


def test_sixteen_at_once_at_two_processes_take_effect_once(
    app: Flask, settings: Settings, marketer: Caller, db: Database
) -> None:
    neighbour = create_app(settings)
    together = Barrier(16)

    def send(number: int) -> TestResponse:
        caller = Caller((app, neighbour)[number % 2].test_client(), marketer.token)
        together.wait()
        return caller.post("/tags", {"name": "搶購"}, Idempotency_Key="k")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))
    process: Process = neighbour.extensions[PROCESS]
    process.close()

    assert {answer.status_code for answer in answers} in ({201}, {201, 409})
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Tag)) == 1


def test_while_the_first_is_running_the_second_is_told_so(app: Flask, marketer: Caller, database_url: str) -> None:
    elsewhere = connect(database_url)
    running: Running = app.extensions[EXTENSION]
    marketer.get("/tags")  # the minute's use of the token is noted
    with ThreadPoolExecutor(1) as pool:
        with elsewhere.begin() as session:
            session.add(Tag(name="搶購", created_at=NOW))  # not committed: whoever makes this tag as well has to wait
            session.flush()
            caller = Caller(app.test_client(), marketer.token)
            first = pool.submit(caller.post, "/tags", {"name": "搶購"}, Idempotency_Key="k")
            _wait_until(lambda: running.is_busy)

            second = marketer.post("/tags", {"name": "搶購"}, Idempotency_Key="k")
            session.rollback()
        assert second.status_code == 409
        assert second.headers["Retry-After"] == "1"
        assert first.result(20).status_code == 201
    elsewhere.dispose()
    assert marketer.post("/tags", {"name": "搶購"}, Idempotency_Key="k").data == first.result().data


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for ten seconds")
