"""The webhook under load, beside a bare Flask application under the same gunicorn in the same run."""

import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot import schema
from bot.database import connect
from tests.load import servers
from tests.load.texts import add_rules, keyword, signed, text_event, texts
from tests.load.wire import Load, hear_all, post_all, standin

PARALLEL = 16
UNKNOWN = "這句話沒有規則"


@dataclass
class Figures:
    """What several turns showed: ratios to the bare application of the same turn, and absolute figures."""

    idle: list[float] = field(default_factory=list)  # seconds
    bare: list[float] = field(default_factory=list)  # per second
    stored: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    acknowledged_p99: list[float] = field(default_factory=list)  # seconds
    bare_wrong: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)

    def ratio(self, ours: list[float], floor: list[float]) -> float:
        """The median of the ratios turn by turn."""
        return statistics.median(one / other for one, other in zip(ours, floor, strict=True))


def measure(folder: Path, *, turns: int, requests: int, idle: int) -> Figures:
    """Run the whole measurement on SQLite, `turns` times side by side."""
    url = f"sqlite:///{folder}/load.sqlite3"
    db = connect(url)
    schema.migrate(db.engine)
    db.dispose()
    add_rules(url)
    figures = Figures()
    with standin() as line_port:
        env = servers.environment(url, line_port)
        with (
            servers.web(env, folder / "bare.log", app="tests.load.bare:create_app()") as (bare_port, _),
            servers.web(env, folder / "web.log") as (web_port, _),
        ):
            post_all(bare_port, texts(300), parallel=PARALLEL)
            answer_all(web_port, line_port, 300)
            figures.idle = wait_idle(web_port, line_port, idle)
            for _ in range(turns):
                take_turn(figures, bare_port, web_port, line_port, requests)
    return figures


def take_turn(figures: Figures, bare_port: int, web_port: int, line_port: int, requests: int) -> None:
    """One turn: bare, stored, answered, and wrong signatures at both."""
    figures.bare.append(expect(200, post_all(bare_port, texts(requests), parallel=PARALLEL)).rate)
    figures.stored.append(expect(200, post_all(web_port, texts(requests, said=UNKNOWN), parallel=PARALLEL)).rate)
    time.sleep(2)
    rate, load = answer_all(web_port, line_port, requests)
    figures.answered.append(rate)
    figures.acknowledged_p99.append(load.wait(0.99))
    wrong = [signed([text_event("x", person=1, token="t")], secret="wrong") for _ in range(requests)]
    figures.bare_wrong.append(expect(400, post_all(bare_port, wrong, parallel=PARALLEL)).rate)
    figures.wrong.append(expect(400, post_all(web_port, wrong, parallel=PARALLEL)).rate)


def expect(status: int, load: Load) -> Load:
    """Return the load if every answer had this status. Raises RuntimeError."""
    if set(load.statuses) != {status}:
        raise RuntimeError(f"wanted {status}, got {load.statuses}")
    return load


def wait_idle(web_port: int, line_port: int, count: int) -> list[float]:
    """Seconds from webhook sent to reply heard at LINE, one after another over one connection."""
    waits = []
    with socket.create_connection(("127.0.0.1", web_port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(count):
            request = signed([text_event(keyword(1, 1), person=n, token=f"idle-{n}")])
            began = time.monotonic()
            connection.sendall(request)
            connection.recv(65_536)
            waits += [at - began for at, _ in hear_all(line_port, 1, patience=5)]
    return waits


def answer_all(web_port: int, line_port: int, count: int) -> tuple[float, Load]:
    """Texts fully answered per second, from the first request to the last reply heard; and the acknowledgements."""
    load = expect(200, post_all(web_port, texts(count), parallel=PARALLEL))
    replies = hear_all(line_port, count, patience=60)
    if len({token for _, token in replies}) != count or len(replies) != count:
        raise RuntimeError(f"{count} texts, {len(replies)} replies")
    return count / (max(at for at, _ in replies) - load.started_at), load


def table(figures: Figures) -> list[tuple[str, str, str]]:
    """Rows of (what, measured, wanted)."""
    milliseconds: Callable[[float], str] = lambda seconds: f"{seconds * 1000:.1f} ms"  # noqa: E731 one use, one line
    idle = sorted(figures.idle)
    middle: Callable[[list[float]], str] = lambda rates: f"{statistics.median(rates):.0f}/s"  # noqa: E731
    return [
        ("idle, webhook → reply, median", milliseconds(statistics.median(idle)), "≤ 7 ms"),
        ("idle, webhook → reply, p95", milliseconds(idle[int(len(idle) * 0.95)]), "≤ 14 ms"),
        ("bare Flask, signature only", middle(figures.bare), ""),
        ("acknowledged and stored", middle(figures.stored), ""),
        ("  ratio to bare", f"{figures.ratio(figures.stored, figures.bare):.2f}", "≥ 0.55"),
        ("text → keyword reply, fully answered", middle(figures.answered), "about 500/s"),
        ("  ratio to bare", f"{figures.ratio(figures.answered, figures.bare):.2f}", "≥ 0.25"),
        ("  acknowledgement p99", milliseconds(statistics.median(figures.acknowledged_p99)), "< 100 ms"),
        ("wrong signatures", middle(figures.wrong), ""),
        ("  ratio to bare", f"{figures.ratio(figures.wrong, figures.bare_wrong):.2f}", "≥ 0.9"),
    ]
