"""What was stored is said once, whatever breaks in between."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.database import Database
from bot.errors import GatewayError
from bot.runtime import Runtime
from bot.services import chats, inbox, replies
from bot.services.auto_replies import AnswerBook
from bot.services.inbox import Delivery, StoredEvent
from handlers.line import router
from models import AnswerState, EventState, Friend, WebhookEvent
from tests.conftest import NOW, make_settings
from tests.factories import later, make_rule
from tests.fakes import FakeLine
from tests.line_events import says, user


def make_runtime(db: Database, line: FakeLine, now: datetime = NOW) -> Runtime:
    settings = make_settings(str(db.engine.url))
    return Runtime(settings=settings, db=db, line=line, answers=AnswerBook(settings.zone), now=lambda: now)


def store(db: Database, *events: dict[str, object]) -> list[StoredEvent]:
    with db.begin() as session:
        return inbox.store(session.connection(), [Delivery(tuple(events), NOW)])[0]


def only(db: Database) -> WebhookEvent:
    with db() as session:
        return session.scalars(select(WebhookEvent)).one()


def asked_and_handled(db: Database, line: FakeLine) -> None:
    """A friend asked, the answer is stored, and the process died before it said anything."""
    with db.begin() as session:
        make_rule(session, "hi")
    router.handle(make_runtime(db, line), store(db, says(user(1), "hi")))
    assert only(db).answer_state is AnswerState.DUE


def test_an_answer_left_unsaid_is_said_by_the_next_process(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    replies.say_due(db, line, now=lambda: later(seconds=9))
    assert line.replies == {}, "the first process still has its lease"

    replies.say_due(db, line, now=lambda: later(seconds=11))

    assert len(line.replies) == 1
    assert only(db).answer_state is AnswerState.SENT


def test_an_answer_that_was_said_before_the_crash_is_not_said_again(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    said = line.replies[only(db).payload.split('"replyToken": "')[1].split('"')[0]] = ["said before the crash"]

    replies.say_due(db, line, now=lambda: later(seconds=11))

    assert list(line.replies.values()) == [said]
    assert only(db).answer_state is AnswerState.SENT


def test_an_answer_whose_token_died_is_listed_as_unanswered(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)

    replies.say_due(db, line, now=lambda: later(seconds=61))

    assert line.replies == {}
    assert only(db).answer_state is AnswerState.EXPIRED
    with db() as session:
        assert session.scalars(select(Friend)).one().unanswered_at is not None


def test_a_500_after_accepting_is_tried_again_and_heard_once(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    line.fail_after_accepting = GatewayError("LINE 暫時無法處理")
    replies.say_due(db, line, now=lambda: later(seconds=11))
    assert only(db).answer_state is AnswerState.DUE

    replies.say_due(db, line, now=lambda: later(seconds=20))

    assert len(line.replies) == 1
    assert only(db).answer_state is AnswerState.SENT


def test_two_processes_that_take_over_say_it_once(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    with db.begin() as session:
        first = inbox.claim_due_answers(session, limit=50, now=later(seconds=11))
    with db.begin() as session:
        second = inbox.claim_due_answers(session, limit=50, now=later(seconds=11))
    assert (len(first), len(second)) == (1, 0)


def test_a_late_outcome_does_not_overwrite_a_newer_attempt(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    with db.begin() as session:
        [late] = inbox.claim_due_answers(session, limit=50, now=later(seconds=11))
        [newer] = inbox.claim_due_answers(session, limit=50, now=later(seconds=22))
    with db.begin() as session:
        replies.write(session, [replies.say(line, newer, now=later(seconds=22))])
        replies.write(session, [inbox.Outcome(late.event_id, late.attempts, AnswerState.REFUSED, later(seconds=23))])
    assert only(db).answer_state is AnswerState.SENT


def test_events_a_crash_left_unhandled_are_taken_up_once(db: Database) -> None:
    line = FakeLine()
    with db.begin() as session:
        make_rule(session, "hi")
    store(db, says(user(1), "hi"))
    with db.begin() as session:
        assert inbox.claim_left_behind(session, limit=50, now=later(seconds=9)) == []
        left = inbox.claim_left_behind(session, limit=50, now=later(seconds=11))
        assert inbox.claim_left_behind(session, limit=50, now=later(seconds=12)) == []

    first = router.handle(make_runtime(db, line, later(seconds=11)), left)
    again = router.handle(make_runtime(db, line, later(seconds=12)), left)

    assert (len(first), len(again)) == (1, 0)


def test_an_event_that_cannot_be_handled_is_tried_a_few_times_and_harms_no_neighbour(db: Database) -> None:
    line = FakeLine()
    with db.begin() as session:
        broken = make_rule(session, "broken")
        make_rule(session, "hi")
        broken.tags = [{"no": "id"}]
    stored = store(db, says(user(1), "broken"), says(user(2), "hi"))

    assert len(router.handle(make_runtime(db, line), stored)) == 1

    moment = NOW
    for _ in range(6):
        moment += timedelta(minutes=5)
        with db.begin() as session:
            left = inbox.claim_left_behind(session, limit=50, now=moment)
        if left:
            router.handle(make_runtime(db, line, moment), left)
    with db() as session:
        found = {event.state for event in session.scalars(select(WebhookEvent))}
        failed = inbox.list_failed(session)
    assert found == {EventState.HANDLED, EventState.FAILED}
    assert [event.error for event in failed] != [None]
    with db.begin() as session:
        assert inbox.try_again(session, failed[0].id, now=moment)


def test_a_redelivered_event_is_answered_though_its_first_token_died(db: Database) -> None:
    line = FakeLine()
    with db.begin() as session:
        make_rule(session, "hi")
    asked = says(user(1), "hi")
    router.handle(make_runtime(db, line), store(db, asked))
    replies.say_due(db, line, now=lambda: later(seconds=61))
    assert only(db).answer_state is AnswerState.EXPIRED

    again = asked | {"deliveryContext": {"isRedelivery": True}}
    with db.begin() as session:
        assert inbox.store(session.connection(), [Delivery((again,), later(minutes=5))]) == [[]]
    replies.say_due(db, line, now=lambda: later(minutes=5, seconds=1))

    assert list(line.replies) == [asked["replyToken"]]
    assert only(db).answer_state is AnswerState.SENT


def test_a_redelivery_of_an_answered_event_or_a_very_late_one_says_nothing(db: Database) -> None:
    line = FakeLine()
    with db.begin() as session:
        make_rule(session, "hi")
    asked = says(user(1), "hi")
    again = asked | {"deliveryContext": {"isRedelivery": True}}
    router.handle(make_runtime(db, line), store(db, asked))
    replies.say_due(db, line, now=lambda: later(seconds=61))
    with db.begin() as session:
        inbox.store(session.connection(), [Delivery((again,), later(minutes=21))])
    replies.say_due(db, line, now=lambda: later(minutes=22))
    assert line.replies == {}
    assert only(db).answer_state is AnswerState.EXPIRED


def test_an_event_that_ends_the_process_is_given_up_after_a_few_tries(db: Database) -> None:
    store(db, says(user(1), "hi"))
    tried, moment = 0, NOW
    for _ in range(10):
        moment += timedelta(minutes=1)
        with db.begin() as session:
            tried += len(inbox.claim_left_behind(session, limit=50, now=moment))
    assert tried == inbox.MOST_ATTEMPTS
    assert only(db).state is EventState.FAILED


def test_staff_who_attended_meanwhile_are_not_called_again_by_a_late_failure(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    with db.begin() as session:
        friend_id = session.scalars(select(Friend.id)).one()
        chats.mark_answered(session, friend_id, now=later(seconds=30))

    replies.say_due(db, line, now=lambda: later(seconds=61))

    with db() as session:
        assert session.scalars(select(Friend)).one().unanswered_at is None


def test_a_friend_who_waits_long_sees_the_loading_animation_before_the_answer(db: Database) -> None:
    line = FakeLine()
    asked_and_handled(db, line)
    replies.say_due(db, line, now=lambda: later(seconds=11))
    assert line.loading == [user(1)]
    assert len(line.replies) == 1
