"""What is counted for Prometheus."""

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics


def value(name: str, **labels: str) -> float:
    text = metrics.write_exposition([]).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return 0.0


def test_webhooks_events_and_answers_are_counted_by_what_became_of_them() -> None:
    before = value("yanglai_webhook_requests_total", status="503")
    handled = value("yanglai_webhook_events_total", state="handled")
    sent = value("yanglai_answers_total", outcome="sent")
    metrics.webhook_answered(503)
    metrics.events_reached("handled", 7)
    metrics.events_reached("handled", 0)
    metrics.answer_ended("sent")
    assert value("yanglai_webhook_requests_total", status="503") == before + 1
    assert value("yanglai_webhook_events_total", state="handled") == handled + 7
    assert value("yanglai_answers_total", outcome="sent") == sent + 1


def test_calls_about_different_people_are_one_series() -> None:
    for number in range(3):
        metrics.line_called(f"/v2/bot/profile/U{number:032x}", 200, 0.02)
    assert value("yanglai_line_call_seconds_count", endpoint="/v2/bot/profile/{id}", status="200") >= 3


def test_figures_of_the_moment_stand_beside_the_counters() -> None:
    text = metrics.write_exposition([GaugeMetricFamily("yanglai_held", "…", 1)]).decode()
    assert "yanglai_held 1.0" in text
