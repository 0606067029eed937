"""What every test may ask for: a database of each kind, an application, a moment."""

import base64
import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext

from app import create_app
from bot.database import Database, connect
from bot.settings import Settings
from handlers.processes import EXTENSION, Process
from tests import chromium, databases
from tests.databases import PostgresServer

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Taipei
CHANNEL_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
ACCESS_TOKEN = "test-access-token"
names = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; the run fails aloud if there is none."""
    with databases.postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database: every test that asks runs on both kinds."""
    if request.param == "sqlite":
        file = tmp_path / "yanglai.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(names)}"
    yield server.make(name)
    server.drop(name)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    db = connect(database_url, pool_size=5)
    yield db
    db.dispose()


def make_settings(database_url: str, **changes: object) -> Settings:
    """Settings for a test; nothing is read from the environment's `.env`."""
    values: dict[str, object] = {
        "secret_key": "test-secret-key-of-some-length",
        "data_keys": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "public_url": "http://127.0.0.1:8000",
        "line_channel_secret": CHANNEL_SECRET,
        "line_channel_access_token": ACCESS_TOKEN,
        "line_api_base": "http://127.0.0.1:9",
        "line_api_data_base": "http://127.0.0.1:9",
        "log_level": "WARNING",
        "database_url": database_url,
    }
    return Settings.model_validate(values | changes)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return make_settings(database_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    yield app
    process: Process = app.extensions[EXTENSION]
    process.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser for one module: while it runs, nothing else in the thread may run asyncio."""
    with chromium.running() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window whose complaints fail the test."""
    with chromium.window(browser) as context:
        yield context
