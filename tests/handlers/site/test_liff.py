"""The way into pages inside LINE: whom the server believes, and whom it does not."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug.test import TestResponse

from app import create_app
from bot.clock import utc_now
from handlers.processes import EXTENSION
from simulator.logins import Grant, Logins
from tests.conftest import make_settings
from tests.login_stand_in import CHANNEL_ID, CHANNEL_SECRET, LoginStandIn
from tests.page_visits import LIFF_ID, Phone

WHO_ASKS = "/liff/q/nothing/open"  # any call that only a known visitor may make


@pytest.fixture
def login(httpserver: HTTPServer) -> LoginStandIn:
    return LoginStandIn(httpserver)


@pytest.fixture
def browser(database_url: str, login: LoginStandIn) -> Iterator[FlaskClient]:
    """A browser at a server that has LINE Login and no LIFF."""
    settings = make_settings(
        database_url,
        line_api_base=login.base,
        line_login_channel_id=CHANNEL_ID,
        line_login_channel_secret=CHANNEL_SECRET,
    )
    yield from visit(create_app(settings))


@pytest.fixture
def nowhere(database_url: str) -> Iterator[FlaskClient]:
    """A browser at a server that has neither."""
    yield from visit(create_app(make_settings(database_url)))


def visit(app: Flask) -> Iterator[FlaskClient]:
    app.testing = True
    yield app.test_client()
    app.extensions[EXTENSION].close()


def assert_refused(response: TestResponse, status: int, reason: str, words: str = "") -> None:
    told = response.get_json()
    assert (response.status_code, told["reason"]) == (status, reason)
    assert words in told["detail"]
    assert "Set-Cookie" not in response.headers


def is_known(phone: Phone) -> bool:
    answer = phone.send(WHO_ASKS, {})
    assert answer.status_code in (401, 409), answer.text
    return answer.status_code == 409  # known, but there is no such quiz


def test_an_id_token_that_line_verifies_opens_an_hour(phone: Phone) -> None:
    response = phone.log_in()

    assert response.status_code == 200
    cookie = response.headers["Set-Cookie"]
    for part in ("yanglai_visitor=", "HttpOnly", "SameSite=Lax", "Path=/liff", "Max-Age=3600"):
        assert part in cookie
    assert "U1111" not in response.text
    assert is_known(phone)


def test_the_hour_ends(phone: Phone) -> None:
    began = utc_now()
    with time_machine.travel(began, tick=False) as clock:
        phone.log_in()
        clock.shift(3599)
        assert is_known(phone)
        clock.shift(1)
        assert not is_known(phone)


def test_a_forged_token_is_refused_with_a_sentence(phone: Phone) -> None:
    head, payload, signature = phone.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    stolen = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "U" + "9" * 32}).encode()).rstrip(b"=").decode()

    for forged in (f"{head}.{stolen}.{signature}", f"{head}.{payload}.", "x", "a.b.c"):
        assert_refused(phone.log_in(forged), 401, "token_refused", "無法確認您的 LINE 身分")
    assert not is_known(phone)


@pytest.mark.parametrize("body", [{}, {"id_token": None}, {"id_token": 5}, {"id_token": ""}, {"id_token": "x" * 9000}])
def test_what_is_no_token_never_reaches_line(phone: Phone, body: dict[str, object]) -> None:
    assert_refused(phone.send("/liff/session", body), 401, "token_refused")


def test_what_the_page_claims_counts_for_nothing(phone: Phone) -> None:
    claimed = {"id_token": "x", "line_user_id": phone.line_user_id, "userId": phone.line_user_id, "visitor": "x"}
    assert_refused(phone.send("/liff/session", claimed), 401, "token_refused")
    assert_refused(phone.send(WHO_ASKS, claimed), 401, "unknown_visitor")


def test_a_token_whose_hour_is_over_asks_for_a_new_login(phone: Phone) -> None:
    token = phone.token()
    phone.platform.world.clock.advance(3601)
    assert_refused(phone.log_in(token), 401, "token_expired", "超過一小時")


def test_a_token_that_ended_by_our_clock_is_refused_though_line_says_yes(phone: Phone) -> None:
    with time_machine.travel(utc_now().replace(year=utc_now().year + 1)):
        token = phone.token()  # the simulator's clock goes on as ours does
        phone.platform.world.clock.reset()
    with time_machine.travel(utc_now().replace(year=utc_now().year + 2), tick=False):
        assert_refused(phone.log_in(token), 401, "token_expired")


def test_a_token_of_another_channel_is_refused(phone: Phone) -> None:
    world = phone.platform.world
    elsewhere = Logins(world.clock, replace(world.settings, login_channel_id="1659999999"))
    grant = Grant(phone.line_user_id, "LIFF", "openid", world.clock.seconds())
    assert_refused(phone.log_in(elsewhere.id_token(grant, {})), 401, "token_refused")


def test_a_token_shown_twice_names_the_same_person_and_nobody_else(phone: Phone, other_phone: Phone) -> None:
    token = phone.token()
    first, again = phone.log_in(token), phone.log_in(token)
    assert first.get_json() == again.get_json()
    other_phone.log_in()
    assert other_phone.key != phone.key
    other_phone.key = phone.key
    assert not is_known(other_phone)


def test_two_windows_of_one_browser_do_not_answer_for_each_other(phone: Phone) -> None:
    phone.log_in()
    first = phone.key
    phone.line_user_id = "U" + "3" * 32
    phone.log_in()
    phone.key = first
    assert not is_known(phone)


def test_a_forged_cookie_opens_nothing(phone: Phone, other_phone: Phone) -> None:
    other_phone.log_in()
    phone.key = other_phone.key
    phone.browser.set_cookie("yanglai_visitor", "WyJVMTEiLCJ4Il0.c2ln", path="/liff")
    assert not is_known(phone)


def test_the_cookie_of_a_trip_is_no_visitors_cookie(browser: FlaskClient) -> None:
    browser.get("/liff/login?page=/liff/q/abc")
    trip = browser.get_cookie("yanglai_page_trip", path="/liff/")
    assert trip is not None
    browser.set_cookie("yanglai_visitor", trip.value, path="/liff")
    assert browser.post(WHO_ASKS, json={}).status_code == 401


def test_a_silent_line_is_a_sentence_and_nothing_is_lost(phone: Phone) -> None:
    token = phone.token()
    phone.platform.stop()
    response = phone.log_in(token)
    assert_refused(response, 503, "line_is_away", "目前連不上 LINE")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    "headers, status, reason",
    [
        ({"Origin": "https://evil.example"}, 403, "other_site"),
        ({"Origin": "null"}, 403, "other_site"),
        ({"Origin": "http://127.0.0.1:8001"}, 403, "other_site"),
        ({"Sec_Fetch_Site": "cross-site"}, 403, "other_site"),
        ({"Sec_Fetch_Site": "same-site"}, 403, "other_site"),
        ({"Content_Type": "text/plain"}, 415, "not_json"),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415, "not_json"),
    ],
)
def test_another_web_site_can_make_a_browser_do_nothing_here(
    phone: Phone, headers: dict[str, str], status: int, reason: str
) -> None:
    phone.log_in()
    for path in ("/liff/session", WHO_ASKS):
        assert_refused(phone.send(path, {"id_token": phone.token()}, **headers), status, reason)


def test_calls_are_small_and_json_objects(phone: Phone) -> None:
    phone.log_in()
    assert_refused(phone.send(WHO_ASKS, {"x": "y" * 70_000}), 413, "too_big")
    assert_refused(phone.send(WHO_ASKS, ["x"]), 400, "malformed")
    broken = phone.browser.post("/liff/session", data=b"{", content_type="application/json")
    assert_refused(broken, 400, "malformed")


@pytest.mark.parametrize("path", ["/liff", "/liff/", "/liff?liff.state=%2Fq%2Fabc"])
def test_the_endpoint_answers_itself_and_loads_lines_script(phone: Phone, path: str) -> None:
    page = phone.browser.get(path)

    assert page.status_code == 200
    assert f'src="{phone.platform.url}/liff/edge/2/sdk.js"' in page.text
    assert f'data-liff-id="{LIFF_ID}"' in page.text


def test_a_page_runs_only_our_scripts_and_lines(phone: Phone) -> None:
    page = phone.browser.get("/liff")
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))

    nonce = rules["script-src"].split("'nonce-")[1].split("'")[0]
    assert page.text.count(f'nonce="{nonce}"') == page.text.count("<script nonce")
    assert rules["script-src"] == f"'nonce-{nonce}' {phone.platform.url}"
    assert (rules["default-src"], rules["frame-ancestors"], rules["form-action"]) == ("'none'",) * 3
    assert page.headers["Cache-Control"] == "no-store"
    assert " on" not in page.text.split("<body")[1].split(">")[0]


def test_files_of_pages_may_be_kept_under_their_version(phone: Phone) -> None:
    address = phone.browser.get("/liff").text.split('href="/liff/static/page.css')[1].split('"')[0]
    with phone.browser.get(f"/liff/static/page.css{address}") as kept:
        assert (kept.status_code, "immutable" in kept.headers["Cache-Control"]) == (200, True)


def test_a_server_without_login_and_liff_says_so(nowhere: FlaskClient) -> None:
    page = nowhere.get("/liff")
    assert page.status_code == 503
    assert "LINE Login 或 LIFF" in page.text
    refused = nowhere.post("/liff/session", json={"id_token": "x"})
    assert_refused(refused, 409, "off")


def set_out(browser: FlaskClient, login: LoginStandIn) -> dict[str, str]:
    return login.press_allow(browser.get("/liff/login?page=/liff/q/abc").location)


def test_line_login_leads_back_to_the_page_and_makes_the_visitor_known(
    browser: FlaskClient, login: LoginStandIn
) -> None:
    away = browser.get("/liff/login?page=/liff/q/abc")
    asked = parse_qs(urlsplit(away.location).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/liff/return"]

    back = browser.get("/liff/return", query_string=login.press_allow(away.location))

    assert (back.status_code, back.location) == (302, "/liff/q/abc")
    page = browser.get("/liff").text
    key = page.split('data-visitor="')[1].split('"')[0]
    assert key
    assert browser.post(WHO_ASKS, json={}, headers={"Yanglai-Visitor": key}).status_code == 409


def test_a_login_of_another_browser_is_not_taken(browser: FlaskClient, login: LoginStandIn) -> None:
    stolen = set_out(browser, login)
    set_out(browser, login)  # the newer trip took the older one's place
    response = browser.get("/liff/return", query_string=stolen)
    assert response.status_code == 400
    assert "再點一次連結" in response.text
    assert browser.get_cookie("yanglai_visitor", path="/liff") is None


def test_a_login_serves_once(browser: FlaskClient, login: LoginStandIn) -> None:
    allowed = set_out(browser, login)
    assert browser.get("/liff/return", query_string=allowed).status_code == 302
    assert browser.get("/liff/return", query_string=allowed).status_code == 400


def test_a_login_with_another_nonce_is_refused(browser: FlaskClient, login: LoginStandIn) -> None:
    allowed = set_out(browser, login)
    login.wishes[allowed["code"]]["nonce"] = "of-another-login"
    response = browser.get("/liff/return", query_string=allowed)
    assert response.status_code == 400
    assert browser.get_cookie("yanglai_visitor", path="/liff") is None


def test_who_does_not_allow_the_login_is_told_what_to_do(browser: FlaskClient, login: LoginStandIn) -> None:
    set_out(browser, login)
    response = browser.get("/liff/return?error=ACCESS_DENIED&state=x")
    assert (response.status_code, "沒有同意登入" in response.text) == (400, True)


@pytest.mark.parametrize(
    "page", ["", "/admin", "https://evil.example/", "//evil.example", "/liff/q/../../admin", "/liff"]
)
def test_a_login_leads_to_our_own_pages_only(browser: FlaskClient, page: str) -> None:
    assert browser.get("/liff/login", query_string={"page": page}).status_code == 404


def test_the_log_holds_no_token(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = phone.token()
    phone.log_in(token)
    phone.log_in(token + "x")
    assert token not in caplog.text
    assert phone.line_user_id not in caplog.text


@pytest.mark.parametrize("page", ["/liff/q/", "/liff/g/", "/liff/r/", "/terms/g/", "/terms/q/", "/terms/r/"])
def test_an_address_with_what_no_code_has_leads_to_no_page(pages_app: Flask, page: str) -> None:
    client = pages_app.test_client()
    assert [client.get(page + code).status_code for code in ("%00", "a%00b", "a" * 65, "%E5%A5%BD", "a.b")] == [404] * 5
