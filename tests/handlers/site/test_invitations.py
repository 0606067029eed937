"""`/i/<code>.<signature>` as a visitor's browser meets it, up to the follow that counts."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from app import create_app
from bot.clock import utc_now
from bot.database import Database
from bot.services import invitations, referrals
from bot.services.audit import OPERATOR
from bot.services.plays import play_at
from bot.services.referrals import ProgramContent
from handlers.processes import EXTENSION, Process
from models import Account, Friend, Invitation, LinkArrival, Referral, ReferralProgram
from tests.conftest import make_settings
from tests.factories import make_friend
from tests.line_events import deliver, follow
from tests.login_stand_in import CHANNEL_ID, CHANNEL_SECRET, LoginStandIn

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari Line/15.1.0"}


@pytest.fixture
def line(httpserver: HTTPServer) -> LoginStandIn:
    return LoginStandIn(httpserver)


@pytest.fixture
def visitor(database_url: str, line: LoginStandIn) -> Iterator[FlaskClient]:
    """A visitor of a server with LINE Login."""
    settings = make_settings(
        database_url,
        line_api_base=line.base,
        line_login_base="https://access.line.me",
        line_login_channel_id=CHANNEL_ID,
        line_login_channel_secret=CHANNEL_SECRET,
    )
    yield from visit(create_app(settings))


@pytest.fixture
def plain(database_url: str, db: Database) -> Iterator[FlaskClient]:
    """A visitor of a server without LINE Login that already knows its account."""
    with db.begin() as session:
        session.execute(update(Account).values(basic_id="@123abcde", display_name="好日子選物"))
    settings = make_settings(
        database_url, line_api_base="https://api.line.me", line_api_data_base="https://api.line.me"
    )
    yield from visit(create_app(settings))


def visit(app: Flask) -> Iterator[FlaskClient]:
    app.testing = True
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.fixture
def link(db: Database) -> str:
    return make_link(db)


def make_link(db: Database, **choices: Any) -> str:
    """A friend's personal link, as it stands in the chat."""
    with db.begin() as session:
        content = ProgramContent(**({"name": "邀請朋友拿點數"} | choices))
        program = referrals.create(session, content, by=OPERATOR, now=utc_now())
        inviter = session.scalar(select(Friend)) or make_friend(session, 77)
        invitation = invitations.find_or_make(session, program, inviter, now=utc_now())
    url = invitations.url_of(invitation, play_at(make_settings("sqlite:///unused.sqlite3"), now=utc_now()))
    return url.removeprefix("http://127.0.0.1:8000")


def the_invitation(db: Database) -> Invitation:
    with db() as session:
        return session.scalars(select(Invitation)).one()


def fates(db: Database) -> list[tuple[str, str | None]]:
    with db() as session:
        rows = session.execute(select(Referral.state, Referral.reason).order_by(Referral.id))
        return [(state.value, reason and reason.value) for state, reason in rows]


def settle(visitor: FlaskClient) -> None:
    """Wait until what was delivered is handled."""
    process: Process = visitor.application.extensions[EXTENSION]
    assert process.door is not None
    process.door.close()
    process.door = None


def log_in(visitor: FlaskClient, line: LoginStandIn, link: str, *, has_changed: bool | None = None) -> TestResponse:
    away = visitor.get(link, headers=PHONE)
    return visitor.get("/l/return", query_string=line.press_allow(away.location, has_changed=has_changed))


def test_whoever_logs_in_and_follows_counts_for_the_friend_who_invited(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database
) -> None:
    response = log_in(visitor, line, link)
    assert (response.status_code, response.location) == (302, f"{line.base}/?add=%40123abcde")
    assert fates(db) == [("waiting", None)]

    deliver(visitor, follow(line.line_user_id, at=utc_now()))
    settle(visitor)
    assert fates(db) == [("counted", None)]
    assert (the_invitation(db).opened, the_invitation(db).brought) == (1, 1)


def test_an_invitation_and_a_tracked_link_share_the_way_back_and_nothing_else(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database
) -> None:
    log_in(visitor, line, link)

    with db() as session:
        assert session.scalar(select(func.count()).select_from(LinkArrival)) == 0
    assert len(fates(db)) == 1


