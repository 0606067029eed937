"""The whole program as staff and friends meet it: web, jobs and LINE's simulator, and a real browser."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from bot.database import Database, connect
from tests import chromium
from tests.admin_visits import PASSWORD, make_staff
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET
from tests.load import servers
from tests.load.wire import free_port, wait_for_port
from tests.page_visits import LIFF_ID

LOGIN_CHANNEL_ID, LOGIN_CHANNEL_SECRET = "1650000000", "login-channel-secret"


@dataclass(frozen=True)
class Town:
    """Where the admin and the simulator are, and the database between them."""

    admin: str
    simulator: str
    db: Database


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    log, web_port, line_port = tmp_path / "town.log", free_port(), free_port()
    env = servers.environment(
        database_url,
        line_port,
        PUBLIC_URL=f"http://127.0.0.1:{web_port}",
        PORT=str(web_port),
        LINE_CHANNEL_SECRET=CHANNEL_SECRET,
        LINE_CHANNEL_ACCESS_TOKEN=ACCESS_TOKEN,
        LINE_LOGIN_BASE=f"http://127.0.0.1:{line_port}",
        LINE_LOGIN_CHANNEL_ID=LOGIN_CHANNEL_ID,
        LINE_LOGIN_CHANNEL_SECRET=LOGIN_CHANNEL_SECRET,
        LIFF_ID=LIFF_ID,
        LIFF_BASE=f"http://127.0.0.1:{line_port}/liff",
        LIFF_SDK_URL=f"http://127.0.0.1:{line_port}/liff/edge/2/sdk.js",
    )
    simulator = [sys.executable, "-m", "simulator", "--port", str(line_port)]
    simulator += ["--webhook-url", f"http://127.0.0.1:{web_port}/callback"]
    simulator += ["--liff-id", LIFF_ID, "--liff-endpoint-url", f"http://127.0.0.1:{web_port}/liff"]
    simulator += ["--login-channel-id", LOGIN_CHANNEL_ID, "--login-channel-secret", LOGIN_CHANNEL_SECRET]
    simulator += ["--channel-secret", CHANNEL_SECRET, "--channel-access-token", ACCESS_TOKEN]
    web = [sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{web_port}"]
    db = connect(database_url, pool_size=2)
    make_staff(db)
    with servers.running(simulator, env, log), servers.running(web, env, log) as process, servers.jobs(env, log):
        wait_for_port(line_port)
        wait_for_port(web_port, still=lambda: process.poll() is None)
        requests.get(f"http://127.0.0.1:{web_port}/healthz", timeout=30).raise_for_status()
        yield Town(f"http://127.0.0.1:{web_port}/admin", f"http://127.0.0.1:{line_port}", db)
    db.dispose()


@pytest.fixture
def context(browser: Browser, town: Town) -> Iterator[BrowserContext]:
    """A browser window whose complaints fail the test; it closes while its servers still answer."""
    with chromium.window(browser) as context:
        yield context


@pytest.fixture
def staff_page(context: BrowserContext, town: Town) -> Page:
    """The admin, with the owner logged in through the login page."""
    page = context.new_page()
    page.goto(f"{town.admin}/login")
    page.get_by_label("名稱").fill("owner")
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()
    page.wait_for_url(f"{town.admin}/")
    return page
