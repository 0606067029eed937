"""Doctor: what is wrong is found, and the sentence says what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from bot.clock import utc_now
from bot.database import Database, connect
from bot.gateways.line import LineGateway
from bot.services import checkups
from bot.services.checkups import Verdict
from models import Account, JobRun
from simulator import Server, Settings
from tests.conftest import make_settings

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
URL = "http://127.0.0.1:8000"


@pytest.fixture
def platform() -> Iterator[Server]:
    server = Server(Settings(port=0, webhook_url=f"{URL}/callback", message_limit=500)).start()
    yield server
    server.stop()


@pytest.fixture
def line(platform: Server) -> Iterator[LineGateway]:
    gateway = a_gateway(platform.url)
    yield gateway
    gateway.close()


def a_gateway(url: str, token: str = Settings.channel_access_token) -> LineGateway:
    return LineGateway(secret=Settings.channel_secret, token=token, base_url=url, data_base_url=url)


def verdicts(findings: list[checkups.Finding]) -> dict[str, Verdict]:
    return {finding.about: finding.verdict for finding in findings}


def test_nothing_is_to_be_mended_where_everything_works(db: Database, line: LineGateway, platform: Server) -> None:
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=utc_now(), finished_at=utc_now()))
    settings = make_settings("sqlite:///unused.sqlite3", public_url=URL, line_api_base=platform.url)
    found = checkups.run(settings, db, line, now=utc_now)
    assert [finding for finding in found if finding.verdict is Verdict.MEND] == []
    assert verdicts(found)["webhook"] is Verdict.OK
    assert verdicts(found)["quota"] is Verdict.OK
    assert verdicts(found)["clock"] is Verdict.OK
    assert "redelivery" in found[-1].text


def test_a_wrong_token_is_found_and_the_rest_is_not_asked(platform: Server) -> None:
    gateway = a_gateway(platform.url, token="wrong")
    found = list(checkups.check_line(make_settings("sqlite:///unused.sqlite3"), gateway, now=utc_now))
    assert [(finding.about, finding.verdict) for finding in found] == [("token", Verdict.MEND)]
    gateway.close()


def test_another_registered_address_is_found_with_the_command_that_mends_it(line: LineGateway) -> None:
    settings = make_settings("sqlite:///unused.sqlite3", public_url="http://127.0.0.1:9999")
    finding = checkups.check_webhook(settings, line, NOW)
    assert finding.verdict is Verdict.MEND
    assert "set-webhook http://127.0.0.1:9999/callback" in finding.text


def test_a_clock_that_is_off_is_found(line: LineGateway) -> None:
    settings = make_settings("sqlite:///unused.sqlite3")
    assert checkups.check_clock(settings, line, utc_now() + timedelta(minutes=3)).verdict is Verdict.MEND
    assert checkups.check_clock(settings, line, utc_now()).verdict is Verdict.OK


def test_plain_http_is_no_address_for_the_real_line() -> None:
    settings = make_settings("sqlite:///unused.sqlite3", public_url=URL, line_api_base="https://api.line.me")
    assert verdicts(list(checkups.check_settings(settings)))["PUBLIC_URL"] is Verdict.MEND


def test_a_database_of_another_schema_is_found(db: Database) -> None:
    with db.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    (finding,) = checkups.check_database(db, now=NOW)
    assert (finding.about, finding.verdict) == ("schema", Verdict.MEND)


def test_a_database_that_does_not_answer_is_found() -> None:
    gone = connect("postgresql+psycopg://nobody:nothing@127.0.0.1:9/none")
    (finding,) = checkups.check_database(gone, now=NOW)
    assert (finding.about, finding.verdict) == ("database", Verdict.MEND)
    assert "nothing" not in finding.text
    gone.dispose()


def test_resting_jobs_and_a_hold_are_found(db: Database) -> None:
    with db.begin() as session:
        session.scalars(select(Account)).one().held_at = NOW
    found = verdicts(list(checkups.check_database(db, now=NOW)))
    assert found == {"database": Verdict.OK, "jobs": Verdict.MEND, "hold": Verdict.MEND}


def test_few_messages_left_are_worth_a_note(db: Database, line: LineGateway) -> None:
    server = Server(Settings(port=0, message_limit=0)).start()
    gateway = a_gateway(server.url)
    assert checkups.check_quota(make_settings("sqlite:///unused.sqlite3"), gateway, NOW).verdict is Verdict.NOTE
    gateway.close()
    server.stop()


@pytest.mark.parametrize(
    "settings, verdict, words",
    [
        ({}, Verdict.NOTE, "off: set LIFF_ID"),
        ({"liff_id": "1650000000-AbcdEfgh"}, Verdict.OK, "endpoint URL is http://127.0.0.1:8000/liff"),
        (
            {
                "liff_id": "1650000000-AbcdEfgh",
                "line_login_channel_id": "1659999999",
                "line_login_channel_secret": "secret",
            },
            Verdict.MEND,
            "not an app of LINE_LOGIN_CHANNEL_ID",
        ),
    ],
)
def test_doctor_says_whether_pages_inside_line_can_work(settings: dict[str, str], verdict: Verdict, words: str) -> None:
    found = list(checkups.check_liff(make_settings("sqlite:///unused.sqlite3", **settings)))
    assert [(finding.about, finding.verdict) for finding in found] == [("LIFF", verdict)]
    assert words in found[0].text
