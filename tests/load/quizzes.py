"""A quiz under load: friends in parallel who tap the buttons of each reply, through the signed webhook.

The load and LINE's side of it share one loop: a friend's next tap is taken from the reply that LINE heard.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot import schema
from bot.clock import utc_now
from bot.database import connect
from bot.services import quizzes
from bot.services.audit import OPERATOR
from bot.services.quizzes import QuizContent
from tests.load import servers
from tests.load.texts import signed, text_event
from tests.load.wire import END_OF_HEAD, OK, free_port

FRIENDS = 16
QUESTIONS = 10
WORD = "壓力測驗"
BUTTON = re.compile(r"quiz:[A-Za-z0-9_-]+:[0-9]+:[A-Za-z0-9_-]+:c[0-9]+")
PATIENCE = 20.0


@dataclass
class Figures:
    """Answers per second of each turn, and how long friends waited from tap to reply."""

    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # seconds


@dataclass
class Line:
    """LINE's side: hands each reply to the friend who waits for it."""

    waiting: dict[str, "asyncio.Future[str]"] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take replies over one kept-alive connection."""
        try:
            while True:
                head = (await reader.readuntil(END_OF_HEAD)).lower()
                at = head.find(b"content-length:")
                length = int(head[at + 15 : head.index(b"\r\n", at)]) if at >= 0 else 0
                body = await reader.readexactly(length)
                writer.write(OK)
                self._hand_over(body)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    def _hand_over(self, body: bytes) -> None:
        try:
            said = json.loads(body)
        except ValueError:
            return
        future = self.waiting.pop(said.get("replyToken", ""), None)
        if future is not None and not future.done():
            future.set_result(json.dumps(said["messages"]))


def measure(folder: Path, *, turns: int, rounds: int) -> Figures:
    """Let 16 friends play a quiz of ten questions, `rounds` times each, on SQLite; `turns` times over."""
    url = f"sqlite:///{folder}/quizzes.sqlite3"
    add_quiz(url)
    line_port, figures = free_port(), Figures()
    env = servers.environment(url, line_port)
    with servers.web(env, folder / "quizzes.log") as (web_port, _):
        asyncio.run(_measure(figures, web_port, line_port, turns, rounds))
    return figures


def add_quiz(url: str) -> None:
    """A quiz of ten questions whose choices score, some of which tag."""
    db = connect(url)
    schema.migrate(db.engine)
    questions = [
        {
            "kind": "single",
            "text": f"第 {number} 題",
            "choices": [
                {"text": f"選項 {place}", "score": place, "tags": tags_of(number, place)} for place in range(4)
            ],
        }
        for number in range(QUESTIONS)
    ]
    results: Sequence[dict[str, Any]] = (
        {"name": "低", "max_score": 15},
        {"name": "高", "min_score": 16, "tags": ["高"]},
    )
    content = QuizContent(
        name=WORD,
        questions=questions,
        results=results,
        start_keywords=[{"text": WORD, "match": "exact"}],
        attempts_per_friend=None,
    )
    with db.begin() as session:
        quizzes.create(session, content, by=OPERATOR, now=utc_now())
    db.dispose()


def tags_of(number: int, place: int) -> list[str]:
    """Every second question tags, by two of its four choices."""
    return [f"題 {number} 選 {place}"] if number % 2 and place < 2 else []


async def _measure(figures: Figures, web_port: int, line_port: int, turns: int, rounds: int) -> None:
    line = Line()
    async with _serving(line, line_port):
        await asyncio.gather(*(_play(web_port, line, person, 1, []) for person in range(FRIENDS)))  # warm
        for _ in range(turns):
            began = time.monotonic()
            waits: list[float] = []
            await asyncio.gather(*(_play(web_port, line, person, rounds, waits) for person in range(FRIENDS)))
            figures.rates.append(len(waits) / (time.monotonic() - began))
            figures.waits += waits


@asynccontextmanager
async def _serving(line: Line, port: int) -> AsyncIterator[None]:
    server = await asyncio.start_server(line.serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def _play(port: int, line: Line, person: int, rounds: int, waits: list[float]) -> None:
    """One friend plays the quiz some times over; notes the wait of each answer. Starting it is not counted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(rounds):
        reply = await _send(reader, writer, line, text_event(WORD, person=person, token=uuid4().hex))
        for number in range(QUESTIONS):
            buttons = BUTTON.findall(reply)
            event = text_event("", person=person, token=uuid4().hex) | {"type": "postback"}
            event["postback"] = {"data": buttons[(person + number) % len(buttons)]}
            began = time.monotonic()
            reply = await _send(reader, writer, line, event)
            waits.append(time.monotonic() - began)
        if BUTTON.search(reply):
            raise RuntimeError("the quiz did not end after its last question")
    writer.close()


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line, event: dict[str, Any]) -> str:
    """Post one event; return what LINE was told to say to it."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    line.waiting[event["replyToken"]] = future
    writer.write(signed([event]))
    head = (await reader.readuntil(END_OF_HEAD)).lower()
    at = head.find(b"content-length:")
    await reader.readexactly(int(head[at + 15 : head.index(b"\r\n", at)]) if at >= 0 else 0)
    return await asyncio.wait_for(future, PATIENCE)


def table(figures: Figures) -> list[tuple[str, str, str]]:
    """Rows of (what, measured, wanted)."""
    waits = sorted(figures.waits)
    middle = sorted(figures.rates)[len(figures.rates) // 2]
    return [
        (f"answers of {FRIENDS} friends, each after its reply", f"{middle:.0f}/s", "≥ 300/s"),
        ("  tap → next question, median", f"{waits[len(waits) // 2] * 1000:.0f} ms", ""),
        ("  tap → next question, p95", f"{waits[int(len(waits) * 0.95)] * 1000:.0f} ms", ""),
    ]
