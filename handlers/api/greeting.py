"""The greeting and the fallback answer over the API."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field
from sqlalchemy.orm import Session

from bot.services import greetings, tags
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Message, Messages, TagsGiven
from models import FallbackAnswer, Greeting, Role

blueprint = Blueprint("api_greeting", __name__)


class GreetingBody(Body):
    """What is said to whoever follows; an empty list says nothing."""

    new_friend: Messages
    returning_friend: Messages = Field(default=[], description="空白時與新好友相同")
    tags: TagsGiven = Field(default=[], description="編號或名稱；沒有這個名稱時會新增標籤")


class GreetingAnswer(Answer):
    """The answer to a follow."""

    new_friend: list[Message]
    returning_friend: list[Message]
    tags: list[str]


class FallbackBody(Body):
    """What is said when no rule answers, at most once per friend in `every_minutes`."""

    enabled: bool
    messages: Messages
    every_minutes: Annotated[int, Field(ge=0, le=greetings.MOST_MINUTES)] = 1440


class FallbackReply(Answer):
    """What is said when no rule answers."""

    enabled: bool
    messages: list[Message]
    every_minutes: int


@blueprint.get("/greeting")
@operation("讀取歡迎訊息", role=Role.VIEWER, answer=GreetingAnswer, writes=False)
def get(call: Call) -> GreetingAnswer:
    """For new and for returning friends."""
    return _answer(call.session, greetings.get_greeting(call.session))


@blueprint.put("/greeting")
@operation(
    "設定歡迎訊息",
    details="整組取代；空白陣列表示不回應。",
    role=Role.MARKETER,
    answer=GreetingAnswer,
    body=GreetingBody,
)
def put(call: Call, body: GreetingBody) -> GreetingAnswer:
    """Replaces the whole greeting."""
    greeting = greetings.set_greeting(
        call.session,
        new_friend=body.new_friend,
        returning_friend=body.returning_friend,
        tags=body.tags,
        by=call.actor,
        now=call.now,
    )
    return _answer(call.session, greeting)


@blueprint.get("/fallback-answer")
@operation("讀取一律回應", role=Role.VIEWER, answer=FallbackReply, writes=False)
def get_fallback(call: Call) -> FallbackReply:
    """What is said when no rule answers."""
    return _reply(greetings.get_fallback(call.session))


@blueprint.put("/fallback-answer")
@operation(
    "設定一律回應",
    details="沒有規則符合時的回應；同一位好友在 every_minutes 內最多一次。",
    role=Role.MARKETER,
    answer=FallbackReply,
    body=FallbackBody,
)
def put_fallback(call: Call, body: FallbackBody) -> FallbackReply:
    """Replaces the whole answer."""
    fallback = greetings.set_fallback(
        call.session,
        enabled=body.enabled,
        messages=body.messages,
        every_minutes=body.every_minutes,
        by=call.actor,
        now=call.now,
    )
    return _reply(fallback)


def _answer(session: Session, greeting: Greeting) -> GreetingAnswer:
    names = tags.names_of(session, greeting.tags)
    return GreetingAnswer(
        new_friend=greeting.new_friend,
        returning_friend=greeting.returning_friend,
        tags=[names[tag_id] for tag_id in greeting.tags if tag_id in names],
    )


def _reply(fallback: FallbackAnswer) -> FallbackReply:
    return FallbackReply(enabled=fallback.enabled, messages=fallback.messages, every_minutes=fallback.every_minutes)
