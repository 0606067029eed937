"""What an operator wants to know of a running installation, in a few quick questions to the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from bot.claims import is_in
from models import (
    Account,
    AnswerState,
    EventState,
    ForwardedWebhook,
    ForwardState,
    Friend,
    JobRun,
    StaffMessage,
    StaffMessageState,
    WebhookEvent,
)

TICK_IS_LATE = timedelta(minutes=2)
EVENT_IS_LATE = timedelta(minutes=1)
COUNTABLE = 100_000  # above that PostgreSQL's own estimate is taken


@dataclass(frozen=True)
class VitalSigns:
    """The state of the work at one moment; ages in seconds."""

    events_waiting: int
    oldest_event_age: float | None
    events_failed: int
    answers_due: int
    staff_messages_due: int
    forwards_due: int
    tick_age: float | None  # since the timetable last started anything; None if it never did
    job_ages: dict[str, float]
    failed_jobs: tuple[str, ...]
    held_at: datetime | None

    @property
    def due(self) -> int:
        """How many things would leave now."""
        return self.answers_due + self.staff_messages_due + self.forwards_due


def read(session: Session, *, now: datetime) -> VitalSigns:
    """Return the figures; each is answered from a small index or a small table."""
    waiting = is_in(WebhookEvent.state, EventState.RECEIVED)
    oldest = session.scalar(select(func.min(WebhookEvent.received_at)).where(waiting))
    runs = session.scalars(select(JobRun)).all()
    ages = {run.name: _age(run.started_at, now) for run in runs}
    return VitalSigns(
        events_waiting=_count(session, waiting),
        oldest_event_age=_age(oldest, now) if oldest else None,
        events_failed=_count(session, is_in(WebhookEvent.state, EventState.FAILED)),
        answers_due=_count(session, is_in(WebhookEvent.answer_state, AnswerState.DUE)),
        staff_messages_due=_count(session, is_in(StaffMessage.state, StaffMessageState.DUE)),
        forwards_due=_count(session, is_in(ForwardedWebhook.state, ForwardState.DUE)),
        tick_age=min(ages.values(), default=None),
        job_ages=ages,
        failed_jobs=tuple(sorted(run.name for run in runs if run.error)),
        held_at=session.scalar(select(Account.held_at)),
    )


def find_alarms(signs: VitalSigns) -> list[str]:
    """Return the names of what needs a person; none of them stops the webhooks."""
    late = signs.tick_age is None or signs.tick_age > TICK_IS_LATE.total_seconds()
    stuck = signs.oldest_event_age is not None and signs.oldest_event_age > EVENT_IS_LATE.total_seconds()
    alarms = {
        "no_tick": late,
        "events_stuck": stuck,
        "events_failed": signs.events_failed > 0,
        "jobs_failed": bool(signs.failed_jobs),
        "held": signs.held_at is not None,
    }
    return [name for name, rings in alarms.items() if rings]


def count_friends_by_state(session: Session) -> dict[str, int]:
    """Return how many friends are in each state: counted, or estimated where counting would take long."""
    if session.get_bind().dialect.name == "postgresql":
        rows = session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = 'friend'::regclass")) or 0
        if rows > COUNTABLE:
            return _estimate(session, "friend", "state", rows)
    return {
        state.value: count
        for state, count in session.execute(select(Friend.state, func.count()).group_by(Friend.state))
    }


def _estimate(session: Session, table: str, column: str, rows: float) -> dict[str, int]:
    found = session.execute(
        text(
            "SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs) FROM pg_stats "
            "WHERE schemaname = current_schema() AND tablename = :table AND attname = :column"
        ),
        {"table": table, "column": column},
    )
    return {value: round(rows * share) for value, share in found.tuples()}


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0


def _age(moment: datetime, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())
