"""Runs the simulator: in the foreground, or in a thread of somebody else's process."""

import logging
import signal
import threading
from types import FrameType

from flask import Flask

from simulator.application import create_app
from simulator.settings import Settings
from simulator.wire import Listener
from simulator.world import World

logger = logging.getLogger(__name__)


class Server:
    """A simulator that is listening. Port 0 takes any free one; `port` and `url` tell which."""

    def __init__(self, settings: Settings) -> None:
        self.app: Flask = create_app(settings)
        self.world: World = self.app.extensions["world"]
        self._listener = Listener((settings.host, settings.port), self.app.wsgi_app)
        self.port = int(self._listener.server_address[1])
        self.url = f"http://{settings.host}:{self.port}"
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until `stop` is called from another thread."""
        self._listener.serve_forever(poll_interval=0.1)

    def start(self) -> "Server":
        """Serve in a thread of its own; comes back when requests are taken."""
        self._thread = threading.Thread(target=self.run, name="simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more requests, end connections and threads."""
        self._listener.shutdown()
        self.world.stop()
        self._listener.server_close()
        self._listener.hang_up()
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
