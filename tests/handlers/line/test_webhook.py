"""LINE's door: what is let in, what is refused, and what LINE hears."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from bot.database import Database, connect
from bot.errors import GatewayError, GatewayRefusedError
from models import (
    AnswerState,
    ChatMessage,
    ChatState,
    EventState,
    FallbackAnswer,
    ForwardedWebhook,
    Friend,
    FriendProof,
    FriendState,
    FriendTag,
    KeywordRule,
    TagSource,
    WebhookEvent,
)
from models.account import Account, GroupPolicy
from tests.factories import make_rule, make_tag, set_greeting
from tests.factories import text as text_message
from tests.fakes import FakeLine
from tests.handlers.line.conftest import Clock
from tests.line_events import body_of, deliver, event, follow, says, signature_of, taps, unfollow, user

Settled = Callable[[], None]
OFFICIAL_BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
OFFICIAL_SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def only_event(db: Database) -> WebhookEvent:
    with db() as session:
        return session.scalars(select(WebhookEvent)).one()


def friend_of(db: Database, number: int) -> Friend:
    with db() as session:
        return session.scalars(select(Friend).where(Friend.line_user_id == user(number))).one()


def test_lines_own_example_of_a_signature_is_taken(client: FlaskClient) -> None:
    answer = client.post("/callback", data=OFFICIAL_BODY, headers={"X-Line-Signature": OFFICIAL_SIGNATURE})
    assert answer.status_code == 200


@pytest.mark.parametrize("signature", ["", "wrong", "簽章", OFFICIAL_SIGNATURE[:-2] + "8="])
def test_a_missing_or_wrong_signature_is_refused_before_anything_else(client: FlaskClient, signature: str) -> None:
    headers = {"X-Line-Signature": signature.encode().decode("latin-1")} if signature else {}
    for body in (OFFICIAL_BODY, b"no json", b""):
        assert client.post("/callback", data=body, headers=headers).status_code == 400


def test_a_wrong_signature_does_not_touch_the_database(client: FlaskClient, db: Database) -> None:
    db.engine.dispose()
    client.post("/callback", data=OFFICIAL_BODY, headers={"X-Line-Signature": "wrong"})
    assert db.engine.pool.checkedin() == 0  # type: ignore[attr-defined]


def test_the_alias_serves_as_well(client: FlaskClient, db: Database, settled: Settled) -> None:
    assert deliver(client, follow(user(1)), path="/webhook").status_code == 200
    settled()
    assert friend_of(db, 1).state is FriendState.FOLLOWING


def test_a_body_over_two_megabytes_is_413(client: FlaskClient) -> None:
    body = b'{"events":[],"x":"' + b"x" * (2 * 1024 * 1024) + b'"}'
    headers = {"X-Line-Signature": signature_of(body)}
    assert client.post("/callback", data=body, headers=headers).status_code == 413


def test_a_signed_body_without_form_is_400(client: FlaskClient) -> None:
    for body in (b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"events":{}}', b"[" * 100_000):
        headers = {"X-Line-Signature": signature_of(body)}
        assert client.post("/callback", data=body, headers=headers).status_code == 400, body[:20]


def test_another_method_is_405(client: FlaskClient) -> None:
    assert client.get("/callback").status_code == 405


def test_events_that_cannot_be_stored_are_answered_503(client: FlaskClient, db: Database, settled: Settled) -> None:
    with db.begin() as session:
        session.execute(text("ALTER TABLE webhook_event RENAME TO gone"))
    assert deliver(client, follow(user(1))).status_code == 503
    with db.begin() as session:
        session.execute(text("ALTER TABLE gone RENAME TO webhook_event"))
    assert deliver(client, follow(user(1))).status_code == 200
    settled()


def test_events_that_would_wait_for_another_program_are_refused_while_line_still_listens(
    client: FlaskClient, db: Database, settled: Settled
) -> None:
    program = connect(db.engine.url.render_as_string(hide_password=False))
    with program.engine.connect() as stranger:
        if db.is_sqlite:
            stranger.exec_driver_sql("CREATE TABLE stranger (id INTEGER)")  # takes the write lock
        else:
            stranger.exec_driver_sql("LOCK TABLE webhook_event IN EXCLUSIVE MODE")
        began = time.monotonic()
        assert deliver(client, follow(user(1))).status_code == 503
        assert time.monotonic() - began < 2
    program.dispose()
    assert deliver(client, follow(user(1))).status_code == 200
    settled()


def test_a_keyword_is_answered_by_its_reply_token(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        rule = make_rule(session, "營業時間", answer="每天 10 點到 21 點")
    asked = says(user(1), "  營業 時間 ".replace(" 時", "時"))
    deliver(client, asked)
    settled()

    assert line.replies == {asked["replyToken"]: [text_message("每天 10 點到 21 點")]}
    assert only_event(db).answer_state is AnswerState.SENT
    with db() as session:
        assert session.get_one(KeywordRule, rule.id).hit_count == 1
        said = list(session.scalars(select(ChatMessage).order_by(ChatMessage.id)))
    assert [(row.text, row.state) for row in said] == [
        ("  營業時間 ", ChatState.SENT),
        ("每天 10 點到 21 點", ChatState.SENT),
    ]


def test_the_same_event_five_times_is_handled_and_answered_once(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    asked = says(user(1), "hi")
    for _ in range(4):
        deliver(client, asked, asked)
    settled()

    assert list(line.replies) == [asked["replyToken"]]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(ChatMessage)) == 2
        assert session.scalars(select(KeywordRule.hit_count)).one() == 1


def test_fifty_events_in_one_body_are_all_handled(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        set_greeting(session)
    deliver(client, *(follow(user(number)) for number in range(50)))
    settled()

    assert len(line.replies) == 50
    with db() as session:
        assert session.scalar(select(func.count()).where(Friend.state == FriendState.FOLLOWING)) == 50


def test_new_and_returning_friends_are_greeted_in_their_own_words_and_tagged(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        tag = make_tag(session, "新好友")
        set_greeting(session, new="歡迎", returning="歡迎回來", tags=[tag.id])
    came, came_back = follow(user(1)), follow(user(2), is_unblocked=True)
    deliver(client, came, came_back)
    settled()

    assert line.replies[came["replyToken"]] == [text_message("歡迎")]
    assert line.replies[came_back["replyToken"]] == [text_message("歡迎回來")]
    with db() as session:
        assert {row.source for row in session.scalars(select(FriendTag))} == {TagSource.GREETING}


def test_whoever_blocked_before_the_follow_arrived_is_not_greeted(
    client: FlaskClient, db: Database, line: FakeLine, clock: Clock, settled: Settled
) -> None:
    with db.begin() as session:
        set_greeting(session)
    deliver(client, unfollow(user(1), at=clock.now + timedelta(seconds=1)))
    deliver(client, follow(user(1), at=clock.now))
    settled()

    assert line.replies == {}
    assert friend_of(db, 1).state is FriendState.NOT_FOLLOWING


def test_a_message_is_no_proof_of_friendship(client: FlaskClient, db: Database, settled: Settled) -> None:
    deliver(client, says(user(1), "哈囉"))
    settled()

    friend = friend_of(db, 1)
    assert friend.state is FriendState.UNKNOWN
    assert friend.unanswered_at is not None
    assert friend.last_contact_at is not None


def test_the_fallback_is_said_once_in_its_time(
    client: FlaskClient, db: Database, line: FakeLine, clock: Clock, settled: Settled
) -> None:
    with db.begin() as session:
        fallback = session.get_one(FallbackAnswer, 1)
        fallback.enabled, fallback.messages, fallback.every_minutes = True, [text_message("我們會盡快回覆")], 60
    for _ in range(3):
        deliver(client, says(user(1), "有人嗎"))
        settled()
    clock.now += timedelta(minutes=61)
    deliver(client, says(user(1), "有人嗎"))
    settled()

    assert len(line.replies) == 2
    assert friend_of(db, 1).unanswered_at is not None


def test_postback_data_calls_only_the_rules_opened_for_it(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "menu=1", answer="選單", answers_postback=True)
        make_rule(session, "menu=2", answer="不會")
    opened, closed = taps(user(1), "menu=1"), taps(user(1), "menu=2")
    deliver(client, opened, closed)
    settled()

    assert list(line.replies) == [opened["replyToken"]]


def test_nothing_is_said_in_standby(client: FlaskClient, db: Database, line: FakeLine, settled: Settled) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
        set_greeting(session)
    deliver(client, says(user(1), "hi", mode="standby"), follow(user(2), mode="standby"))
    settled()

    assert line.replies == {}
    assert friend_of(db, 2).state is FriendState.FOLLOWING
    with db() as session:
        assert session.scalars(select(KeywordRule.hit_count)).one() == 0


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "somethingNew"},
        {"mode": "sleeping"},
        {"timestamp": "soon"},
        {"timestamp": 10**30},
        {"source": {"type": "planet"}},
        {"source": "user"},
        {"source": {"type": "user", "userId": "U\u0000"}},
        {"type": ["message"]},
        {"webhookEventId": {"a": 1}, "type": None},
    ],
)
def test_an_event_nobody_knows_is_kept_and_harms_no_neighbour(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled, strange: dict[str, object]
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    known = says(user(1), "hi")
    assert deliver(client, says(user(2), "hi") | strange, known).status_code == 200
    settled()

    assert list(line.replies) == [known["replyToken"]]
    with db() as session:
        states = set(session.scalars(select(WebhookEvent.state)))
    assert states == {EventState.HANDLED, EventState.NOT_UNDERSTOOD}


def test_what_is_no_event_at_all_harms_no_neighbour(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    asked = says(user(1), "hi")
    body = json.dumps({"events": [None, 5, "x", [asked], asked]}).encode()
    client.post("/callback", data=body, headers={"X-Line-Signature": signature_of(body)}).close()
    settled()
    assert list(line.replies) == [asked["replyToken"]]


def test_an_event_with_fields_nobody_knows_is_answered_all_the_same(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    asked = says(user(1), "hi") | {"novelty": {"deep": [1, 2]}}
    del asked["deliveryContext"]
    deliver(client, asked)
    settled()
    assert list(line.replies) == [asked["replyToken"]]


def test_groups_are_ignored_or_left_as_staff_chose(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    group = {"type": "group", "groupId": "C" + "1" * 32, "userId": user(1)}
    with db.begin() as session:
        make_rule(session, "hi")
    deliver(client, event("join", source=group), says(user(1), "hi", source=group))
    settled()
    assert (line.left, line.replies) == ([], {})

    with db.begin() as session:
        session.get_one(Account, 1).group_policy = GroupPolicy.LEAVE
    deliver(client, event("join", source=group))
    settled()
    assert line.left == [("group", "C" + "1" * 32)]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Friend)) == 0


def test_what_a_friend_takes_back_is_removed(client: FlaskClient, db: Database, settled: Settled) -> None:
    asked = says(user(1), "我的密碼是 1234")
    gone = event("unsend", user(1), unsend={"messageId": asked["message"]["id"]})
    deliver(client, asked, gone)
    settled()

    with db() as session:
        row = session.scalars(select(ChatMessage)).one()
        assert (row.text, row.content, row.unsent_at is not None) == (None, None, True)
        assert session.scalars(select(Friend)).one().unanswered_at is None
        assert "\\u5bc6" not in "".join(session.scalars(select(WebhookEvent.payload)))


def test_what_was_taken_back_before_it_arrived_is_not_kept(client: FlaskClient, db: Database, settled: Settled) -> None:
    asked = says(user(1), "我的密碼是 1234")
    deliver(client, event("unsend", user(1), unsend={"messageId": asked["message"]["id"]}))
    deliver(client, asked)
    settled()

    with db() as session:
        assert [row.text for row in session.scalars(select(ChatMessage))] == [None]
        assert "\\u5bc6" not in "".join(session.scalars(select(WebhookEvent.payload)))


def test_a_raw_webhook_waits_for_the_second_tool_byte_for_byte(
    client: FlaskClient, db: Database, settled: Settled
) -> None:
    with db.begin() as session:
        account = session.get_one(Account, 1)
        account.forward_url, account.forward_enabled = "http://127.0.0.1:9/hook", True
    body = body_of(says(user(1), "轉送")).replace(b": ", b":  ")
    client.post("/callback", data=body, headers={"X-Line-Signature": signature_of(body)})
    settled()

    with db() as session:
        row = session.scalars(select(ForwardedWebhook)).one()
    assert (row.body, row.signature) == (body, signature_of(body))


def test_an_answer_line_refuses_is_listed_as_unanswered(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    line.fail_with = GatewayRefusedError("LINE 拒絕了", status=400)
    deliver(client, says(user(1), "hi"))
    settled()

    assert only_event(db).answer_state is AnswerState.REFUSED
    assert friend_of(db, 1).unanswered_at is not None
    with db() as session:
        assert ChatState.FAILED in set(session.scalars(select(ChatMessage.state)))


def test_an_answer_line_cannot_take_now_stays_due(
    client: FlaskClient, db: Database, line: FakeLine, settled: Settled
) -> None:
    with db.begin() as session:
        make_rule(session, "hi")
    line.fail_with = GatewayError("逾時")
    deliver(client, says(user(1), "hi"))
    settled()

    assert only_event(db).answer_state is AnswerState.DUE


def test_a_message_of_a_type_full_of_nonsense_is_kept(client: FlaskClient, db: Database, settled: Settled) -> None:
    for nonsense in ("\x00", "\ud83d"):
        deliver(client, event("message", user(1), message={"type": nonsense, "id": "1", "text": nonsense}))
    settled()
    with db() as session:
        assert set(session.scalars(select(WebhookEvent.state))) == {EventState.HANDLED}


def test_an_import_or_a_list_does_not_outlive_an_unfollow_event(
    client: FlaskClient, db: Database, clock: Clock, settled: Settled
) -> None:
    deliver(client, follow(user(1)), unfollow(user(1), at=clock.now + timedelta(seconds=5)))
    settled()
    friend = friend_of(db, 1)
    assert (friend.state, friend.proof) == (FriendState.NOT_FOLLOWING, FriendProof.UNFOLLOW_EVENT)
    assert friend.followed_at is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["type", "mode", "timestamp", "source", "webhookEventId", "deliveryContext", "replyToken", "message"]


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(FIELDS), json_values), min_size=1, max_size=3))
def test_an_event_with_any_value_in_any_field_is_stored(
    client: FlaskClient, db: Database, changes: list[tuple[str, object]]
) -> None:
    body = json.dumps({"events": [says(user(1), "hi") | dict(changes)]}).encode()
    answer = client.post("/callback", data=body, headers={"X-Line-Signature": signature_of(body)})
    assert answer.status_code == 200
