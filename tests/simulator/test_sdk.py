"""LINE's own SDK takes the simulator for LINE."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    MessagingApi,
    MessagingApiBlob,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    RichMenuRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
)
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.webhook import WebhookParser

from simulator.webhooks import Webhooks
from tests.simulator.stand_ins import BotServer, Line
from tests.simulator.test_rich_menus import MENU, png

TIMEOUT = {"_request_timeout": (1, 5)}
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")


@pytest.fixture
def client(line: Line) -> Iterator[Any]:
    with ApiClient(Configuration(host=line.server.url, access_token=line.token)) as client:
        yield client


def test_the_sdk_sends_and_reads(line: Line, bot: BotServer, client: Any) -> None:
    api = MessagingApi(client)
    friend = line.person(name="王小明")
    token = line.act(friend, "say", text="hi")["replyToken"]
    hello = TextMessage(text="您好")
    assert (
        len(api.reply_message(ReplyMessageRequest(reply_token=token, messages=[hello]), **TIMEOUT).sent_messages) == 1
    )
    key = str(uuid.uuid4())
    push = PushMessageRequest(to=friend, messages=[hello])
    assert api.push_message(push, x_line_retry_key=key, **TIMEOUT).sent_messages[0].quote_token
    with pytest.raises(ApiException) as refusal:
        api.push_message(push, x_line_retry_key=key, **TIMEOUT)
    assert refusal.value.status == 409
    api.multicast(MulticastRequest(to=[friend], messages=[hello]), **TIMEOUT)
    api.show_loading_animation(ShowLoadingAnimationRequest(chat_id=friend), **TIMEOUT)
    assert api.get_profile(friend, **TIMEOUT).display_name == "王小明"
    assert api.get_followers(**TIMEOUT).user_ids == [friend]
    assert api.get_message_quota(**TIMEOUT).value == 6000
    assert api.get_message_quota_consumption(**TIMEOUT).total_usage == 2
    assert api.get_bot_info(**TIMEOUT).basic_id == "@000aaaaa"
    assert len(line.shown(friend)) == 3


def test_the_sdk_makes_rich_menus(line: Line, client: Any) -> None:
    menu = MessagingApi(client).create_rich_menu(RichMenuRequest.from_dict(MENU), **TIMEOUT).rich_menu_id
    blob = MessagingApiBlob(client)
    blob.set_rich_menu_image(menu, body=bytearray(png()), _headers={"Content-Type": "image/png"}, **TIMEOUT)
    assert bytes(blob.get_rich_menu_image(menu, **TIMEOUT)) == png()


def test_the_sdk_reads_the_webhooks(line: Line, bot: BotServer) -> None:
    friend = line.person(following=False)
    for act, wishes in (("follow", {}), ("say", {"text": "hi"}), ("postback", {"data": "a"}), ("block", {})):
        line.act(friend, act, **wishes)
    webhooks: Webhooks = line.server.world.webhooks
    parser = WebhookParser(line.server.world.settings.channel_secret)
    kinds = []
    for raw in bot.raw:
        kinds += [type(event).__name__ for event in parser.parse(raw.decode(), webhooks.sign(raw))]
    assert kinds == ["FollowEvent", "MessageEvent", "PostbackEvent", "UnfollowEvent"]
