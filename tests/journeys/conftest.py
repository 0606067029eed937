"""Our server and the simulator of LINE with LINE Login, each listening, in this process."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from app import create_app
from handlers.processes import EXTENSION
from simulator import server as simulators
from simulator.settings import Settings as SimulatorSettings
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET, make_settings


@dataclass
class LoginTown:
    """Our server and the simulator, each listening."""

    ours: str
    simulator: str

    def ask_simulator(self, path: str, **body: object) -> dict[str, Any]:
        answer = requests.post(f"{self.simulator}/simulator{path}", json=body, timeout=10)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture
def town(database_url: str) -> Iterator[LoginTown]:
    web = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    ours = f"http://127.0.0.1:{web.server_port}"
    platform = SimulatorSettings(
        port=0,
        webhook_url=f"{ours}/callback",
        channel_secret=CHANNEL_SECRET,
        channel_access_token=ACCESS_TOKEN,
    )
    simulator = simulators.Server(platform).start()
    app = create_app(
        make_settings(
            database_url,
            public_url=ours,
            line_api_base=simulator.url,
            line_api_data_base=simulator.url,
            line_login_base=simulator.url,
            line_login_channel_id=platform.login_channel_id,
            line_login_channel_secret=platform.login_channel_secret,
        )
    )
    web.app = app
    serving = threading.Thread(target=web.serve_forever)
    serving.start()
    yield LoginTown(ours, simulator.url)
    simulator.stop()
    web.shutdown()
    serving.join()
    web.server_close()
    app.extensions[EXTENSION].close()
