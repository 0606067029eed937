"""`/l/<code>` as a visitor's browser meets it."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from app import create_app
from bot.clock import utc_now
from bot.database import Database
from bot.services import friends, tracked_links
from bot.services.audit import OPERATOR
from handlers.processes import EXTENSION
from models import Account, Friend, LinkArrival, LinkDay, TrackedLink
from tests.conftest import make_settings
from tests.login_stand_in import CHANNEL_ID, CHANNEL_SECRET, LoginStandIn

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari Line/15.1.0"}
ADD_FRIEND = "https://line.me/R/ti/p/%40123abcde"


@pytest.fixture
def line(httpserver: HTTPServer) -> LoginStandIn:
    return LoginStandIn(httpserver)


@pytest.fixture
def link(db: Database) -> TrackedLink:
    with db.begin() as session:
        return tracked_links.create(session, name="門市海報", code="summer", by=OPERATOR, now=utc_now())


@pytest.fixture
def plain(database_url: str, db: Database) -> Iterator[FlaskClient]:
    """A visitor of a server without LINE Login that already knows its account."""
    with db.begin() as session:
        session.execute(update(Account).values(basic_id="@123abcde", display_name="好日子選物"))
    settings = make_settings(
        database_url, line_api_base="https://api.line.me", line_api_data_base="https://api.line.me"
    )
    yield from visit(create_app(settings))


@pytest.fixture
def visitor(database_url: str, line: LoginStandIn) -> Iterator[FlaskClient]:
    """A visitor of a server with LINE Login."""
    settings = make_settings(
        database_url,
        line_api_base=line.base,
        line_login_base="https://access.line.me",
        line_login_channel_id=CHANNEL_ID,
        line_login_channel_secret=CHANNEL_SECRET,
    )
    yield from visit(create_app(settings))


def visit(app: Flask) -> Iterator[FlaskClient]:
    app.testing = True
    yield app.test_client()
    app.extensions[EXTENSION].close()


def count(db: Database, model: type[LinkArrival] | type[Friend]) -> int:
    with db() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def opened(db: Database) -> int:
    with db() as session:
        return session.scalar(select(func.coalesce(func.sum(LinkDay.opened), 0))) or 0


def add_friend_page(line: LoginStandIn) -> str:
    return f"{line.base}/?add=%40123abcde"


def chat_page(line: LoginStandIn) -> str:
    return f"{line.base}/?chat=%40123abcde"


def log_in(visitor: FlaskClient, line: LoginStandIn, *, has_changed: bool | None = None) -> TestResponse:
    away = visitor.get("/l/summer", headers=PHONE)
    return visitor.get("/l/return", query_string=line.press_allow(away.location, has_changed=has_changed))


def assert_locked_down(response: TestResponse) -> None:
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("link")
def test_a_visitor_is_counted_and_led_to_the_page_that_adds_the_account(plain: FlaskClient, db: Database) -> None:
    response = plain.get("/l/summer", headers=PHONE)

    assert (response.status_code, response.location) == (302, ADD_FRIEND)
    assert "Set-Cookie" not in response.headers
    assert opened(db) == 1
    assert count(db, LinkArrival) == 0
    assert_locked_down(response)


@pytest.mark.usefixtures("link")
def test_previews_and_head_are_led_there_too_and_not_counted(plain: FlaskClient, db: Database) -> None:
    preview = plain.get("/l/summer", headers={"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"})
    head = plain.head("/l/summer", headers=PHONE)

    assert (preview.status_code, preview.location) == (302, ADD_FRIEND)
    assert (head.status_code, head.location) == (302, ADD_FRIEND)
    assert opened(db) == 0


def test_an_archived_link_still_leads_to_the_account_and_counts_nothing(
    plain: FlaskClient, link: TrackedLink, db: Database
) -> None:
    with db.begin() as session:
        tracked_links.archive(session, link.id, by=OPERATOR, now=utc_now())

    assert plain.get("/l/summer", headers=PHONE).location == ADD_FRIEND
    assert opened(db) == 0


@pytest.mark.parametrize(
    "language, lang, words",
    [
        ("zh-TW", "zh-Hant-TW", "找不到這個連結"),
        ("", "zh-Hant-TW", "找不到這個連結"),
    ],
)
def test_an_unknown_code_gets_a_page_that_leads_to_the_account(
    plain: FlaskClient, language: str, lang: str, words: str
) -> None:
    response = plain.get("/l/nothing", headers={"Accept-Language": language})

    assert response.status_code == 404
    assert words in response.text
    assert f'<html lang="{lang}">' in response.text
    assert f'href="{ADD_FRIEND}"' in response.text
    assert_locked_down(response)


@pytest.mark.parametrize(
    "path",
    [
        "/l/https:%2f%2fevil.example",
        "/l/..",
        "/l/%00",
        "/l/<script>alert(1)<script>",
        "/l/%E5%A5%BD",
        "/l/" + "x" * 9000,
    ],
)
def test_nonsense_in_place_of_a_code_is_not_found_and_not_shown(plain: FlaskClient, path: str) -> None:
    response = plain.get(path)

    assert response.status_code == 404
    assert "evil" not in response.text
    assert "<script>" not in response.text


def test_an_account_nobody_knows_yet_is_not_linked_from_the_page(client: FlaskClient) -> None:
    response = client.get("/l/nothing")

    assert response.status_code == 404
    assert "<a " not in response.text


@pytest.mark.usefixtures("link")
def test_without_an_answer_of_line_the_visitor_is_told_to_come_again(client: FlaskClient, db: Database) -> None:
    response = client.get("/l/summer", headers=PHONE)

    assert response.status_code == 503
    assert "暫時無法前往" in response.text
    assert_locked_down(response)


@pytest.mark.usefixtures("link")
def test_with_login_the_visitor_is_counted_and_led_to_line_with_a_signed_cookie(
    visitor: FlaskClient, line: LoginStandIn, db: Database
) -> None:
    response = visitor.get("/l/summer", headers=PHONE)

    assert response.status_code == 302
    assert urlsplit(response.location).netloc == "access.line.me"
    cookie = response.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/l/", "Max-Age=1800"))
    assert opened(db) == 1
    assert_locked_down(response)


@pytest.mark.usefixtures("link")
def test_the_cookie_is_for_https_only_where_the_server_is(database_url: str, line: LoginStandIn) -> None:
    settings = make_settings(
        database_url,
        public_url="https://brand.example",
        line_api_base=line.base,
        line_login_channel_id=CHANNEL_ID,
        line_login_channel_secret=CHANNEL_SECRET,
    )
    for browser in visit(create_app(settings)):
        response = browser.get("/l/summer", headers=PHONE | {"Host": "evil.example"})
        assert "Secure" in response.headers["Set-Cookie"]
        assert "redirect_uri=https%3A%2F%2Fbrand.example%2Fl%2Freturn" in response.location


@pytest.mark.usefixtures("link")
def test_previews_are_not_sent_to_log_in(visitor: FlaskClient, line: LoginStandIn, db: Database) -> None:
    response = visitor.get("/l/summer", headers={"User-Agent": "Twitterbot/1.0"})

    assert response.location == add_friend_page(line)
    assert opened(db) == 0


def test_whoever_logs_in_and_follows_later_came_through_the_link(
    visitor: FlaskClient, line: LoginStandIn, link: TrackedLink, db: Database
) -> None:
    response = log_in(visitor, line, has_changed=False)
    assert (response.status_code, response.location) == (302, add_friend_page(line))
    assert_locked_down(response)

    followed_at = utc_now()
    with db.begin() as session:
        friend = friends.lock(session, [line.line_user_id], now=followed_at)[line.line_user_id]
        friends.follow(session, friend, at=followed_at, is_unblocked=False, now=followed_at)
        assert tracked_links.explain_follow(session, line.line_user_id, followed_at) == link.id
    with db() as session:
        assert session.scalars(select(Friend.tracked_link_id)).one() == link.id


def test_whoever_became_a_friend_on_lines_own_page_is_led_to_the_chat(
    visitor: FlaskClient, line: LoginStandIn, link: TrackedLink, db: Database
) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    back = line.press_allow(away.location, has_changed=True)
    line.is_friend, followed_at = True, utc_now()
    with db.begin() as session:
        friend = friends.lock(session, [line.line_user_id], now=followed_at)[line.line_user_id]
        friends.follow(session, friend, at=followed_at, is_unblocked=False, now=followed_at)

    assert visitor.get("/l/return", query_string=back).location == chat_page(line)
    with db() as session:
        assert session.scalars(select(Friend.tracked_link_id)).one() == link.id


@pytest.mark.usefixtures("link")
def test_the_way_back_taken_twice_stores_once(visitor: FlaskClient, line: LoginStandIn, db: Database) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    back = line.press_allow(away.location)
    visitor.get("/l/return", query_string=back)
    again = visitor.get("/l/return", query_string=back)

    assert again.status_code == 400
    assert "登入沒有完成" in again.text
    assert f'href="{add_friend_page(line)}"' in again.text
    assert count(db, LinkArrival) == 1
    assert line.heard.count("token") == 1


@pytest.mark.usefixtures("link")
@pytest.mark.parametrize("state", ["", "another", "好"])
def test_a_wrong_state_stores_nothing_and_asks_line_nothing(
    visitor: FlaskClient, line: LoginStandIn, db: Database, state: str
) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    response = visitor.get("/l/return", query_string=line.press_allow(away.location) | {"state": state})

    assert response.status_code == 400
    assert count(db, LinkArrival) == 0
    assert "token" not in line.heard
    assert_locked_down(response)


@pytest.mark.usefixtures("link")
def test_another_browser_cannot_end_the_trip(visitor: FlaskClient, line: LoginStandIn, db: Database) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    other = visitor.application.test_client()

    assert other.get("/l/return", query_string=line.press_allow(away.location)).status_code == 400
    assert count(db, LinkArrival) == 0


@pytest.mark.usefixtures("link")
@pytest.mark.parametrize("change", [lambda sealed: sealed[:-2] + "xx", lambda _: "x", lambda _: "", lambda _: "a.b"])
def test_a_forged_cookie_is_no_trip(visitor: FlaskClient, line: LoginStandIn, db: Database, change: object) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    cookie = visitor.get_cookie("yanglai_trip", path="/l/")
    assert cookie is not None
    assert callable(change)
    visitor.set_cookie("yanglai_trip", change(cookie.value), path="/l/")

    assert visitor.get("/l/return", query_string=line.press_allow(away.location)).status_code == 400
    assert count(db, LinkArrival) == 0


@pytest.mark.usefixtures("link")
def test_a_trip_ends_after_half_an_hour(visitor: FlaskClient, line: LoginStandIn, db: Database) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    cookie = visitor.get_cookie("yanglai_trip", path="/l/")
    assert cookie is not None
    with time_machine.travel(utc_now() + timedelta(minutes=31)):
        visitor.set_cookie("yanglai_trip", cookie.value, path="/l/")  # a browser that keeps it too long
        response = visitor.get("/l/return", query_string=line.press_allow(away.location))

    assert response.status_code == 400
    assert count(db, LinkArrival) == 0


@pytest.mark.usefixtures("link")
@pytest.mark.parametrize("error", ["ACCESS_DENIED", "access_denied", "SERVER_ERROR"])
def test_whoever_cancels_is_led_to_the_page_that_adds_the_account(
    visitor: FlaskClient, line: LoginStandIn, db: Database, error: str
) -> None:
    visitor.get("/l/summer", headers=PHONE)
    response = visitor.get("/l/return", query_string={"error": error, "state": "whatever"})

    assert (response.status_code, response.location) == (302, add_friend_page(line))
    assert visitor.get_cookie("yanglai_trip", path="/l/") is None
    assert count(db, LinkArrival) == 0


@pytest.mark.usefixtures("link")
def test_trouble_at_line_leads_to_the_account_and_keeps_secrets_out_of_the_log(
    visitor: FlaskClient, line: LoginStandIn, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    away = visitor.get("/l/summer", headers=PHONE)
    back = line.press_allow(away.location)
    line.wishes.clear()  # LINE does not know the code any more
    with caplog.at_level(logging.DEBUG, logger="handlers"), caplog.at_level(logging.DEBUG, logger="bot"):
        response = visitor.get("/l/return", query_string=back)

    assert response.location == add_friend_page(line)
    assert count(db, LinkArrival) == 0
    assert "invalid_grant" in caplog.text
    for secret in (CHANNEL_SECRET, back["code"], line.line_user_id):
        assert secret not in caplog.text


@pytest.mark.usefixtures("link")
def test_a_friendship_line_does_not_tell_leads_to_the_account_and_the_arrival_waits(
    visitor: FlaskClient, line: LoginStandIn, db: Database
) -> None:
    line.tells_friendship = False

    assert log_in(visitor, line).location == add_friend_page(line)
    assert count(db, LinkArrival) == 1
    assert count(db, Friend) == 0


@pytest.mark.usefixtures("link")
def test_the_way_back_without_login_switched_on_is_a_clear_page(plain: FlaskClient) -> None:
    response = plain.get("/l/return?code=a&state=b&redirect=https://evil.example&friendship_status_changed=true")

    assert response.status_code == 400
    assert "evil" not in response.text
    assert f'href="{ADD_FRIEND}"' in response.text
