"""HTTP/1.1 for the simulator: a thread per connection, kept alive, that can be reset in mid-answer."""

import http
import io
import logging
import os
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
LONGEST_LINE = 65_536
MOST_HEADERS = 100
LARGEST_BODY = 64_000_000
IDLE_SECONDS = 300.0
OWN_NAME = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class BadRequestError(Exception):
    """What came is not HTTP as the simulator speaks it."""


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections and gives each a thread."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.application = application
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Connection)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """End every connection that is still open."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    logger.debug("a connection was gone already")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        if not isinstance(sys.exception(), OSError):
            logger.exception("a connection failed")


class Connection(socketserver.StreamRequestHandler):
    """One client: request, answer, request, answer."""

    server: Listener
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    rbufsize = 65_536

    def handle(self) -> None:
        self.cut_off = False
        self.server.opened(self.connection)
        try:
            while not self.cut_off and self._one_request():
                pass
        except (OSError, ValueError):
            logger.debug("a client went away")
        except BadRequestError as error:
            self.wfile.write(f"HTTP/1.1 400 {error}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        finally:
            self.server.closed(self.connection)

    def finish(self) -> None:
        if not self.cut_off:
            super().finish()

    def cut(self) -> None:
        """Reset the connection: the client sees neither answer nor goodbye."""
        self.cut_off = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _one_request(self) -> bool:
        """Serve one request; False when the connection is to end."""
        line = self.rfile.readline(LONGEST_LINE)
        if not line.strip():
            return bool(line)
        try:
            method, target, version = line.decode("latin-1").split()
        except ValueError as error:
            raise BadRequestError("Bad Request") from error
        environ = self._headers()
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(environ)
        path, _, query = target.partition("?")
        environ |= {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "SERVER_PROTOCOL": version,
            "wsgi.input": io.BytesIO(body),
        }
        keep = environ.get("HTTP_CONNECTION", "").lower() != "close" and version == "HTTP/1.1"
        Answer(self, environ, keep=keep).give()
        return keep

    def _headers(self) -> dict[str, Any]:
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "simulator.cut": self.cut,
        }
        for _ in range(MOST_HEADERS):
            line = self.rfile.readline(LONGEST_LINE)
            if line in {b"\r\n", b"\n", b""}:
                return environ
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise BadRequestError("Bad Request")
            low = name.lower()
            environ[OWN_NAME.get(low) or "HTTP_" + low.upper().replace("-", "_")] = value.strip()
        raise BadRequestError("Request Header Fields Too Large")

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            body = self._chunks()
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not 0 <= length <= LARGEST_BODY:
            raise BadRequestError("Content Too Large")
        return self.rfile.read(length)

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self.rfile.readline(LONGEST_LINE).split(b";")[0], 16):
            if size > LARGEST_BODY or sum(map(len, parts)) > LARGEST_BODY:
                raise BadRequestError("Content Too Large")
            parts.append(self.rfile.read(size))
            self.rfile.readline(LONGEST_LINE)
        while self.rfile.readline(LONGEST_LINE).strip():
            pass
        return b"".join(parts)


class Answer:
    """What the application says to one request, sent in one piece."""

    def __init__(self, connection: Connection, environ: dict[str, Any], *, keep: bool) -> None:
        self._connection = connection
        self._environ = environ
        self._keep = keep
        self._status = "500 Internal Server Error"
        self._headers: list[tuple[str, str]] = []

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,  # noqa: ARG002
    ) -> None:
        self._status, self._headers = status, headers

    def give(self) -> None:
        parts = self._connection.server.application(self._environ, self.start)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        if self._connection.cut_off:
            return
        names = {name.lower() for name, _ in self._headers}
        lines = [f"HTTP/1.1 {self._status}", *(f"{name}: {value}" for name, value in self._headers)]
        if "content-length" not in names and not self._status.startswith((str(http.HTTPStatus.NO_CONTENT), "304")):
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"Date: {formatdate(usegmt=True)}", f"Connection: {'keep-alive' if self._keep else 'close'}", "", ""]
        if self._environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        self._connection.connection.sendall("\r\n".join(lines).encode("latin-1") + body)
