"""Real processes for load and crash tests: web under gunicorn, and jobs."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.wire import free_port, wait_for_port

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"


def environment(database_url: str, line_port: int, **changes: str) -> dict[str, str]:
    """The settings of a server of ours whose LINE is on this machine."""
    line = f"http://127.0.0.1:{line_port}"
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "SECRET_KEY": "load-test-secret-key-of-some-length",
        "DATA_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": "load-token",
        "LINE_API_BASE": line,
        "LINE_API_DATA_BASE": line,
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "WARNING",
    } | changes


def refuse_strangers() -> None:
    """Load goes to this machine only. Exits with 2 if the environment names another LINE or point host."""
    for name in ("LINE_API_BASE", "LINE_API_DATA_BASE", "LINE_LOGIN_BASE", "POINT_CONNECT_BASE"):
        host = urlsplit(os.environ.get(name, "")).hostname
        if host not in (None, "localhost", "127.0.0.1", "::1"):
            sys.stderr.write(f"{name} names {host}: load goes to this machine only\n")
            raise SystemExit(2)


@contextmanager
def running(command: list[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of ours for the time of the block; its group ends with it."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], *, how: signal.Signals = signal.SIGTERM, patience: float = 15) -> None:
    """End a process and all of its group."""
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        return
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def web(
    env: Mapping[str, str], log: Path, *, app: str = "app:create_app()", workers: int = 1
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run gunicorn as an operator would; yields its port and process."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    with running(command, env, log) as process:
        wait_for_port(port, still=lambda: process.poll() is None)
        yield port, process


@contextmanager
def jobs(env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a jobs process."""
    with running([sys.executable, "-m", "flask", "--app", "app", "jobs"], env, log) as process:
        yield process
