"""gunicorn as an operator starts it, and the demo as a newcomer does."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import schema
from bot.database import connect
from tests.conftest import make_settings

HOUSE = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PATIENCE = 60.0


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database_url: str, port: int, **changes: str) -> dict[str, str]:
    settings = make_settings(database_url)
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATA_KEYS": settings.data_keys[0].get_secret_value(),
        "PUBLIC_URL": settings.public_url,
        "LINE_CHANNEL_SECRET": settings.line_channel_secret.get_secret_value(),
        "LINE_CHANNEL_ACCESS_TOKEN": settings.line_channel_access_token.get_secret_value(),
        "LINE_API_BASE": settings.line_api_base,
        "DATABASE_URL": database_url,
        "PORT": str(port),
    } | changes


def ask(url: str, method: str = "GET") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    except OSError:
        return 0, ""


def wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while ask(url)[0] != 200:
        assert time.monotonic() < until, f"{url} never answered"
        time.sleep(0.1)


@contextmanager
def web(given: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        command = [str(BIN / "gunicorn"), "app:create_app()"]
        process = subprocess.Popen(command, cwd=HOUSE, env=given, stderr=stream, stdout=stream)
    try:
        wait_for(f"http://127.0.0.1:{given['PORT']}/healthz")
        yield process
    finally:
        process.kill() if process.poll() is None else None
        process.wait()


@pytest.fixture
def database_file(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'web.sqlite3'}"
    db = connect(url)
    schema.migrate(db.engine)
    db.dispose()
    return url


def test_the_workers_of_one_gunicorn_count_together_and_end_cleanly(database_file: str, tmp_path: Path) -> None:
    port = a_free_port()
    given = environment(database_file, port, WEB_CONCURRENCY="2", TMPDIR=str(tmp_path))
    with web(given, tmp_path / "web.log") as process:
        for _ in range(40):
            assert ask(f"http://127.0.0.1:{port}/callback", "POST")[0] == 400
        seen = {ask(f"http://127.0.0.1:{port}/metrics")[1] for _ in range(6)}
        counted = {line for text in seen for line in text.splitlines() if 'requests_total{status="400"}' in line}
        assert counted == {'yanglai_webhook_requests_total{status="400"} 40.0'}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    log = (tmp_path / "web.log").read_text()
    assert "Traceback" not in log
    assert not list(tmp_path.glob("yanglai-metrics-*"))


def test_a_sender_that_falls_silent_in_its_body_is_let_go(database_file: str, tmp_path: Path) -> None:
    port = a_free_port()
    given = environment(database_file, port, TMPDIR=str(tmp_path))
    head = b"POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: x\r\nContent-Length: 90\r\n\r\n"
    with web(given, tmp_path / "web.log"), socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
        sender.sendall(head + b"{")
        began = time.monotonic()
        assert sender.recv(100).startswith(b"HTTP/1.1 400 ")
        assert 1 < time.monotonic() - began < 4
    assert "Traceback" not in (tmp_path / "web.log").read_text()


@pytest.mark.parametrize("command", [["migrate"], ["create-staff", "小美", "--role", "owner", "--password-stdin"]])
def test_a_command_that_cannot_reach_the_database_says_so_in_one_line(command: list[str], tmp_path: Path) -> None:
    given = environment("postgresql+psycopg://nobody:secret@127.0.0.1:1/nothing", a_free_port())
    done = subprocess.run(
        [str(BIN / "flask"), "--app", "app", *command],
        cwd=HOUSE,
        env=given | {"TMPDIR": str(tmp_path)},
        input="a long enough password",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_web_process_without_a_setting_says_which_and_ends(database_file: str, tmp_path: Path) -> None:
    given = environment(database_file, a_free_port(), LINE_CHANNEL_SECRET="", TMPDIR=str(tmp_path))
    command = [str(BIN / "gunicorn"), "--config", str(HOUSE / "gunicorn.conf.py"), "--chdir", str(tmp_path)]
    done = subprocess.run(
        [*command, "app:create_app()"],
        cwd=tmp_path,
        env=given | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (1, "LINE_CHANNEL_SECRET is missing")


def test_the_demo_comes_up_in_one_go_and_goes_with_one_signal(tmp_path: Path) -> None:
    port, simulator = a_free_port(), a_free_port()
    given = {"PATH": os.environ["PATH"], "DEMO_FOLDER": str(tmp_path), "TMPDIR": str(tmp_path)}
    for _ in range(2):  # the second time with what the first one made
        process = subprocess.Popen(
            [sys.executable, "demo.py"],
            cwd=HOUSE,
            env=given | {"PORT": str(port), "SIMULATOR_PORT": str(simulator)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        assert f"http://127.0.0.1:{port}/admin" in told
        assert re.search(r"demo  \S{12,}", told)
        assert ask(f"http://127.0.0.1:{port}/admin/login")[0] == 200
        assert ask(f"http://127.0.0.1:{simulator}/")[0] == 200
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert ask(f"http://127.0.0.1:{port}/healthz")[0] == ask(f"http://127.0.0.1:{simulator}/")[0] == 0
