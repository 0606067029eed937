"""Names come from LINE by a job, and prove nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

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


@pytest.mark.parametrize(
    "odd",
    [
        Profile("王\ud83d小明", "https://a.example/\x00", "在\x00家\udc00", "zh\x00"),
        Profile("王小明", {"url": 1}, ["在家"], 7),  # type: ignore[arg-type]
    ],
    ids=["no text", "no string"],
)
def test_a_profile_that_cannot_be_kept_as_it_is_stops_neither_itself_nor_its_neighbours(
    db: Database, odd: Profile
) -> None:
    line = FakeLine()
    line.profiles = {user(1): odd, user(2): Profile("陳大文", None, None, None)}
    with db.begin() as session:
        for number in (1, 2):
            make_friend(session, number, name="", profile_due_at=NOW)

    profiles.fetch_due(db, line, now=lambda: NOW)

    with db() as session:
        found = {friend.line_user_id: friend for friend in session.scalars(select(Friend))}
    assert {who: friend.display_name for who, friend in found.items()} == {user(1): "王小明", user(2): "陳大文"}
    assert [friend.profile_due_at for friend in found.values()] == [None, None]
    assert "\x00" not in f"{found[user(1)].picture_url}{found[user(1)].status_message}{found[user(1)].language}"


def test_a_row_that_cannot_be_written_leaves_its_neighbours_theirs_and_is_tried_again(db: Database) -> None:
    line = FakeLine()
    line.profiles = {user(1): Profile("難寫", None, None, None), user(2): Profile("陳大文", None, None, None)}
    with db.begin() as session:
        for number in (1, 2):
            make_friend(session, number, name="", profile_due_at=NOW)
        refuse_the_name(session, "難寫")

    profiles.fetch_due(db, line, now=lambda: NOW)

    with db() as session:
        found = {friend.line_user_id: friend for friend in session.scalars(select(Friend))}
    assert (found[user(2)].display_name, found[user(2)].profile_due_at) == ("陳大文", None)
    assert (found[user(1)].display_name, found[user(1)].profile_attempts) == ("", 1)
    assert found[user(1)].profile_due_at == NOW + profiles.PAUSE * 2


class SlowLine(FakeLine):
    """A LINE that takes ten seconds for every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.asked = 0

    def get_profile(self, line_user_id: str) -> Profile | None:  # noqa: ARG002
        self.asked += 1
        self.now += timedelta(seconds=10)
        raise GatewayError("逾時")


def test_whoever_was_not_asked_before_the_lease_ran_low_is_handed_back_untried(db: Database) -> None:
    line = SlowLine()
    with db.begin() as session:
        for number in range(1, 31):
            make_friend(session, number, profile_due_at=NOW)

    assert profiles.fetch_due(db, line, now=lambda: line.now) == line.asked < 30

    with db() as session:
        waiting = session.execute(select(Friend.profile_attempts, Friend.profile_due_at)).all()
    back = [due_at for attempts, due_at in waiting if attempts == 0]
    assert len(back) == 30 - line.asked
    assert set(back) == {line.now}


def refuse_the_name(session: Session, name: str) -> None:
    """Let the database itself say no, for whatever reason it may have."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE friend ADD CONSTRAINT no_such_name CHECK (display_name <> '{name}')"))
    else:
        session.execute(
            text(
                "CREATE TRIGGER no_such_name BEFORE UPDATE ON friend "
                f"WHEN NEW.display_name = '{name}' BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )


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
