"""LIFF: from a LIFF URL to the endpoint, who opened it, and what its script may ask."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from tests.simulator.stand_ins import BotServer, Json, Line

LIFF_ID = "1650000000-AbcdEfgh"
ENDPOINT = "https://shop.example/2020campaign/?key=value"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SDK = {"Origin": "https://shop.example"}


@pytest.fixture
def app(line: Line) -> str:
    line.control("PUT", f"liff-apps/{LIFF_ID}", {"endpoint_url": ENDPOINT})
    return LIFF_ID


def go(line: Line, path: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", line.server.url + path, redirect=False)


def tap(line: Line, person: str, state: str = "") -> str:
    """A LIFF URL tapped in a chat; returns what the page learns the person by."""
    answer = go(line, f"/simulator/people/{person}/liff/{LIFF_ID}?{urlencode({'state': state})}")
    assert answer.status == 302
    return urlsplit(answer.headers["Location"]).fragment.removeprefix("context_token=")


def learn(line: Line, name: str, **more: str) -> tuple[int, Json]:
    body = {"liff_id": LIFF_ID, "name": name, **more}
    answer = line.call("POST", "/liff/sdk/openings", body, headers=SDK)
    return answer.status, answer.json()


def ask(line: Line, path: str, token: str, body: Any = None) -> urllib3.BaseHTTPResponse:
    headers = {**SDK, "Authorization": f"Bearer {token}"}
    return line.call("POST" if body else "GET", f"/liff/sdk/{path}", body, headers=headers)


@pytest.mark.parametrize(
    "behind, state",
    [
        ("", None),
        ("/path_A/?key1=value1", "/path_A/?key1=value1"),
        ("/q/abc", "/q/abc"),
        ("?key1=value1", "?key1=value1"),
    ],
)
def test_a_liff_url_leads_to_the_endpoint_with_the_rest_in_liff_state(
    line: Line, app: str, behind: str, state: str | None
) -> None:
    there = urlsplit(go(line, f"/liff/{app}{behind}").headers["Location"])

    assert (there.netloc, there.path) == ("shop.example", "/2020campaign/")
    expected = {"key": ["value"]} | ({} if state is None else {"liff.state": [state]})
    assert parse_qs(there.query) == expected


def test_a_liff_url_of_no_app_leads_nowhere(line: Line) -> None:
    assert go(line, "/liff/1650000000-Nobodyxx").status == 404
    assert go(line, "/liff/anything").status == 404


def test_a_page_in_line_learns_once_who_tapped(line: Line, app: str) -> None:
    person = line.person(name="王小明")
    name = tap(line, person, "/q/abc#part")

    status, told = learn(line, name)

    assert (status, told["userId"], told["inClient"], told["app"]["liffId"]) == (200, person, True, app)
    form = {"id_token": told["idToken"], "client_id": line.server.world.settings.login_channel_id}
    claims = line.call("POST", "/oauth2/v2.1/verify", urlencode(form).encode(), headers=FORM).json()
    assert (claims["sub"], claims["name"]) == (person, "王小明")
    assert learn(line, name)[0] == 400


def test_an_opening_is_over_after_ten_minutes(line: Line, app: str) -> None:
    name = tap(line, line.person())
    line.control("POST", "clock", {"advance_seconds": 601})
    assert learn(line, name)[0] == 400


def test_in_a_browser_one_chooses_who_to_be_and_comes_back_with_a_code(line: Line, app: str, bot: BotServer) -> None:
    person, page = line.person(following=False, name="林<b>"), "https://shop.example/2020campaign/q/abc?x=1"
    wish = {"liff_id": app, "redirect_uri": page}
    assert "林&lt;b&gt;" in go(line, f"/liff/login?{urlencode(wish)}").data.decode()
    form = {**wish, "line_user_id": person, "add_friend": "1"}
    back = urllib3.request("POST", f"{line.server.url}/liff/login", body=urlencode(form), headers=FORM, redirect=False)
    assert bot.heard(1)[0]["type"] == "follow"

    there = back.headers["Location"]
    assert there.startswith(f"{page}&code=")
    code = parse_qs(urlsplit(there).query)["code"][0]
    status, told = learn(line, code, redirect_uri=page)

    assert (status, told["userId"], told["inClient"]) == (200, person, False)


def test_a_code_is_for_its_own_page(line: Line, app: str) -> None:
    page = "https://shop.example/2020campaign/q/abc"
    form = {"liff_id": app, "redirect_uri": page, "line_user_id": line.person()}
    back = urllib3.request("POST", f"{line.server.url}/liff/login", body=urlencode(form), headers=FORM, redirect=False)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    assert learn(line, code, redirect_uri="https://shop.example/2020campaign/other")[0] == 400


@pytest.mark.parametrize(
    "page, status",
    [
        ("https://shop.example/2020campaign", 200),
        ("https://shop.example/2020campaign/?other=1", 200),
        ("https://shop.example/2020campaign/deeper", 200),
        ("https://shop.example/", 400),
        ("https://shop.example/2020campaigns", 400),
        ("https://evil.example/2020campaign/", 400),
    ],
)
def test_a_login_leads_back_to_the_endpoint_or_below(line: Line, app: str, page: str, status: int) -> None:
    assert go(line, f"/liff/login?{urlencode({'liff_id': app, 'redirect_uri': page})}").status == status


def test_the_script_asks_from_the_apps_own_origin(line: Line, app: str) -> None:
    person = line.person(name="王小明")
    token = learn(line, tap(line, person))[1]["accessToken"]

    profile = ask(line, "profile", token)
    assert profile.headers["Access-Control-Allow-Origin"] == "*"
    assert profile.json() == {"userId": person, "displayName": "王小明"}
    assert ask(line, "friendship", token).json() == {"friendFlag": True}
    assert ask(line, "friendship", "nobody's").status == 401
    script = go(line, "/liff/edge/2/sdk.js")
    assert (script.status, script.headers["Content-Type"].split(";")[0]) == (200, "text/javascript")


def test_what_a_page_sends_is_said_by_the_person(line: Line, app: str, bot: BotServer) -> None:
    person = line.person()
    token = learn(line, tap(line, person))[1]["accessToken"]
    bubble = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}
    flex = {"type": "flex", "altText": "卡片", "contents": bubble}
    photo = {
        "type": "image",
        "originalContentUrl": "https://a.example/b.png",
        "previewImageUrl": "https://a.example/c.png",
    }

    assert ask(line, "messages", token, {"messages": [{"type": "text", "text": "我完成了"}, flex, photo]}).status == 200

    heard = bot.heard(2)
    assert [event["message"]["type"] for event in heard] == ["text", "image"]  # no webhook tells of Flex
    assert heard[1]["message"]["contentProvider"]["type"] == "external"
    shown = line.control("GET", f"people/{person}/messages")["messages"]
    assert [one["message"]["type"] for one in shown if one["from"] == "person"] == ["text", "flex", "image"]
    assert ask(line, "messages", token, {"messages": []}).status == 400


def test_a_page_without_the_scope_sends_nothing_and_has_no_id_token(line: Line) -> None:
    line.control("PUT", f"liff-apps/{LIFF_ID}", {"endpoint_url": ENDPOINT, "scopes": ["profile"]})
    told = learn(line, tap(line, line.person()))[1]
    assert told["idToken"] is None
    refused = ask(line, "messages", told["accessToken"], {"messages": [{"type": "text", "text": "x"}]})
    assert (refused.status, refused.json()["message"]) == (403, "user doesn't grant required permissions yet")


def test_apps_are_listed_and_removed_and_nonsense_is_refused(line: Line, app: str) -> None:
    assert app in [one["liffId"] for one in line.control("GET", "liff-apps")["apps"]]
    assert line.control("DELETE", f"liff-apps/{app}") == {"removed": True}
    for liff_id, body in (
        ("short", {"endpoint_url": ENDPOINT}),
        (LIFF_ID, {"endpoint_url": "ftp://x"}),
        (LIFF_ID, {"endpoint_url": f"{ENDPOINT}#part"}),
        (LIFF_ID, {"endpoint_url": ENDPOINT, "view_type": "huge"}),
        (LIFF_ID, {"endpoint_url": ENDPOINT, "scopes": ["everything"]}),
    ):
        assert line.call("PUT", f"/simulator/liff-apps/{liff_id}", body).status == 400
