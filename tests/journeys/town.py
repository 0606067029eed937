"""The whole town as an operator runs it: the simulator, web processes under gunicorn, jobs processes."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from bot.database import Database
from models import AnswerState, EventState, Friend, FriendState, WebhookEvent
from simulator import server as simulators
from simulator.settings import Settings as SimulatorSettings
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET
from tests.load import servers
from tests.load.wire import free_port
from tests.simulator import openapi


class Town:
    """Starts, kills and restarts our processes; the simulator stays."""

    def __init__(self, db: Database, database_url: str, folder: Path) -> None:
        self.db = db
        self.log = folder / "town.log"
        self.web_port = free_port()
        self.simulator = simulators.Server(
            SimulatorSettings(
                port=0,
                webhook_url=f"http://127.0.0.1:{self.web_port}/callback",
                channel_secret=CHANNEL_SECRET,
                channel_access_token=ACCESS_TOKEN,
            )
        ).start()
        self._env = servers.environment(
            database_url,
            self.simulator.port,
            LINE_CHANNEL_SECRET=CHANNEL_SECRET,
            LINE_CHANNEL_ACCESS_TOKEN=ACCESS_TOKEN,
        )
        self._running: list[subprocess.Popen[bytes]] = []

    def start_web(self, port: int | None = None) -> subprocess.Popen[bytes]:
        """Start gunicorn and wait until a worker answers; the socket listens before there is one."""
        bind = f"127.0.0.1:{port or self.web_port}"
        process = self._start([sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", bind])
        wait_until(lambda: _answers(f"http://{bind}/healthz"), patience=30, what="a worker that answers")
        return process

    def start_jobs(self) -> subprocess.Popen[bytes]:
        """Start a jobs process."""
        return self._start([sys.executable, "-m", "flask", "--app", "app", "jobs"])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                command, cwd=servers.ROOT, env=self._env, stdout=out, stderr=out, start_new_session=True
            )
        self._running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """`kill -9`, the whole group, no farewell."""
        servers.end(process, how=signal.SIGKILL)
        self._running.remove(process)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """SIGTERM, and wait."""
        servers.end(process, patience=30)
        self._running.remove(process)

    def ask(self, method: str, path: str, **body: object) -> Any:
        """Call the simulator's control API."""
        url = f"{self.simulator.url}/simulator/{path}"
        answer = requests.request(method, url, json=body or None, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def follow(self, count: int, *, first: int = 0) -> None:
        """This many new people add the account in one burst."""
        self.ask("POST", "people/bulk", count=count)
        self.ask("POST", "follows", count=count, first=first)

    def acknowledged(self) -> int:
        """How many webhooks our side answered with 200."""
        return sum(1 for sent in self.ask("GET", "webhooks?limit=100000")["webhooks"] if sent["status"] == 200)

    def acknowledged_events(self) -> int:
        """How many different events our side answered with 200 at least once."""
        sent = self.ask("GET", "webhooks?limit=100000")["webhooks"]
        return len({event_id for one in sent if one["status"] == 200 for event_id in one["event_ids"]})

    def greetings(self) -> Counter[str]:
        """How often each person heard a reply, also where LINE took it and answered 500."""
        received = self.ask("GET", "received?endpoint=*reply&limit=100000")["received"]
        return Counter(person for one in received for person in one["reached"])

    def close(self) -> None:
        """End everything."""
        for process in list(self._running):
            self.stop(process)
        openapi.check_received(self.ask("GET", "received?limit=100000")["received"])  # against LINE's documents
        self.simulator.stop()


def following(db: Database) -> int:
    """How many people follow."""
    with db() as session:
        return session.scalar(select(func.count()).where(Friend.state == FriendState.FOLLOWING)) or 0


def stored_events(db: Database) -> int:
    """How many events are stored."""
    with db() as session:
        return session.scalar(select(func.count()).select_from(WebhookEvent)) or 0


def unfinished(db: Database) -> int:
    """How many events are not handled, or not answered for good."""
    waits = (WebhookEvent.state == EventState.RECEIVED) | (WebhookEvent.answer_state == AnswerState.DUE)
    with db() as session:
        return session.scalar(select(func.count()).select_from(WebhookEvent).where(waits)) or 0


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


def wait_until(is_true: Callable[[], bool], *, patience: float, what: str) -> None:
    """Wait for something that processes do. Raises AssertionError naming it."""
    until = time.monotonic() + patience
    while not is_true():
        assert time.monotonic() < until, f"not within {patience} s: {what}"
        time.sleep(0.1)