def test_previews_and_head_count_nothing_and_lead_to_the_account(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database
) -> None:
    preview = visitor.get(link, headers={"User-Agent": "facebookexternalhit/1.1;line-poker/1.0"})
    head = visitor.head(link, headers=PHONE)

    assert preview.location == head.location == f"{line.base}/?add=%40123abcde"
    assert the_invitation(db).opened == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link[:-1] + ("a" if link[-1] != "a" else "b"),
        lambda link: link.rpartition(".")[0],
        lambda link: link.partition("/i/")[0] + "/i/zzzzzzzzzz." + link.rpartition(".")[2],
        lambda link: link + "x",
        lambda _: "/i/" + "a" * 9000,
        lambda _: "/i/<script>alert(1)</script>.x",
        lambda _: "/i/%00.%00",
    ],
)
def test_a_forged_or_altered_link_leads_to_a_friendly_page_and_counts_nothing(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database, spoil: Any
) -> None:
    visitor.get("/l/nothing")
    response = visitor.get(spoil(link), headers=PHONE)

    assert response.status_code == 404
    assert "Set-Cookie" not in response.headers
    assert "<script>" not in response.text
    assert the_invitation(db).opened == 0


def test_a_link_signed_under_another_secret_is_forged(
    visitor: FlaskClient, link: str, db: Database, line: LoginStandIn
) -> None:
    other = play_at(make_settings("sqlite:///unused.sqlite3", secret_key="another-secret-key-here"), now=utc_now())
    forged = invitations.url_of(the_invitation(db), other).removeprefix("http://127.0.0.1:8000")

    assert visitor.get(forged, headers=PHONE).status_code == 404
    assert "找不到這個邀請" in visitor.get(forged, headers=PHONE).text


def test_without_line_login_the_page_says_that_nothing_is_counted(plain: FlaskClient, link: str, db: Database) -> None:
    response = plain.get(link, headers=PHONE)

    assert response.status_code == 200
    assert "LINE Login" in response.text
    assert "不會計算" in response.text
    assert 'href="https://line.me/R/ti/p/%40123abcde"' in response.text
    invitation = the_invitation(db)
    assert (invitation.opened, invitation.opened_without_login, invitation.brought) == (1, 1, 0)
    assert fates(db) == []


@pytest.mark.parametrize("error", ["ACCESS_DENIED", "SERVER_ERROR"])
def test_a_cancelled_login_is_a_number_and_nobody(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database, error: str
) -> None:
    away = visitor.get(link, headers=PHONE)
    state = line.press_allow(away.location)["state"]
    response = visitor.get("/l/return", query_string={"error": error, "state": state})

    assert response.location == f"{line.base}/?add=%40123abcde"
    assert the_invitation(db).not_told == 1
    assert fates(db) == []


def test_a_login_line_does_not_confirm_is_a_number_and_nobody(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database
) -> None:
    away = visitor.get(link, headers=PHONE)
    back = line.press_allow(away.location)
    line.wishes.clear()
    visitor.get("/l/return", query_string=back)

    assert the_invitation(db).not_told == 1
    assert fates(db) == []


def test_a_friend_who_opens_a_friends_link_does_not_count(
    visitor: FlaskClient, line: LoginStandIn, link: str, db: Database
) -> None:
    line.is_friend = True

    assert log_in(visitor, line, link, has_changed=False).location == f"{line.base}/?chat=%40123abcde"
    assert fates(db) == [("refused", "was_friend")]


def test_the_own_link_does_not_count(visitor: FlaskClient, line: LoginStandIn, link: str, db: Database) -> None:
    with db() as session:
        line.line_user_id = session.scalars(select(Friend.line_user_id)).one()
    log_in(visitor, line, link)

    assert fates(db) == [("refused", "own_link")]


@pytest.mark.parametrize(
    "choices", [{"enabled": False}, {"active_until": utc_now()}, {"active_from": utc_now().replace(year=2999)}]
)
def test_a_programme_that_is_not_on_says_so_and_counts_nothing(
    visitor: FlaskClient, line: LoginStandIn, db: Database, choices: dict[str, Any]
) -> None:
    link = make_link(db, **choices)
    response = visitor.get(link, headers=PHONE)

    assert response.status_code == 200
    assert "邀請朋友拿點數" in response.text
    assert "Set-Cookie" not in response.headers
    assert the_invitation(db).opened == 0


def test_a_deleted_programme_says_so(visitor: FlaskClient, line: LoginStandIn, link: str, db: Database) -> None:
    with db.begin() as session:
        program_id = session.scalars(select(ReferralProgram.id)).one()
        referrals.delete(session, program_id, by=OPERATOR, now=utc_now())

    assert "沒有進行" in visitor.get(link, headers=PHONE).text
