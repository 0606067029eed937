"""The web application with a faked LINE behind it, and its door open."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from bot.database import Database
from bot.runtime import Runtime
from bot.services.auto_replies import AnswerBook
from bot.settings import Settings
from handlers.processes import EXTENSION, Process
from tests.conftest import NOW
from tests.fakes import FakeLine


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):  # type: ignore[no-untyped-def]
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line() -> FakeLine:
    return FakeLine()


@pytest.fixture
def runtime(settings: Settings, db: Database, line: FakeLine, clock: Clock) -> Runtime:
    return Runtime(settings=settings, db=db, line=line, answers=AnswerBook(settings.zone), now=clock)


@pytest.fixture
def app(settings: Settings, runtime: Runtime) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    process: Process = app.extensions[EXTENSION]
    process.runtime, process.pid = runtime, os.getpid()
    yield app
    process.close()


@pytest.fixture
def settled(app: Flask) -> Callable[[], None]:
    """Wait until everything delivered so far is handled, said and written; the door opens anew afterwards."""

    def settle() -> None:
        process: Process = app.extensions[EXTENSION]
        if process.door is not None:
            process.door.close()
            process.door = None

    return settle


def wait_until(is_true: Callable[[], bool], *, patience: float = 10.0) -> None:
    """Wait for something that another thread does."""
    until = time.monotonic() + patience
    while not is_true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


__all__ = ["FlaskClient", "wait_until"]
