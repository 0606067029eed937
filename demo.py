"""`make demo`: the whole program on this machine, with a simulated LINE. Ctrl-C stops all of it."""

import base64
import os
import secrets
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

HOUSE = Path(__file__).resolve().parent
VAR = Path(os.environ.get("DEMO_FOLDER") or HOUSE / "var")
SECRETS = VAR / "demo.env"
LOGIN = VAR / "demo-login.txt"
HOST = "127.0.0.1"
SAMPLE_FRIENDS = 20  # who follow the simulated account from the start; the first sync finds them
PATIENCE = 60.0  # seconds until everything must answer
BIN = Path(sys.executable).parent


def main() -> int:
    """Prepare, start, tell, wait. Returns the exit code."""
    web, simulator = int(os.environ.get("PORT") or 8000), int(os.environ.get("SIMULATOR_PORT") or 8001)
    for port in (web, simulator):
        if not is_free(port):
            sys.stderr.write(f"Port {port} is taken. Choose others: make demo PORT=… SIMULATOR_PORT=…\n")
            return 1
    VAR.mkdir(parents=True, exist_ok=True)
    environment = make_environment(web, simulator)
    flask = [str(BIN / "flask"), "--app", "app"]
    subprocess.run([*flask, "migrate"], cwd=HOUSE, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    login = seed(flask, environment)
    commands = (
        [*flask, "simulator", "--friends", str(SAMPLE_FRIENDS)],
        [str(BIN / "gunicorn"), "app:create_app()"],
        [*flask, "jobs"],
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with running(commands, environment) as processes:
        try:
            if wait_until_up((f"http://{HOST}:{web}/readyz", f"http://{HOST}:{simulator}/"), processes):
                tell(web, simulator, login)
                while all(process.poll() is None for process in processes):
                    time.sleep(0.3)
            sys.stderr.write(f"One of the processes ended; {VAR / 'demo.log'} says why.\n")
            return 1
        except KeyboardInterrupt:
            sys.stdout.write("\nStopping …\n")
            return 0


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def make_environment(web: int, simulator: int) -> dict[str, str]:
    """Return the settings of the demo; its secrets are made once and kept in var/demo.env."""
    if not SECRETS.exists():
        SECRETS.touch(mode=0o600)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "DATA_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "LINE_CHANNEL_SECRET": secrets.token_hex(16),
            "LINE_CHANNEL_ACCESS_TOKEN": secrets.token_urlsafe(48),
            "LINE_LOGIN_CHANNEL_SECRET": secrets.token_hex(16),
        }
        SECRETS.write_text("".join(f"{name}={value}\n" for name, value in made.items()), encoding="utf-8")
    kept = dict(line.split("=", 1) for line in SECRETS.read_text(encoding="utf-8").splitlines() if "=" in line)
    line = f"http://{HOST}:{simulator}"
    return os.environ | {
        **kept,
        "PUBLIC_URL": f"http://{HOST}:{web}",
        "PORT": str(web),
        "SIMULATOR_PORT": str(simulator),
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'demo.sqlite3'}",
        "LINE_API_BASE": line,
        "LINE_API_DATA_BASE": line,
        "LINE_LOGIN_BASE": line,
        "LINE_LOGIN_CHANNEL_ID": "1650000000",
        "LIFF_ID": "1650000000-Yanglai1",
        "LIFF_BASE": f"{line}/liff",
        "LIFF_SDK_URL": f"{line}/liff/edge/2/sdk.js",
    }


def seed(flask: list[str], environment: dict[str, str]) -> str:
    """Fill in the sample brand; return the login, which is printed only when it is made and therefore kept."""
    done = subprocess.run(  # noqa: S603
        [*flask, "seed-demo"], cwd=HOUSE, env=environment, check=True, capture_output=True, text=True
    )
    for line in done.stdout.splitlines():
        if line.startswith("staff: "):
            LOGIN.touch(mode=0o600)
            LOGIN.write_text(line.removeprefix("staff: ") + "\n", encoding="utf-8")
    return LOGIN.read_text(encoding="utf-8").strip() if LOGIN.exists() else "the one you made"


@contextmanager
def running(commands: tuple[list[str], ...], environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the commands, their logs in var/demo.log, and end them in the reverse order."""
    processes: list[subprocess.Popen[bytes]] = []
    with (VAR / "demo.log").open("ab") as log:
        try:
            for command in commands:
                process = subprocess.Popen(  # noqa: S603
                    command, cwd=HOUSE, env=environment, stdout=log, stderr=log, start_new_session=True
                )
                processes.append(process)
            yield processes
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave anybody behind
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                try:
                    process.wait(timeout=35)
                except subprocess.TimeoutExpired:
                    process.kill()


def wait_until_up(urls: tuple[str, ...], processes: list[subprocess.Popen[bytes]]) -> bool:
    """Wait until every address answers; False if a process ended or the time is over."""
    until = time.monotonic() + PATIENCE
    waiting = list(urls)
    while waiting and time.monotonic() < until and all(process.poll() is None for process in processes):
        if answers(waiting[0]):
            waiting.pop(0)
        else:
            time.sleep(0.2)
    return not waiting


def answers(url: str) -> bool:
    """Whether somebody answers there without an error."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 an address of this machine
            return int(answer.status) < 500
    except urllib.error.HTTPError as refusal:
        return refusal.code < 500
    except OSError:
        return False


def tell(web: int, simulator: int, login: str) -> None:
    """Say where everything is."""
    name, _, password = login.partition(" / ")
    sys.stdout.write(
        f"\n  管理後台 admin      http://{HOST}:{web}/admin\n"
        f"  登入 login          {name}{f'  {password}' if password else ''}\n"
        f"  聊天室 simulator    http://{HOST}:{simulator}/\n"
        f"  API                 http://{HOST}:{web}/api/v1/docs\n"
        f"  log                 {VAR / 'demo.log'}\n\n  Ctrl-C stops all of it.\n\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
