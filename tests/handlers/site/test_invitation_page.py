"""`/liff/r/<code>`: a friend's own link inside LINE."""

import base64
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from bot.clock import utc_now
from bot.database import Database
from bot.services import friends
from handlers.processes import EXTENSION
from models import Invitation, ReferralProgram
from simulator import server as simulators
from tests.conftest import make_settings
from tests.factories import make_friend
from tests.line_events import user
from tests.page_visits import LIFF_ID, OURS, Phone
from tests.referral_acts import arrive, follow, make_program

STEPS = [{"friends": 1, "reward": {"points": 30}}, {"friends": 5, "reward": {"text": "小禮物"}}]
WHO = "U" + "1" * 32


@pytest.fixture
def pages_app(database_url: str, platform: simulators.Server) -> Iterator[Flask]:
    """Our server with LIFF and LINE Login switched on."""
    login = platform.world.settings
    app = create_app(
        make_settings(
            database_url,
            public_url=OURS,
            line_api_base=platform.url,
            line_api_data_base=platform.url,
            line_login_base=platform.url,
            liff_base=f"{platform.url}/liff",
            liff_sdk_url=f"{platform.url}/liff/edge/2/sdk.js",
            liff_id=LIFF_ID,
            line_login_channel_id=login.login_channel_id,
            line_login_channel_secret=login.login_channel_secret,
        )
    )
    app.testing = True
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def program(db: Database) -> ReferralProgram:
    return make_program(db, name="邀請朋友拿點數", steps=STEPS)


def test_a_friend_sees_the_own_link_and_what_is_reached(phone: Phone, program: ReferralProgram, db: Database) -> None:
    page = phone.browser.get(f"/liff/r/{program.code}")
    assert page.status_code == 200
    assert "邀請朋友拿點數" in page.text
    phone.log_in()
    path = f"/liff/r/{program.code}/open"
    told = phone.send(path, {}).get_json()
    assert (told["brought"], told["waiting"], told["refusal"]) == (0, 0, None)
    assert base64.b64decode(told["qr"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")

    with db() as session:
        invitation = session.scalars(select(Invitation)).one()
    assert told["link"].startswith(f"{OURS}/i/{invitation.code}.")
    arrive(db, invitation, user(8))
    arrive(db, invitation, user(9))
    follow(db, user(9), at=utc_now())
    again = phone.send(path, {}).get_json()
    assert (again["link"], again["brought"], again["waiting"]) == (told["link"], 1, 1)
    assert [(step["friends"], step["reward"], step["is_reached"]) for step in again["steps"]] == [
        (1, "30 點 LINE POINTS", True),
        (5, "小禮物", False),
    ]


def test_nobody_sees_a_link_without_saying_who_asks(phone: Phone, program: ReferralProgram, db: Database) -> None:
    answer = phone.send(f"/liff/r/{program.code}/open", {"line_user_id": WHO})

    assert (answer.status_code, answer.get_json()["reason"]) == (401, "unknown_visitor")
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_two_friends_have_two_links(phone: Phone, other_phone: Phone, program: ReferralProgram, db: Database) -> None:
    links = set()
    for one in (phone, other_phone):
        one.log_in()
        links.add(one.send(f"/liff/r/{program.code}/open", {}).get_json()["link"])

    assert len(links) == 2


def test_whoever_blocked_the_account_is_asked_to_add_it_first(
    phone: Phone, program: ReferralProgram, db: Database
) -> None:
    with db.begin() as session:
        friend = make_friend(session, line_user_id=WHO)
        friends.unfollow(session, friend, at=utc_now())
    phone.log_in()
    answer = phone.send(f"/liff/r/{program.code}/open", {})

    assert (answer.status_code, answer.get_json()["reason"]) == (409, "not_friend")


def test_a_programme_that_is_over_gives_no_hope(phone: Phone, db: Database) -> None:
    program = make_program(db, steps=STEPS, active_until=utc_now())
    phone.log_in()

    assert "已經結束" in phone.send(f"/liff/r/{program.code}/open", {}).get_json()["refusal"]


def test_an_unknown_programme_is_not_found(phone: Phone) -> None:
    assert phone.browser.get("/liff/r/nothing").status_code == 404


def test_without_line_login_the_page_says_what_is_missing(
    database_url: str, platform: simulators.Server, program: ReferralProgram
) -> None:
    app = create_app(make_settings(database_url, line_api_base=platform.url, liff_id=LIFF_ID))
    answer = app.test_client().get(f"/liff/r/{program.code}")
    app.extensions[EXTENSION].close()

    assert answer.status_code == 503
    assert "LINE Login" in answer.text
