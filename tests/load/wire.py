"""Load and a bare stand-in for LINE, as cheap as Python allows: raw HTTP/1.1 over asyncio."""

import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

END_OF_HEAD = b"\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-line-request-id: bench\r\nContent-Length: 2\r\n\r\n{}"


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sign(secret: str, body: bytes) -> str:
    """LINE's signature over a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def request_bytes(path: str, body: bytes, signature: str) -> bytes:
    """One webhook request, ready for the socket."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Line-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Load:
    """What one burst of requests showed; times in seconds."""

    seconds: float = 0.0
    started_at: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0

    def wait(self, share: float) -> float:
        """The wait that this share of requests stayed under."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def post_all(port: int, requests: Sequence[bytes], *, parallel: int) -> Load:
    """Post every request over `parallel` kept-alive connections, each sending its next when it has its answer."""
    return asyncio.run(_post_all(port, list(requests), parallel))


async def _post_all(port: int, requests: list[bytes], parallel: int) -> Load:
    load, waiting = Load(), iter(requests)
    load.started_at = time.monotonic()
    await asyncio.gather(*(_post_some(port, waiting, load) for _ in range(parallel)))
    load.seconds = time.monotonic() - load.started_at
    return load


async def _post_some(port: int, waiting: Iterator[bytes], load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        began = time.monotonic()
        writer.write(request)
        status, closes = await _read_answer(reader)
        load.waits.append(time.monotonic() - began)
        load.statuses[status] = load.statuses.get(status, 0) + 1
        if closes:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = (await reader.readuntil(END_OF_HEAD)).lower()
    length = _length(head)
    if length:
        await reader.readexactly(length)
    return int(head[9:12]), b"connection: close" in head


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    return int(head[at + 15 : head.index(b"\r\n", at)]) if at >= 0 else 0


class Standin(asyncio.Protocol):
    """Answers 200 to everything and remembers when each reply token was heard."""

    heard: list[tuple[float, str]] = []  # noqa: RUF012 one process, one stand-in

    def __init__(self) -> None:
        self._bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        while (end := self._bytes.find(END_OF_HEAD)) >= 0:
            head = self._bytes[:end].lower() + b"\r\n"
            length = _length(head)
            if len(self._bytes) < end + 4 + length:
                return
            body = self._bytes[end + 4 : end + 4 + length]
            self._bytes = self._bytes[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get /heard"):
            self._send_heard()
            return
        at = body.find(b'"replyToken": "')
        if at >= 0:
            token = body[at + 15 : body.index(b'"', at + 15)].decode()
            self.heard.append((time.monotonic(), token))
        self._transport.write(OK)

    def _send_heard(self) -> None:
        body = json.dumps(self.heard).encode()
        self.heard.clear()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _serve_standin(port: int) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Standin, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def standin() -> Iterator[int]:
    """Run the stand-in in a process of its own; yields its port."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve_standin, args=(port,), daemon=True)
    process.start()
    wait_for_port(port)
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def heard(port: int) -> list[tuple[float, str]]:
    """Return what the stand-in heard since the last call: (monotonic seconds, reply token)."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /heard HTTP/1.1\r\n\r\n")
        answer = b""
        while END_OF_HEAD not in answer or len(answer) < answer.index(END_OF_HEAD) + 4 + _length(answer.lower()):
            answer += connection.recv(1 << 20)
    found = json.loads(answer[answer.index(END_OF_HEAD) + 4 :])
    return [(float(at), str(token)) for at, token in found]


def hear_all(port: int, wanted: int, *, patience: float) -> list[tuple[float, str]]:
    """Wait until the stand-in heard `wanted` replies, or the patience ends; returns what it heard."""
    collected: list[tuple[float, str]] = []
    until = time.monotonic() + patience
    while len(collected) < wanted and time.monotonic() < until:
        collected += heard(port)
        time.sleep(0.05)
    return collected


def wait_for_port(port: int, *, patience: float = 30.0, still: Callable[[], bool] = lambda: True) -> None:
    """Wait until somebody listens. Raises TimeoutError, or RuntimeError once `still` says nobody will."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if not still():
                raise RuntimeError("the server ended before it listened") from None
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")
