"""Invitations in the chat: a keyword or a tap brings a friend's own link, and follows that it explains count."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from bot.database import Database
from bot.messages import check
from bot.services import invitations, referrals
from bot.services.audit import OPERATOR
from bot.settings import Settings
from models import ChatMessage, ChatSource, Friend, Invitation, ReferralProgram
from tests.conftest import NOW, make_settings
from tests.factories import later, make_friend
from tests.fakes import FakeLine
from tests.handlers.line.conftest import Clock
from tests.line_events import deliver, follow, says, taps, unfollow, user
from tests.login_stand_in import CHANNEL_ID, CHANNEL_SECRET
from tests.referral_acts import arrive, brought, fates, make_program

Settled = Callable[[], None]
ALICE, BOB = user(1), user(2)
STEPS = [{"friends": 2, "reward": {"points": 50}}]


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A server with LINE Login."""
    return make_settings(database_url, line_login_channel_id=CHANNEL_ID, line_login_channel_secret=CHANNEL_SECRET)


@pytest.fixture
def program(db: Database) -> ReferralProgram:
    with db.begin() as session:
        make_friend(session, 1, name="王小明")
    return make_program(
        db,
        name="邀請朋友拿點數",
        start_keywords=[{"text": "邀請朋友", "match": "exact"}],
        invitation="{{name}}推薦你加入！",
        steps=STEPS,
    )


class Chat:
    """A friend's side of the chat."""

    def __init__(self, client: FlaskClient, line: FakeLine, settled: Settled) -> None:
        self.client, self.line, self.settled = client, line, settled

    def hears(self, event: dict[str, Any]) -> list[Any]:
        deliver(self.client, event)
        self.settled()
        return self.line.replies.get(event["replyToken"], [])


@pytest.fixture
def chat(client: FlaskClient, line: FakeLine, settled: Settled) -> Chat:
    return Chat(client, line, settled)


def invitation_of(db: Database) -> Invitation:
    with db() as session:
        return session.scalars(select(Invitation)).one()


@pytest.mark.usefixtures("program")
def test_the_keyword_brings_the_own_link_to_pass_on_and_to_share(chat: Chat, db: Database) -> None:
    words, card = chat.hears(says(ALICE, "邀請朋友"))

    assert check([words, card]) == []
    name, _, link = words["text"].partition("\n")
    assert name == "王小明推薦你加入！"
    assert link.startswith(f"http://127.0.0.1:8000/i/{invitation_of(db).code}.")
    share, progress, terms = (action["uri"] for action in card["template"]["actions"])
    assert parse_qs(urlsplit(share).query)["text"] == [words["text"]]
    assert urlsplit(share).netloc == "line.me"
    assert "/liff/r/" in progress
    assert "/terms/r/" in terms
    assert "再邀請 2 位就能獲得「50 點 LINE POINTS」" in card["template"]["text"]


def test_a_tap_brings_the_same_link(chat: Chat, db: Database, program: ReferralProgram) -> None:
    said = chat.hears(says(ALICE, "邀請朋友"))

    assert chat.hears(taps(ALICE, f"referral:start:{program.code}")) == said
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1
        sources = session.scalars(select(ChatMessage.source).where(ChatMessage.source == ChatSource.REFERRAL))
        assert len(list(sources)) == 2


@pytest.mark.usefixtures("program")
def test_a_tap_for_a_programme_that_is_gone_says_so(chat: Chat) -> None:
    [said] = chat.hears(taps(ALICE, "referral:start:gone"))

    assert "找不到" in said["text"]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"active_from": NOW + timedelta(days=1)}, "還沒有開始"),
        ({"active_until": NOW - timedelta(days=1)}, "已經結束"),
    ],
)
def test_outside_its_period_a_programme_gives_no_link(
    chat: Chat, db: Database, program: ReferralProgram, changes: dict[str, Any], words: str
) -> None:
    with db.begin() as session:
        referrals.change(session, program.id, changes, by=OPERATOR, now=NOW)
    [said] = chat.hears(says(ALICE, "邀請朋友"))

    assert words in said["text"]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


@pytest.mark.usefixtures("program")
def test_a_programme_switched_off_no_longer_hears_its_keyword(
    chat: Chat, db: Database, program: ReferralProgram
) -> None:
    with db.begin() as session:
        referrals.toggle(session, program.id, by=OPERATOR, now=NOW)

    assert chat.hears(says(ALICE, "邀請朋友")) == []


@pytest.mark.usefixtures("program")
def test_a_redelivered_follow_after_block_and_return_counts_once(chat: Chat, clock: Clock, db: Database) -> None:
    chat.hears(says(ALICE, "邀請朋友"))
    invitation = invitation_of(db)
    arrive(db, invitation, BOB)
    came = follow(BOB, at=later(minutes=5))
    clock.now = later(hours=1)
    for event in (came, {**came, "deliveryContext": {"isRedelivery": True}}):
        deliver(chat.client, event)
    deliver(chat.client, unfollow(BOB, at=later(minutes=10)), follow(BOB, at=later(minutes=20), is_unblocked=True))
    chat.settled()

    assert brought(db, invitation) == 1
    assert fates(db, BOB) == [(invitation.id, "counted", None)]
    assert "已成功邀請 1 位好友。再邀請 1 位" in chat.hears(says(ALICE, "邀請朋友"))[1]["template"]["text"]


@pytest.mark.usefixtures("program")
def test_a_follow_handled_after_its_own_unfollow_still_counts(chat: Chat, clock: Clock, db: Database) -> None:
    """As it would have, had the events come in their order: the next look finds it."""
    chat.hears(says(ALICE, "邀請朋友"))
    invitation = invitation_of(db)
    arrive(db, invitation, BOB)
    clock.now = later(hours=1)
    deliver(chat.client, unfollow(BOB, at=later(minutes=10)))
    chat.settled()
    deliver(chat.client, follow(BOB, at=later(minutes=5)))
    chat.settled()
    invitations.settle(db, now=clock.now)

    assert brought(db, invitation) == 1


@pytest.mark.usefixtures("program")
def test_fifty_follows_in_one_delivery_count_as_fifty(chat: Chat, clock: Clock, db: Database) -> None:
    chat.hears(says(ALICE, "邀請朋友"))
    invitation, people = invitation_of(db), [user(number) for number in range(100, 150)]
    for who in people:
        arrive(db, invitation, who)
    clock.now = later(hours=1)
    deliver(chat.client, *(follow(who, at=later(minutes=5)) for who in people))
    chat.settled()

    assert brought(db, invitation) == 50
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Friend)) == 51


class TestWithoutLineLogin:
    """Nobody would ever be counted, so no link is given."""

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return make_settings(database_url)

    @pytest.mark.usefixtures("program")
    def test_a_friend_is_told_that_invitations_wait(self, chat: Chat) -> None:
        [said] = chat.hears(says(ALICE, "邀請朋友"))

        assert "暫停" in said["text"]
