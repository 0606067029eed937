"""The timetable: what a jobs process does, and how often. Any number of processes may tick."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.runtime import Runtime
from bot.services import (
    accounts,
    forwards,
    heartbeats,
    inbox,
    invitations,
    profiles,
    replies,
    retention,
    rosters,
    staff_messages,
    tag_import_runs,
    tag_imports,
    tags,
)
from handlers.line import router

logger = logging.getLogger(__name__)

DRAIN = timedelta(seconds=5)  # a job works off what is due for this long and returns
SYNC_SLICE = timedelta(seconds=20)

Job = Callable[[Runtime], None]


def handle_events(runtime: Runtime) -> None:
    """Events and answers that a crash left behind."""
    _drain(runtime, lambda: _handle_left_behind(runtime))
    _drain(runtime, lambda: replies.say_due(runtime.db, runtime.line, now=runtime.now))


def _handle_left_behind(runtime: Runtime) -> int:
    """Handle a batch; what it leads to is due at once, for whoever says it first.

    What was tried before is tried alone: it may be what ended the other process.
    """
    with runtime.db.begin() as session:
        left = inbox.claim_left_behind(session, limit=router.MOST_AT_ONCE, now=runtime.now())
    fresh = [event for event in left if not event.attempts]
    for batch in ([fresh] if fresh else []) + [[event] for event in left if event.attempts]:
        router.handle(runtime, batch, lease=timedelta(0))
    return len(left)


def send_staff_messages(runtime: Runtime) -> None:
    """Answers of staff's that a crash left unsent."""
    staff_messages.send_due(runtime.db, runtime.line, now=runtime.now)


def forward_webhooks(runtime: Runtime) -> None:
    """The raw webhooks, to a second tool."""
    _drain(runtime, lambda: forwards.send_due(runtime.db, runtime.second_tool, now=runtime.now))


def fetch_profiles(runtime: Runtime) -> None:
    """Names and pictures."""
    _drain(runtime, lambda: profiles.fetch_due(runtime.db, runtime.line, now=runtime.now))


def sync_roster(runtime: Runtime) -> None:
    """A walk through LINE's follower list that somebody began."""
    rosters.run(runtime.db, runtime.line, now=runtime.now, until=runtime.now() + SYNC_SLICE)


def start_roster_sync(runtime: Runtime) -> None:
    """Begin the daily walk."""
    with runtime.db.begin() as session:
        rosters.start_daily(session, now=runtime.now())


def expire_tags(runtime: Runtime) -> None:
    """Tags whose end has come."""
    tags.expire_due(runtime.db, now=runtime.now())


def settle_referrals(runtime: Runtime) -> None:
    """People who came by an invitation and whose follow is known; strangers who never followed are forgotten."""
    invitations.settle(runtime.db, now=runtime.now())


def import_tags(runtime: Runtime) -> None:
    """Files of tags that somebody confirmed."""
    _drain(runtime, lambda: tag_import_runs.run(runtime.db, now=runtime.now, until=runtime.now() + DRAIN))


def remove_old(runtime: Runtime) -> None:
    """What is past its time: old rows, arrivals of people who never joined, files of tags and their reports."""
    retention.remove_old(runtime.db, now=runtime.now())
    tag_imports.remove_old(runtime.db, now=runtime.now())


TIMETABLE: tuple[tuple[str, Job, timedelta], ...] = (
    ("handle-events", handle_events, timedelta(seconds=1)),
    ("send-staff-messages", send_staff_messages, timedelta(seconds=2)),
    ("forward-webhooks", forward_webhooks, timedelta(seconds=1)),
    ("fetch-profiles", fetch_profiles, timedelta(seconds=3)),
    ("sync-roster", sync_roster, timedelta(seconds=5)),
    ("start-roster-sync", start_roster_sync, timedelta(minutes=10)),
    ("import-tags", import_tags, timedelta(seconds=2)),
    ("expire-tags", expire_tags, timedelta(seconds=30)),
    ("settle-referrals", settle_referrals, timedelta(minutes=1)),
    ("remove-old", remove_old, timedelta(hours=1)),
)
NAMED_JOBS: dict[str, Job] = {name: job for name, job, _ in TIMETABLE}
# After a restore these wait until an operator says so: what they send was due in another time. New events are
# handled and answered as ever, by tokens that no backup holds alive.
LEAVES_THE_HOUSE = frozenset({"send-staff-messages", "forward-webhooks"})


def run_forever(runtime: Runtime, stop: threading.Event) -> None:
    """Tick until `stop` is set; jobs under way finish."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(len(TIMETABLE))},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        timezone="UTC",
    )
    for name, job, every in TIMETABLE:
        scheduler.add_job(
            _tick,
            "interval",
            seconds=every.total_seconds(),
            args=(runtime, name, job),
            id=name,
            next_run_time=runtime.now(),
        )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _tick(runtime: Runtime, name: str, job: Job) -> None:
    started_at, error = runtime.now(), None
    try:
        if name not in LEAVES_THE_HOUSE or not accounts.is_held(runtime.db):
            job(runtime)
    except Exception as failure:
        logger.exception("job %s failed", name)
        error = type(failure).__name__
    heartbeats.note(runtime.db, name, started_at=started_at, now=runtime.now(), error=error)


def _drain(runtime: Runtime, work: Callable[[], int]) -> None:
    """Repeat while there is work, at most for the time a drain has."""
    until = runtime.now() + DRAIN
    while work() and runtime.now() < until:
        pass
