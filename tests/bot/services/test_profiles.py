"""Names come from LINE by a job, and prove nothing."""

from sqlalchemy import select

from bot.database import Database
from bot.errors import GatewayError
from bot.gateways.line import Profile
from bot.services import profiles
from models import Friend, FriendState
from tests.conftest import NOW
from tests.factories import later, make_friend
from tests.fakes import FakeLine
from tests.line_events import user


def only(db: Database) -> Friend:
    with db() as session:
        return session.scalars(select(Friend)).one()


def test_a_profile_that_is_due_is_fetched_once_and_is_no_proof(db: Database) -> None:
    line = FakeLine()
    line.profiles[user(1)] = Profile("王\x00大明", "https://profile.example/1", "在家", "zh-TW")
    with db.begin() as session:
        make_friend(session, 1, name="", state=FriendState.UNKNOWN, profile_due_at=NOW)

    assert profiles.fetch_due(db, line, now=lambda: NOW) == 1
    assert profiles.fetch_due(db, line, now=lambda: later(days=1)) == 0

    friend = only(db)
    assert (friend.display_name, friend.language, friend.state) == ("王大明", "zh-TW", FriendState.UNKNOWN)
    assert friend.name_grams == "大 大明 明 王 王大"


def test_a_person_line_does_not_show_keeps_the_name_we_knew(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1, name="王小明", profile_due_at=NOW)
    profiles.fetch_due(db, FakeLine(), now=lambda: NOW)
    friend = only(db)
    assert (friend.display_name, friend.profile_due_at) == ("王小明", None)


def test_trouble_at_line_leaves_the_profile_due_for_later(db: Database) -> None:
    line = FakeLine()
    line.fail_with = GatewayError("逾時")
    with db.begin() as session:
        make_friend(session, 1, profile_due_at=NOW)
    profiles.fetch_due(db, line, now=lambda: NOW)
    due_at = only(db).profile_due_at
    assert due_at is not None
    assert due_at > NOW
