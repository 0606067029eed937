"""What an operator does at the command line, on either database."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select, text

from app import create_app
from bot import schema
from bot.clock import utc_now
from bot.database import Database
from handlers.jobs import NAMED_JOBS
from handlers.processes import EXTENSION
from models import Account, ApiToken, ForwardedWebhook, ForwardState, Friend, FriendState, Role, Staff
from simulator import Server, Settings
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET, make_settings

HOUSE = Path(__file__).resolve().parents[2]
CALLBACK = "http://127.0.0.1:8000/callback"


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def platform() -> Iterator[Server]:
    """A LINE with thirty friends of the account."""
    chosen = Settings(
        port=0, friends=30, webhook_url=CALLBACK, channel_secret=CHANNEL_SECRET, channel_access_token=ACCESS_TOKEN
    )
    server = Server(chosen).start()
    yield server
    server.stop()


@pytest.fixture
def line_runner(database_url: str, platform: Server) -> Iterator[FlaskCliRunner]:
    app = create_app(make_settings(database_url, line_api_base=platform.url, line_api_data_base=platform.url))
    yield app.test_cli_runner()
    app.extensions[EXTENSION].close()


def run(runner: FlaskCliRunner, *words: str, typed: str | None = None) -> Result:
    return runner.invoke(args=list(words), input=typed)


def test_migrating_again_changes_nothing(runner: FlaskCliRunner) -> None:
    for _ in range(2):
        result = run(runner, "migrate")
        assert (result.exit_code, result.stdout.strip()) == (0, f"schema: {schema.newest_revision()}")


def test_a_login_is_made_from_standard_input(runner: FlaskCliRunner, db: Database) -> None:
    result = run(
        runner, "create-staff", "王小明", "--role", "owner", "--password-stdin", typed="correct horse battery\n"
    )
    assert result.exit_code == 0
    with db() as session:
        person = session.scalars(select(Staff)).one()
        assert (person.name, person.role) == ("王小明", Role.OWNER)
    assert "correct horse" not in result.output


def test_a_login_is_made_from_a_prompt_that_asks_twice(runner: FlaskCliRunner) -> None:
    differing = run(runner, "create-staff", "a", "--role", "viewer", typed="correct horse one\nanother\n")
    assert differing.exit_code == 1
    assert (
        run(runner, "create-staff", "a", "--role", "viewer", typed="correct horse one\ncorrect horse one\n").exit_code
        == 0
    )


def test_a_name_that_is_taken_and_a_short_password_are_failures_and_a_role_nobody_knows_is_wrong_use(
    runner: FlaskCliRunner,
) -> None:
    words = ("create-staff", "amy", "--role", "viewer", "--password-stdin")
    assert run(runner, *words, typed="correct horse battery\n").exit_code == 0
    again = run(runner, *words, typed="correct horse battery\n")
    assert (again.exit_code, again.stderr.startswith("Error: name:")) == (1, True)
    assert run(runner, "create-staff", "bob", "--role", "viewer", "--password-stdin", typed="x\n").exit_code == 1
    assert run(runner, "create-staff", "bob", "--role", "king", "--password-stdin", typed="x\n").exit_code == 2
    assert run(runner, "create-staff").exit_code == 2


def test_a_token_stands_alone_on_standard_output_and_opens_the_api(app: Flask, runner: FlaskCliRunner) -> None:
    result = run(runner, "create-api-token", "官網", "--role", "marketer")
    assert result.exit_code == 0
    token = result.stdout.removesuffix("\n")
    assert " " not in token
    assert "\n" not in token
    answer = app.test_client().get("/api/v1/tags", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_a_backup_is_restored_and_held_until_released(runner: FlaskCliRunner, db: Database, tmp_path: Path) -> None:
    file = str(tmp_path / "all.gz")
    with db.begin() as session:
        session.add(Friend(line_user_id="U" + "a" * 32, state=FriendState.FOLLOWING, created_at=utc_now()))
        session.add(ForwardedWebhook(body=b"{}", signature="s", received_at=utc_now(), due_at=utc_now()))
    assert run(runner, "backup", file).exit_code == 0
    refused = run(runner, "restore", file)
    assert (refused.exit_code, "--replace" in refused.stderr) == (1, True)

    restored = run(runner, "restore", file, "--replace")
    assert (restored.exit_code, "1 forwards" in restored.stdout) == (0, True)
    held = run(runner, "run-job", "forward-webhooks")
    assert (held.exit_code, "release-hold" in held.stderr) == (1, True)
    assert run(runner, "release-hold", typed="n\n").exit_code == 1
    assert is_held(db)

    assert run(runner, "release-hold", "--dry-run").exit_code == 0
    assert is_held(db)
    assert run(runner, "release-hold", "--discard", typed="y\n").exit_code == 0
    assert not is_held(db)
    with db() as session:
        assert session.scalars(select(ForwardedWebhook.state)).one() is ForwardState.FAILED


def is_held(db: Database) -> bool:
    with db() as session:
        return session.scalars(select(Account.held_at)).one() is not None


def test_restoring_what_is_not_there_or_is_no_backup(runner: FlaskCliRunner, tmp_path: Path) -> None:
    assert run(runner, "restore", str(tmp_path / "nowhere.gz")).exit_code == 2
    (tmp_path / "letter").write_text("dear")
    result = run(runner, "restore", str(tmp_path / "letter"))
    assert (result.exit_code, result.stderr.startswith("Error: ")) == (1, True)
    unwritable = run(runner, "backup", str(tmp_path / "no such folder" / "all.gz"))
    assert unwritable.exit_code == 1


def test_the_follower_list_comes_into_the_roster(line_runner: FlaskCliRunner, db: Database) -> None:
    result = run(line_runner, "sync-friends")
    assert (result.exit_code, result.stdout.strip()) == (0, "done: listed 30, found 30, missing 0")
    with db() as session:
        following = select(func.count()).select_from(Friend).where(Friend.state == FriendState.FOLLOWING)
        assert session.scalar(following) == 30


def test_a_walk_without_an_answer_from_line_goes_on_when_it_is_run_again(runner: FlaskCliRunner) -> None:
    for _ in range(2):
        result = run(runner, "sync-friends")
        assert (result.exit_code, result.stdout.strip()) == (1, "listing: listed 0, found 0, missing 0")
        assert "run this again to go on" in result.stderr


def test_an_account_that_may_not_list_its_followers_is_told_so(database_url: str) -> None:
    chosen = Settings(port=0, may_list_followers=False, channel_access_token=ACCESS_TOKEN)
    server = Server(chosen).start()
    app = create_app(make_settings(database_url, line_api_base=server.url))
    result = run(app.test_cli_runner(), "sync-friends")
    assert (result.exit_code, "403" in result.stderr) == (1, True)
    app.extensions[EXTENSION].close()
    server.stop()


def test_a_webhook_address_is_registered_and_tested_by_line(line_runner: FlaskCliRunner, platform: Server) -> None:
    looked = run(line_runner, "set-webhook", "http://127.0.0.1:9/callback", "--dry-run")
    assert (looked.exit_code, CALLBACK in looked.stdout) == (0, True)
    unreachable = run(line_runner, "set-webhook", "http://127.0.0.1:9/callback")
    assert unreachable.exit_code == 1
    assert "http://127.0.0.1:9/callback" in run(line_runner, "set-webhook", CALLBACK, "--dry-run").stdout


def test_doctor_names_what_must_be_mended_for_people_and_for_programs(line_runner: FlaskCliRunner) -> None:
    told = run(line_runner, "doctor")
    assert (told.exit_code, "✗ jobs" in told.stdout) == (1, True)
    findings = json.loads(run(line_runner, "doctor", "--json").stdout)
    assert {"about", "verdict", "text"} == set(findings[0])
    assert [finding["about"] for finding in findings if finding["verdict"] == "mend"] == ["jobs"]


def test_every_job_of_the_timetable_runs_once_by_name(line_runner: FlaskCliRunner) -> None:
    for name in NAMED_JOBS:
        result = run(line_runner, "run-job", name)
        assert (result.exit_code, result.stdout.strip()) == (0, f"{name}: done")
    assert run(line_runner, "run-job", "nothing").exit_code == 2
    assert "due: 0 events" in run(line_runner, "run-job", "handle-events", "--dry-run").stdout


def test_the_sample_brand_prints_its_password_only_when_it_is_made(runner: FlaskCliRunner, db: Database) -> None:
    first = run(runner, "seed-demo", "--friends", "20")
    assert (first.exit_code, "staff: demo / " in first.stdout, "friends: 20 new" in first.stdout) == (0, True, True)
    assert "staff:" not in run(runner, "seed-demo").stdout
    with db() as session:
        assert session.scalar(select(func.count()).select_from(ApiToken)) == 0


def test_jobs_refuse_a_database_of_another_schema(runner: FlaskCliRunner, db: Database) -> None:
    with db.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    result = run(runner, "jobs")
    assert (result.exit_code, "migrate" in result.stderr) == (1, True)


def environment(database_url: str, **changes: str) -> dict[str, str]:
    settings = make_settings(database_url)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HOUSE),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATA_KEYS": settings.data_keys[0].get_secret_value(),
        "PUBLIC_URL": settings.public_url,
        "LINE_CHANNEL_SECRET": CHANNEL_SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": ACCESS_TOKEN,
        "LINE_API_BASE": "http://127.0.0.1:9",
        "DATABASE_URL": database_url,
    } | changes


def flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *words]


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEYS", "PUBLIC_URL", "LINE_CHANNEL_SECRET"])
@pytest.mark.parametrize("spoilt", [True, False])
def test_a_setting_that_is_missing_or_spoilt_is_named_in_one_line(tmp_path: Path, name: str, *, spoilt: bool) -> None:
    given = environment(f"sqlite:///{tmp_path}/x.sqlite3")
    bad = {"SECRET_KEY": "short", "DATA_KEYS": "not a key", "PUBLIC_URL": "nowhere", "LINE_CHANNEL_SECRET": ""}
    given[name] = bad[name] if spoilt else ""
    done = subprocess.run(
        flask("migrate"), cwd=HOUSE, env=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(name)
    assert len(done.stderr.splitlines()) == 1
    assert CHANNEL_SECRET not in done.stderr.replace(name, "")


def test_jobs_end_on_sigterm_with_exit_code_0(database_url: str, tmp_path: Path) -> None:
    process = subprocess.Popen(flask("jobs"), cwd=tmp_path, env=environment(database_url), stderr=subprocess.DEVNULL)
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        app = create_app(make_settings(database_url))
        while not has_ticked(app) and process.poll() is None:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        app.extensions[EXTENSION].close()
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def has_ticked(app: Flask) -> bool:
    answer = app.test_client().get("/readyz").json
    return answer is not None and answer["tick_age_seconds"] is not None
