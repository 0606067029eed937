"""What LINE Login remembers: authorization codes, access tokens, refresh tokens; ID tokens made by hand."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import dataclass, replace
from typing import Any

from simulator.clock import Clock
from simulator.settings import Settings

CODE_SECONDS = 600
ACCESS_SECONDS = 30 * 24 * 3600
REFRESH_SECONDS = 90 * 24 * 3600
ID_TOKEN_SECONDS = 3600
ISSUER = "https://access.line.me"


@dataclass(frozen=True)
class Grant:
    """What a person allowed: who, for which page, with which scopes."""

    line_user_id: str
    redirect_uri: str
    scope: str
    granted_at: float
    nonce: str = ""
    code_challenge: str = ""
    friendship_status_changed: bool = False


class Logins:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def issue_code(self, grant: Grant) -> str:
        code = secrets.token_urlsafe(15)
        with self._lock:
            self._codes[code] = grant
        return code

    def redeem(self, code: str) -> Grant | None:
        """The grant of a code, once and for ten minutes."""
        with self._lock:
            grant = self._codes.pop(code, None)
        return self._fresh(grant, CODE_SECONDS)

    def issue_tokens(self, grant: Grant) -> tuple[str, str]:
        """An access token and a refresh token."""
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        now = replace(grant, granted_at=self._clock.seconds())
        with self._lock:
            self._access[access], self._refresh[refresh] = now, now
        return access, refresh

    def of_access_token(self, token: str) -> Grant | None:
        return self._fresh(self._access.get(token), ACCESS_SECONDS)

    def of_refresh_token(self, token: str) -> Grant | None:
        return self._fresh(self._refresh.get(token), REFRESH_SECONDS)

    def seconds_left(self, grant: Grant) -> int:
        return int(grant.granted_at + ACCESS_SECONDS - self._clock.seconds())

    def revoke(self, token: str) -> None:
        with self._lock:
            self._access.pop(token, None)
            self._refresh.pop(token, None)

    def deauthorize(self, line_user_id: str) -> None:
        """Forget everything a person allowed."""
        with self._lock:
            for grants in (self._access, self._refresh, self._codes):
                for token in [token for token, grant in grants.items() if grant.line_user_id == line_user_id]:
                    del grants[token]

    def _fresh(self, grant: Grant | None, lifetime: float) -> Grant | None:
        if grant is None or self._clock.seconds() - grant.granted_at > lifetime:
            return None
        return grant

    def id_token(self, grant: Grant, profile: dict[str, str]) -> str:
        """A JWT signed with HS256 and the login channel's secret, as LINE gives to web logins."""
        now = int(self._clock.seconds())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": grant.line_user_id,
            "aud": self._settings.login_channel_id,
            "exp": now + ID_TOKEN_SECONDS,
            "iat": now,
            "amr": ["linesso"],
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        signed = f"{encoded({'typ': 'JWT', 'alg': 'HS256'})}.{encoded({**claims, **profile})}"
        return f"{signed}.{self._signature(signed)}"

    def _signature(self, signed: str) -> str:
        key = self._settings.login_channel_secret.encode()
        return unpadded(hmac.new(key, signed.encode(), hashlib.sha256).digest())

    def claims_of(self, token: str) -> dict[str, Any] | None:
        """The claims of an ID token with a right signature; nothing else is looked at."""
        signed, _, signature = token.rpartition(".")
        if not signed or not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims


def encoded(part: dict[str, Any]) -> str:
    return unpadded(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier."""
    return unpadded(hashlib.sha256(verifier.encode()).digest())
