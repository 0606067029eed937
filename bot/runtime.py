"""What one process holds while it lives: settings, database, gateways, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import utc_now
from bot.database import Database, connect
from bot.gateways.forwarding import ForwardingGateway
from bot.gateways.line import LineGateway
from bot.gateways.line_login import IdTokens, LineLogin
from bot.services.auto_replies import AnswerBook
from bot.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """Built once per process, after the fork, because connections and threads do not survive one."""

    settings: Settings
    db: Database
    line: LineGateway
    answers: AnswerBook
    second_tool: ForwardingGateway = field(default_factory=ForwardingGateway)
    login: LineLogin | None = None  # where LINE Login is switched on
    id_tokens: IdTokens | None = None  # where LIFF or LINE Login is switched on
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
        settings=settings,
        db=connect(settings.database_url),
        line=line,
        answers=AnswerBook(settings.zone),
        login=_line_login(settings),
        id_tokens=_id_tokens(settings),
        now=now,
    )


def _line_login(settings: Settings) -> LineLogin | None:
    if settings.line_login_channel_id is None or settings.line_login_channel_secret is None:
        return None
    return LineLogin(
        channel_id=settings.line_login_channel_id,
        channel_secret=settings.line_login_channel_secret.get_secret_value(),
        login_base=settings.line_login_base,
        api_base=settings.line_api_base,
    )


def _id_tokens(settings: Settings) -> IdTokens | None:
    channel_id = settings.pages_channel_id
    return None if channel_id is None else IdTokens(channel_id=channel_id, api_base=settings.line_api_base)
