"""Other people's servers, faked: each subclasses the real gateway and remembers what it heard."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import GatewayError
from bot.gateways.line import Answer, FollowerPage, LineGateway, Profile, ReplyTokenError
from tests.conftest import ACCESS_TOKEN, CHANNEL_SECRET


class FakeLine(LineGateway):
    """LINE's platform in a few dicts: reply tokens serve once, followers come in pages."""

    def __init__(self) -> None:
        super().__init__(
            secret=CHANNEL_SECRET, token=ACCESS_TOKEN, base_url="http://127.0.0.1:9", data_base_url="http://127.0.0.1:9"
        )
        self.replies: dict[str, list[Any]] = {}
        self.left: list[tuple[str, str]] = []
        self.loading: list[str] = []
        self.profiles: dict[str, Profile] = {}
        self.pages: dict[str | None, FollowerPage | GatewayError] = {}
        self.asked_for: list[str | None] = []
        self.fail_with: GatewayError | None = None
        self.fail_after_accepting: GatewayError | None = None

    def reply(self, reply_token: str, messages: Sequence[Mapping[str, Any]]) -> Answer:
        if self.fail_with:
            raise self.fail_with
        if reply_token in self.replies:
            raise ReplyTokenError("回覆權杖已失效", status=400)
        self.replies[reply_token] = list(messages)
        if self.fail_after_accepting:
            raise self.fail_after_accepting
        return Answer({}, "request-1")

    def leave(self, kind: str, place_id: str) -> Answer:
        if self.fail_with:
            raise self.fail_with
        self.left.append((kind, place_id))
        return Answer({}, "request-1")

    def start_loading(self, line_user_id: str, *, seconds: int = 20) -> None:  # noqa: ARG002 LINE's own form
        self.loading.append(line_user_id)

    def get_profile(self, line_user_id: str) -> Profile | None:
        if self.fail_with:
            raise self.fail_with
        return self.profiles.get(line_user_id)

    def list_followers(self, cursor: str | None) -> FollowerPage:
        self.asked_for.append(cursor)
        page = self.pages[cursor]
        if isinstance(page, GatewayError):
            raise page
        return page
