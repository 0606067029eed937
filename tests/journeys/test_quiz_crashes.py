"""A quiz outlives its processes: every answer counts once, whatever is killed between two of them."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from bot.database import Database
from models import AttemptState, FriendTag, QuizAnswer, QuizAttempt, RewardPromise
from tests.factories import make_friend
from tests.journeys.town import Town, unfinished, wait_until
from tests.line_events import Event, body_of, says, signature_of, taps, user
from tests.quiz_factories import choice, make_quiz, result, single

FRIENDS, QUESTIONS, KILLS = 12, 6, 3


@pytest.fixture
def town(db: Database, database_url: str, tmp_path: Path) -> Iterator[Town]:
    town = Town(db, database_url, tmp_path)
    yield town
    town.close()


def say(town: Town, event: Event) -> None:
    """Post an event until it is acknowledged, as LINE does with redelivery switched on."""
    body = body_of(event)
    headers = {"X-Line-Signature": signature_of(body), "Content-Type": "application/json"}

    def is_taken() -> bool:
        try:
            return requests.post(f"http://127.0.0.1:{town.web_port}/callback", data=body, headers=headers, timeout=5).ok
        except requests.RequestException:
            return False

    wait_until(is_taken, patience=60, what="an acknowledgement")


def key_at(db: Database, friend_id: int, step: int) -> str:
    """Wait until this friend is asked the question of this step; return the key of the attempt."""
    found: list[str] = []

    def is_asked() -> bool:
        with db() as session:
            mine = (QuizAttempt.friend_id == friend_id) & (QuizAttempt.step == step)
            found.extend(session.scalars(select(QuizAttempt.key).where(mine)))
        return bool(found)

    wait_until(is_asked, patience=60, what=f"question {step}")
    return found[0]


def play(town: Town, person: int, friend_ids: dict[int, int], failed: list[str]) -> None:
    """One friend plays to the end, tapping every button twice."""
    try:
        say(town, says(user(person), "測驗"))
        for step in range(QUESTIONS):
            data = f"quiz:{key_at(town.db, friend_ids[person], step)}:{step}:q{step}:yes"
            say(town, taps(user(person), data))
            say(town, taps(user(person), data))
    except AssertionError as error:
        failed.append(f"{person}: {error}")


def test_answers_between_kills_count_once_and_every_attempt_is_finished(town: Town) -> None:
    questions = [
        single(f"q{n}", f"第 {n} 題", choice("yes", "是", score=1, tags=[f"題 {n}"]), choice("no", "否"))
        for n in range(QUESTIONS)
    ]
    with town.db.begin() as session:
        friends = [make_friend(session, person) for person in range(1, FRIENDS + 1)]
        friend_ids = {person: friend.id for person, friend in enumerate(friends, 1)}
        make_quiz(session, *questions, name="測驗", results=[result("all", "滿分", QUESTIONS, reward={"points": 5})])
    chance, failed = random.Random(20261120), list[str]()
    web, jobs = town.start_web(), town.start_jobs()
    players = [
        threading.Thread(target=play, args=(town, person, friend_ids, failed)) for person in range(1, FRIENDS + 1)
    ]
    for player in players:
        player.start()
    for _ in range(KILLS):
        players[0].join(chance.uniform(0.3, 1.5))
        town.kill(web)
        town.kill(jobs)
        web, jobs = town.start_web(), town.start_jobs()
    for player in players:
        player.join()
    assert failed == []
    wait_until(lambda: unfinished(town.db) == 0, patience=60, what="every event handled")

    with town.db() as session:
        attempts = list(session.scalars(select(QuizAttempt)))
        assert len(attempts) == FRIENDS
        assert {(one.state, one.step, one.score) for one in attempts} == {(AttemptState.FINISHED, QUESTIONS, QUESTIONS)}
        counts = [
            session.scalar(select(func.count()).select_from(row)) for row in (QuizAnswer, FriendTag, RewardPromise)
        ]
        assert counts == [FRIENDS * QUESTIONS, FRIENDS * QUESTIONS, FRIENDS]
