"""What whoever watches over the program is told."""

from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select, text

from app import create_app
from bot.clock import utc_now
from bot.database import Database
from handlers.processes import EXTENSION
from models import Account, JobRun
from tests.conftest import make_settings


def test_a_living_process_says_so_without_looking_at_a_database() -> None:
    app = create_app(make_settings("postgresql+psycopg://nobody@127.0.0.1:9/none"))
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})
    assert app.extensions[EXTENSION].runtime is None


def test_it_is_ready_with_a_database_of_the_right_schema_even_while_jobs_rest(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "ready"
    assert answer.json["alarms"] == ["no_tick"]
    assert answer.json["tick_age_seconds"] is None


def test_the_age_of_the_last_tick_is_told(client: FlaskClient, db: Database) -> None:
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=utc_now(), finished_at=utc_now()))
    answer = client.get("/readyz").json
    assert answer is not None
    assert answer["alarms"] == []
    assert 0 <= answer["tick_age_seconds"] < 60


def test_it_is_not_ready_with_an_older_schema(client: FlaskClient, db: Database) -> None:
    with db.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json and answer.json["schema"]) == (503, "old")


def test_it_is_not_ready_without_a_database(tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://nobody@127.0.0.1:9/none", f"sqlite:///{tmp_path}/empty.sqlite3"):
        app = create_app(make_settings(url))
        assert app.test_client().get("/readyz").status_code == 503
        app.extensions[EXTENSION].close()


def test_prometheus_reads_figures_of_the_database(client: FlaskClient, db: Database) -> None:
    with db.begin() as session:
        session.scalars(select(Account)).one().held_at = utc_now()
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert "yanglai_held 1.0" in answer.text
    assert "yanglai_database_up 1.0" in answer.text


def test_prometheus_is_told_that_the_database_is_gone() -> None:
    app = create_app(make_settings("postgresql+psycopg://nobody@127.0.0.1:9/none"))
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, "yanglai_database_up 0.0" in answer.text) == (200, True)
    app.extensions[EXTENSION].close()
