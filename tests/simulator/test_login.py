"""LINE Login: from the page where one chooses a person to the ID token."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from tests.simulator.stand_ins import BotServer, Line

BACK = "https://shop.example/login?lang=zh"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def authorize(line: Line, person: str, **wish: str) -> dict[str, str]:
    """Say yes on the login page; comes back with the parameters of the redirect."""
    form = {"line_user_id": person, "redirect_uri": BACK, "state": "s1", "scope": "profile openid", **wish}
    answer = urllib3.request(
        "POST", f"{line.server.url}/oauth2/v2.1/authorize", body=urlencode(form), headers=FORM, redirect=False
    )
    assert answer.status == 302, answer.data
    location = answer.headers["Location"]
    assert location.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def token(line: Line, code: str, **wish: str) -> tuple[int, dict[str, Any]]:
    settings = line.server.world.settings
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": settings.login_channel_id,
        "client_secret": settings.login_channel_secret,
        **wish,
    }
    answer = line.call("POST", "/oauth2/v2.1/token", urlencode(form).encode(), headers=FORM)
    return answer.status, answer.json()


def asked(line: Line, path: str, access_token: str) -> dict[str, Any]:
    told: dict[str, Any] = line.call("GET", path, headers={"Authorization": f"Bearer {access_token}"}).json()
    return told


def test_a_login_gives_profile_friendship_and_a_signed_id_token(line: Line) -> None:
    person = line.person(name="王小明")
    back = authorize(line, person, nonce="n1")
    assert back["state"] == "s1"
    status, told = token(line, back["code"])
    assert (status, told["token_type"], told["scope"]) == (200, "Bearer", "profile openid")
    assert asked(line, "/v2/profile", told["access_token"]) == {"userId": person, "displayName": "王小明"}
    assert asked(line, "/friendship/v1/status", told["access_token"]) == {"friendFlag": True}

    signed, _, signature = told["id_token"].rpartition(".")
    secret = line.server.world.settings.login_channel_secret.encode()
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    payload = signed.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["sub"], claims["nonce"], claims["name"]) == (person, "n1", "王小明")


def verify(line: Line, **form: str) -> tuple[int, dict[str, Any]]:
    answer = line.call("POST", "/oauth2/v2.1/verify", urlencode(form).encode(), headers=FORM)
    return answer.status, answer.json()


def test_an_id_token_is_verified_with_lines_words(line: Line) -> None:
    person = line.person()
    told = token(line, authorize(line, person, nonce="n1")["code"])[1]
    good = {"id_token": told["id_token"], "client_id": line.server.world.settings.login_channel_id}
    assert verify(line, **good, nonce="n1", user_id=person)[1]["sub"] == person
    wrong = [
        ({"id_token": told["id_token"] + "x"}, "Invalid IdToken."),
        ({"client_id": "1"}, "Invalid IdToken Audience."),
        ({"nonce": "n2"}, "Invalid IdToken Nonce."),
        ({"user_id": "U1"}, "Invalid IdToken Subject Identifier."),
    ]
    for change, words in wrong:
        assert verify(line, **{**good, **change}) == (400, {"error": "invalid_request", "error_description": words})
    line.control("POST", "clock", {"advance_seconds": 3601})
    assert verify(line, **good)[1]["error_description"] == "IdToken expired."


def test_an_access_token_can_be_verified_until_it_is_revoked(line: Line) -> None:
    told = token(line, authorize(line, line.person())["code"])[1]
    answer = line.call("GET", f"/oauth2/v2.1/verify?access_token={told['access_token']}").json()
    assert answer["client_id"] == line.server.world.settings.login_channel_id
    assert answer["expires_in"] > 0
    settings = line.server.world.settings
    form = {
        "access_token": told["access_token"],
        "client_id": settings.login_channel_id,
        "client_secret": settings.login_channel_secret,
    }
    assert line.call("POST", "/oauth2/v2.1/revoke", urlencode(form).encode(), headers=FORM).status == 200
    assert line.call("GET", f"/oauth2/v2.1/verify?access_token={told['access_token']}").status == 400


def test_a_code_serves_once_and_ten_minutes(line: Line) -> None:
    person = line.person()
    code = authorize(line, person)["code"]
    assert token(line, code)[0] == 200
    assert token(line, code)[1]["error"] == "invalid_grant"
    code = authorize(line, person)["code"]
    line.control("POST", "clock", {"advance_seconds": 601})
    assert token(line, code)[0] == 400


@pytest.mark.parametrize(
    "wish", [{"client_secret": "x"}, {"redirect_uri": "https://other.example/"}, {"grant_type": "x"}]
)
def test_a_code_is_for_its_own_channel_and_page(line: Line, wish: dict[str, str]) -> None:
    assert token(line, authorize(line, line.person())["code"], **wish)[0] == 400


def test_a_code_with_a_challenge_needs_its_verifier(line: Line) -> None:
    person, verifier = line.person(), "v" * 43
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = authorize(line, person, code_challenge=digest)["code"]
    assert token(line, code, code_verifier="x" * 43)[0] == 400
    code = authorize(line, person, code_challenge=digest)["code"]
    assert token(line, code, code_verifier=verifier)[0] == 200


def test_a_refresh_token_gives_a_new_access_token(line: Line) -> None:
    first = token(line, authorize(line, line.person())["code"])[1]
    second = token(line, "", grant_type="refresh_token", refresh_token=first["refresh_token"])[1]
    assert second["access_token"] != first["access_token"]


def test_the_login_page_can_make_a_friend(line: Line, bot: BotServer) -> None:
    person = line.person(following=False)
    back = authorize(line, person, bot_prompt="normal", add_friend="1")
    assert back["friendship_status_changed"] == "true"
    assert bot.heard(1)[0]["type"] == "follow"


def test_the_login_page_lists_people_and_escapes_their_names(line: Line) -> None:
    line.person(name="<b>王</b>")
    channel = line.server.world.settings.login_channel_id
    wish = {"response_type": "code", "client_id": channel, "redirect_uri": BACK, "state": "s", "scope": "profile"}
    page = line.call("GET", f"/oauth2/v2.1/authorize?{urlencode(wish)}")
    assert page.status == 200
    assert "&lt;b&gt;王&lt;/b&gt;" in page.data.decode()
    assert "error=ACCESS_DENIED" in page.data.decode()
    assert line.call("GET", "/oauth2/v2.1/authorize?response_type=code").status == 400
