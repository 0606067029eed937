"""From a poster's QR code through LINE Login to a friend whose source is known, against the simulator of LINE."""

import re
import time
from html import unescape

import pytest
import requests
from sqlalchemy import select

from bot.clock import utc_now
from bot.database import Database
from bot.services import tracked_links
from bot.services.audit import OPERATOR
from models import Friend, FriendshipChange, TrackedLink
from tests.conftest import make_settings
from tests.journeys.conftest import LoginTown

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari Line/15.1.0"
PATIENCE_SECONDS = 10


@pytest.fixture
def link(db: Database) -> TrackedLink:
    with db.begin() as session:
        tags = ["信義店"]
        return tracked_links.create(session, name="信義店海報", code="xinyi", tags=tags, by=OPERATOR, now=utc_now())


def log_in(town: LoginTown, line_user_id: str, *, add_friend: bool) -> str:
    """Open the poster's link, log in at LINE's page as this person; returns where the browser ends."""
    browser = requests.Session()
    browser.headers["User-Agent"] = PHONE
    page = browser.get(f"{town.ours}/l/xinyi", timeout=10)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    form = {name: unescape(value) for name, value in hidden} | {"line_user_id": line_user_id}
    if add_friend:
        form["add_friend"] = "1"
    ended = browser.post(f"{town.simulator}/oauth2/v2.1/authorize", data=form, timeout=10)
    browser.close()
    assert ended.status_code == 200
    return ended.url


def wait_for_source(db: Database, line_user_id: str) -> int | None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        with db() as session:
            row = session.scalar(select(Friend).where(Friend.line_user_id == line_user_id))
        if row is not None and row.tracked_link_id is not None:
            return row.tracked_link_id
        time.sleep(0.05)
    return None


def test_whoever_adds_the_account_while_logging_in_came_through_the_poster(
    town: LoginTown, link: TrackedLink, db: Database
) -> None:
    person = town.ask_simulator("/people", name="小芳")["line_user_id"]

    assert log_in(town, person, add_friend=True).startswith(f"{town.simulator}/?chat=")
    assert wait_for_source(db, person) == link.id
    with db() as session:
        figures = tracked_links.figures(session, [link.id], zone=make_settings("sqlite:///unused.sqlite3").zone)[
            link.id
        ]
    assert (figures.opened, figures.joined, figures.new, figures.blocked) == (1, 1, 1, 0)


def test_whoever_adds_the_account_after_logging_in_came_through_the_poster_also_when_returning(
    town: LoginTown, link: TrackedLink, db: Database
) -> None:
    person = town.ask_simulator("/people", name="阿明")["line_user_id"]
    for act in ("follow", "block"):
        town.ask_simulator(f"/people/{person}/{act}")

    assert log_in(town, person, add_friend=False).startswith(f"{town.simulator}/?add=")
    town.ask_simulator(f"/people/{person}/unblock")
    assert wait_for_source(db, person) == link.id
    with db() as session:
        newest = select(FriendshipChange).order_by(FriendshipChange.happened_at.desc()).limit(1)
        change = session.scalars(newest).one()
    assert (change.tracked_link_id, change.is_returning) == (link.id, True)


def test_whoever_presses_cancel_is_still_led_to_the_account(town: LoginTown, link: TrackedLink, db: Database) -> None:
    browser = requests.Session()
    browser.headers["User-Agent"] = PHONE
    page = browser.get(f"{town.ours}/l/{link.code}", timeout=10)
    cancel = re.search(r'<a class="button" href="([^"]+)"', page.text)
    assert cancel is not None

    ended = browser.get(unescape(cancel[1]), timeout=10)
    browser.close()
    assert ended.url.startswith(f"{town.simulator}/?add=")
