"""A simulator with a fresh world for every test, and who talks to it."""

from collections.abc import Iterator

import pytest

from simulator import Server, Settings
from tests.simulator import openapi
from tests.simulator.stand_ins import BotServer, Line


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Server]:
    settings = Settings(
        port=0, webhook_url="", narrowcast_seconds=0.05, notification_seconds=0.05, silence_seconds=2, webhook_timeout=1
    )
    server = Server(settings).start()
    yield server
    server.stop()


@pytest.fixture
def line(running_simulator: Server) -> Line:
    running_simulator.world.start_over()
    return Line(running_simulator)


@pytest.fixture
def bot(line: Line) -> Iterator[BotServer]:
    """A bot server at the webhook address; what it heard is held against LINE's documents."""
    bot = BotServer(line.server.world.settings.channel_secret)
    line.control("PUT", "switches", {"webhook_url": bot.url})
    yield bot
    bot.close()
    assert bot.badly_signed == 0
    for body in bot.bodies:
        openapi.check_webhook(body)
