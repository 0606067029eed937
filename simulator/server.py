"""Serves the simulator: one process, a thread per connection, connections kept alive."""

import logging
import os
import signal
import socket
import struct
import threading
from types import FrameType
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator.application import create_app
from simulator.settings import Settings
from simulator.world import World

logger = logging.getLogger(__name__)


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with one write per answer, and a way to cut the connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def make_environ(self) -> Any:
        environ = super().make_environ()
        environ["simulator.cut"] = self.cut
        return environ

    def cut(self) -> None:
        """Reset the connection: whatever is written afterwards goes nowhere."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())
        self.close_connection = True

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Requests are in the ledger; the terminal stays quiet."""

    def log_error(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


class Server:
    """A simulator that is listening. Port 0 takes any free one; `port` tells which."""

    def __init__(self, settings: Settings) -> None:
        self.app: Flask = create_app(settings)
        self.world: World = self.app.extensions["world"]
        self._server: BaseWSGIServer = make_server(
            settings.host, settings.port, self.app, threaded=True, request_handler=Handler
        )
        self.port = self._server.port
        self.url = f"http://{settings.host}:{self.port}"
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until `stop`."""
        self._server.serve_forever(poll_interval=0.1)

    def start(self) -> "Server":
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self.world.stop()
        self._server.shutdown()
        self._server.server_close()
        if self._thread is not None:
            self._thread.join(5)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Server(settings)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.stop, name="stop").start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    logger.info("simulator of LINE listens on %s", server.url)
    server.run()
