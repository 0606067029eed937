"""What one process holds while it lives: settings, database, gateways, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import utc_now
from bot.database import Database, connect
from bot.gateways.line import LineGateway
from bot.services.auto_replies import AnswerBook
from bot.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """Built once per process, after the fork, because connections and threads do not survive one."""

    settings: Settings
    db: Database
    line: LineGateway
    answers: AnswerBook
    now: Callable[[], datetime] = field(default=utc_now)

    def close(self) -> None:
        """Close connections."""
        self.line.close()
        self.db.dispose()


def build(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Runtime:
    """Put the pieces together; opens nothing yet."""
    line = LineGateway(
        secret=settings.line_channel_secret.get_secret_value(),
        token=settings.line_channel_access_token.get_secret_value(),
        base_url=settings.line_api_base,
        data_base_url=settings.line_api_data_base,
    )
    return Runtime(
        settings=settings, db=connect(settings.database_url), line=line, answers=AnswerBook(settings.zone), now=now
    )
