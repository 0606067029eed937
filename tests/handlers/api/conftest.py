"""What a test of the API may ask for: a caller with a token of each role."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.database import Database
from bot.services import api_tokens
from bot.services.audit import OPERATOR
from models import Role
from tests.conftest import NOW


@dataclass
class Caller:
    """Another system with a token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send one request; a body goes as JSON."""
        given = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        sent = None if body is None else json.dumps(body)
        kind = None if body is None else "application/json"
        return self.client.open(f"/api/v1{path}", method=method, data=sent, content_type=kind, headers=given)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.ask("DELETE", path, **headers)


def make_token(db: Database, role: Role) -> str:
    with db.begin() as session:
        return api_tokens.create(session, f"{role}'s system", role, by=OPERATOR, now=NOW)[1]


@pytest.fixture
def owner(app: Flask, db: Database) -> Caller:
    return Caller(app.test_client(), make_token(db, Role.OWNER))


@pytest.fixture
def marketer(app: Flask, db: Database) -> Caller:
    return Caller(app.test_client(), make_token(db, Role.MARKETER))


@pytest.fixture
def viewer(app: Flask, db: Database) -> Caller:
    return Caller(app.test_client(), make_token(db, Role.VIEWER))
