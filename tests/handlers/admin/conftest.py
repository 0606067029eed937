"""Staff of each role, logged in."""

import pytest
from flask import Flask

from bot.database import Database
from models import Role
from tests.admin_visits import Visitor, make_staff


def logged_in(app: Flask, db: Database, name: str, role: Role) -> Visitor:
    make_staff(db, name, role)
    visitor = Visitor(app)
    assert visitor.log_in(name).status_code == 302
    return visitor


@pytest.fixture
def owner(app: Flask, db: Database) -> Visitor:
    return logged_in(app, db, "owner", Role.OWNER)


@pytest.fixture
def marketer(app: Flask, db: Database) -> Visitor:
    return logged_in(app, db, "marketer", Role.MARKETER)


@pytest.fixture
def viewer(app: Flask, db: Database) -> Visitor:
    return logged_in(app, db, "viewer", Role.VIEWER)
