"""LINE Login v2.1: who is in front of the browser or of a page inside LINE, and is this person a friend."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.http import HttpClient

ISSUER = "https://access.line.me"
EXPIRED = "IdToken expired"  # LINE's words for a token that was right once
LATEST = 10**11  # seconds
SCOPE = "profile openid"  # the friendship asks for "profile", the ID token for "openid"
PARTY = "LINE Login"


@dataclass(frozen=True)
class Tokens:
    """What LINE gives for one authorization code; never kept."""

    access_token: str
    id_token: str


@dataclass(frozen=True)
class Person:
    """Who logged in; the id is the Messaging API's own when both channels have one provider."""

    line_user_id: str
    display_name: str | None
    token_ends_at: datetime | None = None  # when LINE stops vouching; None: it did not say


class IdTokenExpiredError(GatewayRefusedError):
    """The token was right, but its hour is over."""


class IdTokens:
    """ID tokens of one channel, verified by LINE. One per process, made after the fork; safe for threads.

    Pages: docs/line-login/verify-id-token, docs/liff/using-user-profile; reference/line-login#verify-id-token.
    """

    def __init__(self, *, channel_id: str, api_base: str) -> None:
        self._channel_id = channel_id
        self._http = HttpClient(api_base, party=PARTY)

    def verify(self, id_token: str, *, nonce: str | None = None) -> Person:
        """Let LINE verify an ID token and return whom it names; a nonce must be the token's where one is given.

        Raises IdTokenExpiredError if its hour is over, GatewayRefusedError if LINE or we find it false, GatewayError
        if LINE did not answer.
        """
        fields = {"id_token": id_token, "client_id": self._channel_id}
        if nonce is not None:
            fields["nonce"] = nonce
        try:
            claims = self._http.post_form("/oauth2/v2.1/verify", fields)
        except GatewayRefusedError as refusal:
            if EXPIRED in str(refusal):
                raise IdTokenExpiredError(refusal.text, status=refusal.status, **refusal.values) from None
            raise
        is_ours = str(claims.get("aud")) == self._channel_id and claims.get("iss") == ISSUER
        if not is_ours or (nonce is not None and not _is_same(claims.get("nonce"), nonce)):
            raise GatewayRefusedError("%(party)s 的身分證明不是給這次登入的", party=PARTY)
        name = claims.get("name")
        return Person(_text(claims, "sub"), name if isinstance(name, str) else None, _moment(claims.get("exp")))


class LineLogin:
    """The account's LINE Login channel. One per process, made after the fork; safe for threads.

    Pages: docs/line-login/integrate-line-login, integrate-pkce, link-a-bot; reference/line-login.
    """

    def __init__(self, *, channel_id: str, channel_secret: str, login_base: str, api_base: str) -> None:
        self._channel_id = channel_id
        self._channel_secret = channel_secret
        self._login_base = login_base
        self._id_tokens = IdTokens(channel_id=channel_id, api_base=api_base)
        self._http = HttpClient(api_base, party=PARTY)

    def authorize_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return the page where LINE asks the person, and afterwards offers to add the account as a friend."""
        query = {
            "response_type": "code",
            "client_id": self._channel_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": SCOPE,
            "nonce": nonce,
            "bot_prompt": "aggressive",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._login_base}/oauth2/v2.1/authorize?{urlencode(query)}"

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        """Return the tokens for an authorization code, which LINE takes once.

        Raises GatewayRefusedError if LINE does not take it, GatewayError if it did not answer.
        """
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._channel_id,
            "client_secret": self._channel_secret,
            "code_verifier": verifier,
        }
        answer = self._http.post_form("/oauth2/v2.1/token", fields)
        return Tokens(access_token=_text(answer, "access_token"), id_token=_text(answer, "id_token"))

    def verify(self, id_token: str, *, nonce: str) -> Person:
        """Let LINE verify an ID token and return whom it names.

        Raises GatewayRefusedError if LINE or we find it false, GatewayError if LINE did not answer.
        """
        return self._id_tokens.verify(id_token, nonce=nonce)

    def is_friend(self, access_token: str) -> bool:
        """Whether the person is a friend of the account that is linked to the login channel, and did not block it.

        Raises as `exchange` does.
        """
        answer = self._http.get_json("/friendship/v1/status", token=access_token)
        flag = answer.get("friendFlag")
        if not isinstance(flag, bool):
            raise GatewayError("%(party)s 的回應缺少 %(name)s", party=PARTY, name="friendFlag")
        return flag


def challenge_of(verifier: str) -> str:
    """Return PKCE's S256 challenge for a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _is_same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _moment(seconds: Any) -> datetime | None:
    is_sane = isinstance(seconds, int) and 0 < seconds < LATEST
    return datetime.fromtimestamp(seconds, UTC) if is_sane else None


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise GatewayError("%(party)s 的回應缺少 %(name)s", party=PARTY, name=name)
    return value
