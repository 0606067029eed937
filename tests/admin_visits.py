"""Somebody at the admin without a browser: keeps cookies, sends the CSRF token of the page before."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.clock import utc_now
from bot.database import Database
from bot.services import staff
from bot.services.audit import OPERATOR
from models import Role, Staff

PASSWORD = "correct horse battery"


def make_staff(db: Database, name: str = "owner", role: Role = Role.OWNER) -> Staff:
    """A person with PASSWORD."""
    with db.begin() as session:
        return staff.create(session, name=name, password=PASSWORD, role=role, by=OPERATOR, now=utc_now())


class Visitor:
    """A client that reads pages and sends forms as a browser does."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        answer = self.client.get(path, **options)
        found = re.search(rb'name="csrf-token" content="([^"]+)"', answer.get_data())
        if found:
            self.csrf = found[1].decode()
        return answer

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **(form or {})}, **options)

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        self.get("/admin/login")
        answer = self.post("/admin/login", {"name": name, "password": password})
        self.get("/admin/me")
        return answer
