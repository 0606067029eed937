"""For whoever watches over the program: is it alive, can it serve, what does it count."""

from collections.abc import Iterator
from functools import cache

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics, schema
from bot.services import vital_signs
from bot.services.vital_signs import VitalSigns
from handlers.processes import current_runtime

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is looked at."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 without a database of the right schema. Late jobs are an alarm: they must not stop the webhooks."""
    runtime = current_runtime()
    try:
        revision = schema.current_revision(runtime.db.engine)
        if revision != _newest_revision():
            return jsonify(status="not_ready", database="reachable", schema="old", revision=revision), 503
        with runtime.db() as session:
            signs = vital_signs.read(session, now=runtime.now())
    except SQLAlchemyError:
        return jsonify(status="not_ready", database="unreachable"), 503
    answer = {"status": "ready", "database": "reachable", "schema": "current"}
    return jsonify(answer | {"tick_age_seconds": signs.tick_age, "alarms": vital_signs.find_alarms(signs)}), 200


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Counters of the processes that share a folder, and figures of the database."""
    runtime = current_runtime()
    try:
        with runtime.db() as session:
            signs = vital_signs.read(session, now=runtime.now())
            figures = list(_figures(signs, vital_signs.count_friends_by_state(session)))
    except SQLAlchemyError:
        figures = [GaugeMetricFamily("yanglai_database_up", "Whether the database answers", 0)]
    return Response(metrics.write_exposition(figures), content_type=CONTENT_TYPE_PLAIN_0_0_4)


@cache
def _newest_revision() -> str | None:
    return schema.newest_revision()


def _figures(signs: VitalSigns, friends: dict[str, int]) -> Iterator[Metric]:
    single = {
        "yanglai_database_up": ("Whether the database answers", 1),
        "yanglai_events_waiting": ("Webhook events stored and not handled yet", signs.events_waiting),
        "yanglai_oldest_event_age_seconds": ("Age of the oldest unhandled event", signs.oldest_event_age or 0),
        "yanglai_events_failed": ("Webhook events given up after several attempts", signs.events_failed),
        "yanglai_answers_due": ("Answers to events that are still to be said", signs.answers_due),
        "yanglai_staff_messages_due": ("Answers of staff that are still to be sent", signs.staff_messages_due),
        "yanglai_forwards_due": ("Webhooks still to be forwarded", signs.forwards_due),
        "yanglai_held": ("1 after a restore, until an operator releases what is due", float(signs.held_at is not None)),
    }
    for name, (text, value) in single.items():
        yield GaugeMetricFamily(name, text, value)
    ages = GaugeMetricFamily("yanglai_job_age_seconds", "Since a job last started", labels=["job"])
    for job, age in sorted(signs.job_ages.items()):
        ages.add_metric([job], age)
    states = GaugeMetricFamily("yanglai_friends", "Friends by state; estimated when there are many", labels=["state"])
    for state, count in sorted(friends.items()):
        states.add_metric([state], count)
    yield ages
    yield states
