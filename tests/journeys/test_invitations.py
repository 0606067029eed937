"""From a friend's word in the chat to fifty strangers who follow at once, against the simulator of LINE."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
import requests
from sqlalchemy import func, select

from bot.database import Database
from models import Friend, FriendTag, Invitation, Referral, ReferralState, RewardPromise
from tests.journeys.conftest import LoginTown
from tests.referral_acts import make_program

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari Line/15.1.0"
PATIENCE_SECONDS = 30
STRANGERS = 50


@pytest.fixture(autouse=True)
def program(db: Database) -> None:
    make_program(
        db,
        start_keywords=[{"text": "邀請朋友", "match": "exact"}],
        invited_tags=["好友介紹"],
        steps=[{"friends": 10, "reward": {"points": 10}}, {"friends": 50, "reward": {"points": 100}}],
    )


def ask_for_link(town: LoginTown, who: str) -> str:
    """Say the keyword; returns the link of the answer."""
    town.ask_simulator(f"/people/{who}/say", text="邀請朋友")
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        told = requests.get(f"{town.simulator}/simulator/people/{who}/messages", timeout=10).text
        found = re.search(r"http://127\.0\.0\.1:\d+/i/[a-z0-9]+\.[a-z0-9]+", told)
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no link came")


def come_by(town: LoginTown, link: str, who: str) -> None:
    """Tap the link and allow everything at LINE's page."""
    with requests.Session() as browser:
        browser.headers["User-Agent"] = PHONE
        page = browser.get(link, timeout=30)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
        form = {name: unescape(value) for name, value in hidden} | {"line_user_id": who, "add_friend": "1"}
        ended = browser.post(f"{town.simulator}/oauth2/v2.1/authorize", data=form, timeout=30)
        assert ended.status_code == 200


def wait_for_brought(db: Database, most: int) -> int:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        with db() as session:
            brought = session.scalar(select(func.sum(Invitation.brought))) or 0
        if brought >= most or time.monotonic() > ends_at:
            return int(brought)
        time.sleep(0.1)


def test_fifty_strangers_who_come_by_one_link_at_once_count_as_fifty(town: LoginTown, db: Database) -> None:
    inviter = town.ask_simulator("/people", name="林小美")["line_user_id"]
    town.ask_simulator(f"/people/{inviter}/follow")
    link = ask_for_link(town, inviter)
    strangers = [town.ask_simulator("/people", name=f"朋友{n}")["line_user_id"] for n in range(STRANGERS)]
    with ThreadPoolExecutor(8) as phones:
        list(phones.map(lambda who: come_by(town, link, who), strangers))

    assert wait_for_brought(db, STRANGERS) == STRANGERS
    with db() as session:
        assert session.scalars(select(Invitation.opened)).one() == STRANGERS
        assert session.scalar(select(func.count()).select_from(FriendTag)) == STRANGERS
        promised = session.execute(select(RewardPromise.cause_key, Friend.line_user_id).join(Friend)).all()
    assert [(key.rpartition(":")[2], who) for key, who in promised] == [("10", inviter), ("50", inviter)]


def test_one_stranger_who_comes_by_two_links_counts_once(town: LoginTown, db: Database) -> None:
    links = []
    for name in ("林小美", "吳阿明"):
        inviter = town.ask_simulator("/people", name=name)["line_user_id"]
        town.ask_simulator(f"/people/{inviter}/follow")
        links.append(ask_for_link(town, inviter))
    stranger = town.ask_simulator("/people", name="陳大文")["line_user_id"]
    with ThreadPoolExecutor(2) as phones:
        list(phones.map(lambda link: come_by(town, link, stranger), links))

    assert wait_for_brought(db, 1) == 1
    time.sleep(0.5)  # nothing more comes
    with db() as session:
        states = sorted(str(state) for state in session.scalars(select(Referral.state)))
    assert states == [ReferralState.COUNTED, ReferralState.REFUSED]
    assert wait_for_brought(db, 1) == 1
