"""LINE Login and the two calls of the Messaging API that a tracked link needs, behaving as LINE's pages describe."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.gateways.line_login import challenge_of

CHANNEL_ID = "1650000001"
CHANNEL_SECRET = "login-channel-secret"
ACCESS_TOKEN = "access-token-of-a-person"
ID_TOKEN = "id.token.of-a-person"


@dataclass
class LoginStandIn:
    """One person at LINE's pages; `press_allow` is what they do there."""

    server: HTTPServer
    line_user_id: str = "U" + "1" * 32
    is_friend: bool = False
    tells_friendship: bool = True
    basic_id: str = "@123abcde"
    wishes: dict[str, dict[str, str]] = field(default_factory=dict)  # by authorization code, each good for once
    nonce: str = ""
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path, method, answer in (
            ("/oauth2/v2.1/token", "POST", self._token),
            ("/oauth2/v2.1/verify", "POST", self._verify),
            ("/friendship/v1/status", "GET", self._friendship),
            ("/v2/bot/info", "GET", self._bot_info),
        ):
            self.server.expect_request(path, method=method).respond_with_handler(answer)

    @property
    def base(self) -> str:
        return self.server.url_for("").rstrip("/")

    def press_allow(self, authorize_url: str, *, has_changed: bool | None = None) -> dict[str, str]:
        """Allow what the page asks; returns the query with which LINE sends the browser back."""
        wish = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
        assert wish["response_type"] == "code"
        assert wish["client_id"] == CHANNEL_ID
        assert wish["code_challenge_method"] == "S256"
        code = f"code-{len(self.wishes) + 1}-{wish['state']}"
        self.wishes[code] = wish
        back = {"code": code, "state": wish["state"]}
        return back if has_changed is None else back | {"friendship_status_changed": str(has_changed).lower()}

    def _token(self, request: Request) -> Response:
        self.heard.append("token")
        form, wish = request.form, self.wishes.pop(request.form["code"], None)
        if (form["client_id"], form["client_secret"]) != (CHANNEL_ID, CHANNEL_SECRET):
            return _answer({"error": "invalid_client", "error_description": "invalid client_secret"}, 400)
        is_fit = (
            wish is not None
            and form["grant_type"] == "authorization_code"
            and form["redirect_uri"] == wish["redirect_uri"]
            and challenge_of(form["code_verifier"]) == wish["code_challenge"]
        )
        if wish is None or not is_fit:
            return _answer({"error": "invalid_grant", "error_description": "invalid authorization code"}, 400)
        self.nonce = wish["nonce"]
        granted = {"access_token": ACCESS_TOKEN, "id_token": ID_TOKEN, "expires_in": 2592000, "token_type": "Bearer"}
        return _answer(granted | {"refresh_token": "refresh", "scope": "profile"})

    def _verify(self, request: Request) -> Response:
        form = request.form
        if (form["id_token"], form["client_id"], form["nonce"]) != (ID_TOKEN, CHANNEL_ID, self.nonce):
            return _answer({"error": "invalid_request", "error_description": "Invalid IdToken."}, 400)
        told = {"iss": "https://access.line.me", "sub": self.line_user_id, "aud": CHANNEL_ID, "nonce": self.nonce}
        return _answer(told | {"exp": 4102444800, "iat": 1700000000, "name": "小芳"})

    def _friendship(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            return _answer({"message": "The access token is invalid or expired"}, 401)
        if not self.tells_friendship:
            return _answer({"message": "There is no login bot linked to this channel"}, 400)
        return _answer({"friendFlag": self.is_friend})

    def _bot_info(self, _request: Request) -> Response:
        self.heard.append("info")
        return _answer({"userId": "U" + "b" * 32, "basicId": self.basic_id, "displayName": "好日子選物"})


def _answer(content: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, mimetype="application/json")
