"""Visitors of pages inside LINE; the simulator stands for LINE."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from handlers.processes import EXTENSION
from simulator import server as simulators
from simulator.settings import Settings as SimulatorSettings
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET, make_settings
from tests.page_visits import LIFF_ID, OURS, Phone


@pytest.fixture
def platform() -> Iterator[simulators.Server]:
    """LINE in miniature."""
    settings = SimulatorSettings(
        port=0, webhook_url="", channel_secret=CHANNEL_SECRET, channel_access_token=ACCESS_TOKEN, liff_id=LIFF_ID
    )
    server = simulators.Server(settings).start()
    yield server
    server.stop()


@pytest.fixture
def pages_app(database_url: str, platform: simulators.Server) -> Iterator[Flask]:
    """Our server with LIFF switched on."""
    app = create_app(
        make_settings(
            database_url,
            public_url=OURS,
            line_api_base=platform.url,
            line_api_data_base=platform.url,
            line_login_base=platform.url,
            liff_base=f"{platform.url}/liff",
            liff_sdk_url=f"{platform.url}/liff/edge/2/sdk.js",
            liff_id=LIFF_ID,
        )
    )
    app.testing = True
    yield app
    app.extensions[EXTENSION].close()


@pytest.fixture
def phone(pages_app: Flask, platform: simulators.Server) -> Phone:
    """The phone of a friend who has not said who they are."""
    return Phone(pages_app.test_client(), platform, "U" + "1" * 32)


@pytest.fixture
def other_phone(pages_app: Flask, platform: simulators.Server) -> Phone:
    """Somebody else's."""
    return Phone(pages_app.test_client(), platform, "U" + "2" * 32)
