"""What an operator is told of the work."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from bot.database import Database
from bot.services import vital_signs
from models import Account, AnswerState, EventState, Friend, FriendState, JobRun, WebhookEvent

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def an_event(number: int, **columns: Any) -> WebhookEvent:
    given = {"line_event_id": f"e{number}", "type": "message", "payload": "{}", "received_at": NOW, "due_at": NOW}
    return WebhookEvent(**(given | columns))


def read(db: Database) -> vital_signs.VitalSigns:
    with db() as session:
        return vital_signs.read(session, now=NOW)


def test_a_quiet_house_with_a_ticking_timetable_rings_no_alarm(db: Database) -> None:
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=NOW - timedelta(seconds=5), finished_at=NOW))
        session.add(an_event(1, state=EventState.HANDLED))
    assert vital_signs.find_alarms(read(db)) == []
    assert read(db).tick_age == 5


def test_a_timetable_that_stopped_rings_and_so_does_one_that_never_began(db: Database) -> None:
    assert vital_signs.find_alarms(read(db)) == ["no_tick"]
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=NOW - timedelta(minutes=3), finished_at=NOW))
    assert vital_signs.find_alarms(read(db)) == ["no_tick"]


def test_old_failed_and_held_work_rings(db: Database) -> None:
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=NOW, finished_at=NOW, error="ValueError"))
        session.add(an_event(1, received_at=NOW - timedelta(minutes=5)))
        session.add(an_event(2, state=EventState.FAILED))
        session.add(an_event(3, state=EventState.HANDLED, answer_state=AnswerState.DUE, answer_due_at=NOW))
        session.scalars(select(Account)).one().held_at = NOW
    signs = read(db)
    assert vital_signs.find_alarms(signs) == ["events_stuck", "events_failed", "jobs_failed", "held"]
    assert (signs.events_waiting, signs.oldest_event_age, signs.events_failed, signs.due) == (1, 300, 1, 1)
    assert signs.failed_jobs == ("handle-events",)


def test_friends_are_counted_by_state(db: Database) -> None:
    with db.begin() as session:
        for number, state in enumerate([FriendState.FOLLOWING, FriendState.FOLLOWING, FriendState.NOT_FOLLOWING]):
            session.add(Friend(line_user_id=f"U{number:032x}", state=state, created_at=NOW))
    with db() as session:
        assert vital_signs.count_friends_by_state(session) == {"following": 2, "not_following": 1}


def test_the_questions_are_answered_from_small_indexes(db: Database) -> None:
    if not db.is_sqlite:
        return  # PostgreSQL decides by statistics; SQLite by whether the index fits the statement
    with db() as session:
        for state in ("received", "failed"):
            plan = session.execute(
                text(f"EXPLAIN QUERY PLAN SELECT count(*) FROM webhook_event WHERE state = '{state}'")
            ).all()
            assert "USING" in str(plan)
            assert "INDEX" in str(plan)
