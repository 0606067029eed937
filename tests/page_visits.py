"""Somebody with one of our pages open in LINE; the simulator makes the tokens that LINE's script would give."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handlers.site.visitors import KEY_HEADER
from simulator import server as simulators
from simulator.logins import Grant

LIFF_ID = "1650000000-Yanglai1"
OURS = "http://127.0.0.1:8000"


@dataclass
class Phone:
    """Somebody's phone with one of our pages open in LINE."""

    browser: FlaskClient
    platform: simulators.Server
    line_user_id: str
    key: str = ""

    def token(self, **changes: Any) -> str:
        """The ID token that LINE's script holds for this person."""
        world = self.platform.world
        grant = Grant(self.line_user_id, "LIFF", "openid profile", world.clock.seconds())
        return world.logins.id_token(grant, {"name": "王小明", **changes})

    def send(self, path: str, body: Any, **headers: str) -> TestResponse:
        """A call of our own page's script."""
        given = {"Origin": OURS, KEY_HEADER: self.key} | {
            name.replace("_", "-"): told for name, told in headers.items()
        }
        return self.browser.post(path, json=body, headers=given)

    def log_in(self, token: str | None = None) -> TestResponse:
        """Show the server an ID token."""
        response = self.send("/liff/session", {"id_token": token or self.token()})
        self.key = response.get_json().get("visitor", "")
        return response
