"""The account's pages at LINE, learned once."""

from pytest_httpserver import HTTPServer
from sqlalchemy import select, update

from bot.database import Database
from bot.gateways.line import LineGateway
from bot.services import account_pages
from models import Account
from tests.login_stand_in import LoginStandIn


def make_line(base: str) -> LineGateway:
    return LineGateway(secret="secret", token="token", base_url=base, data_base_url=base)


def test_the_basic_id_is_asked_for_once_and_kept(db: Database, httpserver: HTTPServer) -> None:
    stand_in = LoginStandIn(httpserver)
    line = make_line(stand_in.base)

    first = account_pages.learn_pages(db, line, api_base="https://api.line.me")
    again = account_pages.learn_pages(db, line, api_base="https://api.line.me")
    assert first == again
    assert first is not None
    assert first.add_friend_url == "https://line.me/R/ti/p/%40123abcde"
    assert stand_in.heard == ["info"]
    with db() as session:
        account = session.scalars(select(Account)).one()
    assert (account.basic_id, account.display_name) == ("@123abcde", "好日子選物")
    line.close()


def test_while_line_does_not_answer_nothing_is_known(db: Database) -> None:
    line = make_line("http://127.0.0.1:9")

    assert account_pages.learn_pages(db, line, api_base="https://api.line.me") is None
    line.close()


def test_a_basic_id_known_before_is_not_asked_for(db: Database) -> None:
    with db.begin() as session:
        session.execute(update(Account).values(basic_id="@known"))
    line = make_line("http://127.0.0.1:9")

    pages = account_pages.learn_pages(db, line, api_base="https://api.line.me")
    assert pages is not None
    assert pages.chat_url == "https://line.me/R/oaMessage/%40known/"
    line.close()
