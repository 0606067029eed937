"""LINE Login: the page people are sent to, and what LINE tells about whoever comes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer

from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.line_login import IdTokenExpiredError, IdTokens, LineLogin, challenge_of
from tests.login_stand_in import CHANNEL_ID, CHANNEL_SECRET, LoginStandIn

RETURN = "https://brand.example/l/return"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def line(httpserver: HTTPServer) -> LoginStandIn:
    return LoginStandIn(httpserver)


def make_login(line: LoginStandIn, channel_id: str = CHANNEL_ID) -> LineLogin:
    base = "https://access.line.me"
    return LineLogin(channel_id=channel_id, channel_secret=CHANNEL_SECRET, login_base=base, api_base=line.base)


def authorize_url(login: LineLogin) -> str:
    return login.authorize_url(redirect_uri=RETURN, state="state", nonce="nonce", verifier=VERIFIER)


def test_the_challenge_is_that_of_the_standards_example() -> None:
    assert challenge_of(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_people_are_sent_to_lines_page_with_all_it_wants_and_no_secret(line: LoginStandIn) -> None:
    url = urlsplit(authorize_url(make_login(line)))

    assert (url.scheme, url.netloc, url.path) == ("https", "access.line.me", "/oauth2/v2.1/authorize")
    assert {name: values[0] for name, values in parse_qs(url.query).items()} == {
        "response_type": "code",
        "client_id": CHANNEL_ID,
        "redirect_uri": RETURN,
        "state": "state",
        "scope": "profile openid",
        "nonce": "nonce",
        "bot_prompt": "aggressive",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }


def test_a_code_leads_to_the_person_and_the_friendship(line: LoginStandIn) -> None:
    login, line.is_friend = make_login(line), True
    code = line.press_allow(authorize_url(login))["code"]

    tokens = login.exchange(code, redirect_uri=RETURN, verifier=VERIFIER)
    person = login.verify(tokens.id_token, nonce="nonce")
    assert (person.line_user_id, person.display_name) == (line.line_user_id, "小芳")
    assert login.is_friend(tokens.access_token) is True


def test_a_code_is_taken_once_and_only_with_its_verifier(line: LoginStandIn) -> None:
    login = make_login(line)
    stolen = line.press_allow(authorize_url(login))["code"]
    with pytest.raises(GatewayRefusedError, match="invalid_grant"):
        login.exchange(stolen, redirect_uri=RETURN, verifier="v" * 43)

    used = line.press_allow(authorize_url(login))["code"]
    login.exchange(used, redirect_uri=RETURN, verifier=VERIFIER)
    with pytest.raises(GatewayRefusedError, match="invalid_grant"):
        login.exchange(used, redirect_uri=RETURN, verifier=VERIFIER)


def test_an_id_token_for_another_login_is_refused(line: LoginStandIn) -> None:
    login = make_login(line)
    code = line.press_allow(authorize_url(login))["code"]
    tokens = login.exchange(code, redirect_uri=RETURN, verifier=VERIFIER)

    with pytest.raises(GatewayRefusedError):
        login.verify(tokens.id_token, nonce="another")


@pytest.mark.parametrize("claims", [{"aud": "1"}, {"nonce": "another"}, {"nonce": None}])
def test_claims_that_do_not_fit_are_refused_though_line_said_yes(
    httpserver: HTTPServer, claims: dict[str, object]
) -> None:
    told = {"sub": "U" + "1" * 32, "aud": CHANNEL_ID, "nonce": "nonce"} | claims
    httpserver.expect_request("/oauth2/v2.1/verify").respond_with_json(told)
    base = httpserver.url_for("").rstrip("/")
    login = LineLogin(channel_id=CHANNEL_ID, channel_secret=CHANNEL_SECRET, login_base=base, api_base=base)

    with pytest.raises(GatewayRefusedError):
        login.verify("token", nonce="nonce")


@pytest.mark.parametrize(
    "path, answer",
    [
        ("/oauth2/v2.1/token", {"access_token": "a"}),
        ("/oauth2/v2.1/token", {"id_token": "a"}),
        ("/oauth2/v2.1/verify", {"aud": CHANNEL_ID, "nonce": "nonce"}),
        ("/friendship/v1/status", {"friendFlag": "yes"}),
    ],
)
def test_an_answer_without_what_it_is_for_is_a_failure(
    httpserver: HTTPServer, path: str, answer: dict[str, object]
) -> None:
    httpserver.expect_request(path).respond_with_json(answer)
    base = httpserver.url_for("").rstrip("/")
    login = LineLogin(channel_id=CHANNEL_ID, channel_secret=CHANNEL_SECRET, login_base=base, api_base=base)
    calls: dict[str, Callable[[], object]] = {
        "/oauth2/v2.1/token": lambda: login.exchange("code", redirect_uri=RETURN, verifier=VERIFIER),
        "/oauth2/v2.1/verify": lambda: login.verify("token", nonce="nonce"),
        "/friendship/v1/status": lambda: login.is_friend("token"),
    }

    with pytest.raises(GatewayError):
        calls[path]()


def test_a_wrong_channel_secret_shows_in_no_text(line: LoginStandIn) -> None:
    wrong = LineLogin(channel_id=CHANNEL_ID, channel_secret="quite-wrong", login_base=line.base, api_base=line.base)
    code = line.press_allow(authorize_url(wrong))["code"]

    with pytest.raises(GatewayRefusedError, match="invalid_client") as refusal:
        wrong.exchange(code, redirect_uri=RETURN, verifier=VERIFIER)
    assert "quite-wrong" not in str(refusal.value)
    assert code not in str(refusal.value)


def answering(httpserver: HTTPServer, told: dict[str, object], status: int = 200) -> IdTokens:
    httpserver.expect_request("/oauth2/v2.1/verify").respond_with_json(told, status=status)
    return IdTokens(channel_id=CHANNEL_ID, api_base=httpserver.url_for("").rstrip("/"))


def test_an_id_token_names_a_person_until_its_end(httpserver: HTTPServer) -> None:
    claims: dict[str, object] = {"iss": "https://access.line.me", "sub": "U" + "1" * 32, "aud": CHANNEL_ID}
    person = answering(httpserver, claims | {"exp": 1_800_000_000}).verify("token")

    assert person.line_user_id == "U" + "1" * 32
    assert person.token_ends_at == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


def test_an_id_token_whose_hour_is_over_is_told_from_a_false_one(httpserver: HTTPServer) -> None:
    told: dict[str, object] = {"error": "invalid_request", "error_description": "IdToken expired."}
    with pytest.raises(IdTokenExpiredError):
        answering(httpserver, told, 400).verify("token")


@pytest.mark.parametrize("claims", [{"aud": "1"}, {"iss": "https://evil.example"}, {"iss": None}, {"aud": None}])
def test_an_id_token_of_another_issuer_or_channel_is_refused(httpserver: HTTPServer, claims: dict[str, object]) -> None:
    told: dict[str, object] = {"iss": "https://access.line.me", "sub": "U" + "1" * 32, "aud": CHANNEL_ID} | claims
    with pytest.raises(GatewayRefusedError):
        answering(httpserver, told).verify("token")


@pytest.mark.parametrize("end", [None, "1800000000", -1, 10**30, 1.5])
def test_an_end_that_cannot_be_read_is_no_end(httpserver: HTTPServer, end: object) -> None:
    claims: dict[str, object] = {"iss": "https://access.line.me", "sub": "U" + "1" * 32, "aud": CHANNEL_ID, "exp": end}
    assert answering(httpserver, claims).verify("token").token_ends_at is None
