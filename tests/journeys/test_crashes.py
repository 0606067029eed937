"""Nothing that was acknowledged is lost, and nobody is greeted twice, whatever is killed and when."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from bot.database import Database
from models import KeywordRule, WebhookEvent
from tests.factories import make_rule, set_greeting
from tests.journeys.town import Town, following, stored_events, unfinished, wait_until
from tests.line_events import body_of, says, signature_of, user
from tests.load.wire import free_port

FRIENDS = 300


@pytest.fixture
def town(db: Database, database_url: str, tmp_path: Path) -> Iterator[Town]:
    with db.begin() as session:
        set_greeting(session)
    town = Town(db, database_url, tmp_path)
    yield town
    town.close()


def test_friends_acknowledged_before_a_kill_are_friends_after_it_and_greeted_once(town: Town) -> None:
    web, jobs = town.start_web(), town.start_jobs()
    town.ask("POST", "faults", endpoint="*reply", kind="latency", milliseconds=200, count=None)
    town.follow(FRIENDS)
    wait_until(lambda: town.acknowledged() == FRIENDS, patience=30, what="300 acknowledgements")
    town.kill(web)
    town.kill(jobs)

    town.start_web()
    town.start_jobs()
    wait_until(lambda: following(town.db) == FRIENDS, patience=30, what="300 friends")
    wait_until(lambda: unfinished(town.db) == 0, patience=60, what="every answer settled")

    greeted = town.greetings()
    assert len(greeted) == FRIENDS
    assert set(greeted.values()) == {1}


def test_kills_at_random_moments_lose_nobody_who_was_acknowledged(town: Town) -> None:
    chance = random.Random(20261120)
    town.ask("PUT", "webhooks/behaviour", redeliver=True)
    town.ask("POST", "faults", endpoint="*reply", kind="error_after", probability=0.1, count=None, seed=1)
    town.ask("POST", "faults", endpoint="*reply", kind="reset_before", probability=0.1, count=None, seed=2)
    web, jobs = town.start_web(), town.start_jobs()
    for turn in range(2):
        town.follow(100, first=turn * 100)
        time.sleep(chance.uniform(0, 0.6))
        town.kill(web)
        town.kill(jobs)
        web, jobs = town.start_web(), town.start_jobs()
    town.ask("DELETE", "faults")
    wait_until(lambda: following(town.db) == 200, patience=60, what="200 friends, some by redelivery or the list")
    wait_until(lambda: town.ask("GET", "webhooks")["waiting"] == 0, patience=60, what="every webhook delivered")
    wait_until(lambda: unfinished(town.db) == 0, patience=60, what="every answer settled")

    greeted = town.greetings()
    assert town.acknowledged_events() <= len(greeted) == stored_events(town.db)
    assert set(greeted.values()) == {1}


def test_the_same_event_on_two_processes_is_handled_and_answered_once(town: Town) -> None:
    with town.db.begin() as session:
        make_rule(session, "hi", answer="一次")
    other_port = free_port()
    town.start_web()
    town.start_web(other_port)
    asked = says(user(1), "hi")
    body = body_of(asked)
    headers = {"X-Line-Signature": signature_of(body), "Content-Type": "application/json"}
    ports = [town.web_port, other_port, town.web_port, other_port, other_port]
    with ThreadPoolExecutor(5) as pool:
        urls = [f"http://127.0.0.1:{port}/callback" for port in ports]
        answers = list(pool.map(lambda url: requests.post(url, data=body, headers=headers, timeout=10), urls))

    assert [answer.status_code for answer in answers] == [200] * 5
    wait_until(lambda: unfinished(town.db) == 0, patience=20, what="every answer settled")
    with town.db() as session:
        assert session.scalar(select(func.count()).select_from(WebhookEvent)) == 1
        assert session.scalars(select(KeywordRule.hit_count)).one() == 1
    tried = town.ask("GET", "received?endpoint=*reply")["received"]
    assert [one["body"]["replyToken"] for one in tried] == [asked["replyToken"]]


def test_a_process_that_is_asked_to_end_finishes_what_is_in_flight(town: Town) -> None:
    web = town.start_web()
    town.ask("POST", "faults", endpoint="*reply", kind="latency", milliseconds=300, count=None)
    town.follow(40)
    wait_until(lambda: town.acknowledged() == 40, patience=20, what="40 acknowledgements")
    town.stop(web)

    assert unfinished(town.db) == 0
    assert set(town.greetings().values()) == {1}
    assert len(town.greetings()) == 40


def test_four_hundred_follows_in_a_burst_are_four_hundred_friends(town: Town) -> None:
    town.start_web()
    town.follow(400)
    wait_until(lambda: following(town.db) == 400, patience=30, what="400 friends")
    assert town.acknowledged() == 400
