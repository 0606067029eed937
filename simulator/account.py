"""The account: bot info, webhook address, quota, delivery counts, units, loading animation, read marks."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from simulator.acceptance import answer, required_text
from simulator.clock import LINE_ZONE, iso_utc
from simulator.gate import json_body
from simulator.line_errors import LineError, Problems, bad_property, not_found
from simulator.people import USER_ID
from simulator.property_checks import scheme_of
from simulator.world import World, current_world

account = Blueprint("account", __name__)
LONGEST_WEBHOOK_URL = 500
FIRST_COUNTED_DAY = "20180331"


@account.get("/v2/bot/info")
def bot_info() -> Response:
    settings = current_world().settings
    answered = {
        "userId": settings.bot_user_id,
        "basicId": settings.basic_id,
        "displayName": settings.display_name,
        "chatMode": settings.chat_mode,
        "markAsReadMode": "manual" if settings.chat_mode == "chat" else "auto",
    }
    if settings.premium_id:
        answered["premiumId"] = settings.premium_id
    return jsonify(answered)


@account.get("/v2/bot/channel/webhook/endpoint")
def get_webhook_endpoint() -> Response:
    webhooks = current_world().webhooks
    if not webhooks.url:
        raise not_found("Webhook endpoint not found")
    return jsonify(endpoint=webhooks.url, active=webhooks.behaviour.active)


@account.put("/v2/bot/channel/webhook/endpoint")
def set_webhook_endpoint() -> Response:
    world = current_world()
    world.webhooks.url = checked_webhook_url(world, required_text(json_body(), "endpoint"))
    return answer({})


def checked_webhook_url(world: World, url: str) -> str:
    """The URL if LINE would take it; http too where the simulator is told so."""
    schemes = {"https", "http"} if world.settings.allow_plain_http else {"https"}
    if len(url) > LONGEST_WEBHOOK_URL or scheme_of(url) not in schemes:
        raise LineError(400, "Invalid webhook endpoint URL")
    return url


@account.post("/v2/bot/channel/webhook/test")
def test_webhook_endpoint() -> Response:
    """Send a webhook without events and tell how it was taken."""
    world = current_world()
    body = json_body() if g.received.body else {}
    url = body.get("endpoint") or world.webhooks.url
    if not url:
        raise not_found("Webhook endpoint not found")
    if not isinstance(url, str):
        raise bad_property("'endpoint'")
    status, reason = world.webhooks.post([], url=checked_webhook_url(world, url))
    details = {"COULD_NOT_CONNECT": "Failure to connect", "REQUEST_TIMEOUT": "Request timeout"}
    return jsonify(
        success=reason == "OK",
        timestamp=iso_utc(world.clock.seconds()),
        statusCode=status,
        reason=reason,
        detail=details.get(reason, str(status)),
    )


@account.get("/v2/bot/message/quota")
def get_quota() -> Response:
    limit = current_world().quota.limit
    return jsonify(type="none") if limit is None else jsonify(type="limited", value=limit)


@account.get("/v2/bot/message/quota/consumption")
def get_consumption() -> Response:
    return jsonify(totalUsage=current_world().quota.used)


@account.get("/v2/bot/message/delivery/<any(reply, push, multicast, broadcast, pnp):kind>")
def get_delivery_count(kind: str) -> Response:
    return delivery_count(kind)


@account.get("/v2/bot/message/delivery/pnp/templated")
def get_templated_delivery_count() -> Response:
    return delivery_count("pnp/templated")


def delivery_count(kind: str) -> Response:
    """How many were sent on one day of Tokyo; today is not counted yet."""
    world, day = current_world(), request.args.get("date", "")
    if not is_day(day):
        raise LineError(400, "The value for the 'date' parameter is invalid")
    if day < FIRST_COUNTED_DAY:
        return jsonify(status="out_of_service")
    if day >= world.quota.day() and not world.quota.was_set(kind, day):
        return jsonify(status="unready")
    return jsonify(status="ready", success=world.quota.sent(kind, day))


def is_day(day: str) -> bool:
    if not re.fullmatch(r"[0-9]{8}", day):
        return False
    try:
        datetime.strptime(day, "%Y%m%d").replace(tzinfo=LINE_ZONE)
    except ValueError:
        return False
    return True


@account.get("/v2/bot/message/aggregation/info")
def get_unit_count() -> Response:
    return jsonify(numOfCustomAggregationUnits=len(units_of_month(current_world())))


@account.get("/v2/bot/message/aggregation/list")
def list_units() -> Response:
    world = current_world()
    names = sorted(units_of_month(world))
    start = page_start(world)
    limit = page_limit(most=100, default=100)
    body: dict[str, Any] = {"customAggregationUnits": names[start : start + limit]}
    if start + limit < len(names):
        body["next"] = world.continuations.issue(start + limit)
    return jsonify(body)


def units_of_month(world: World) -> set[str]:
    return world.aggregation_units.get(world.quota.month(), set())


def page_limit(*, most: int, default: int) -> int:
    """The query parameter `limit`."""
    text = request.args.get("limit")
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise LineError(400, "The value for the 'limit' parameter is invalid")
    return int(text)


def page_start(world: World) -> int:
    """Where the page of the continuation token `start` begins."""
    token = request.args.get("start")
    if not token:
        return 0
    place = world.continuations.place(token)
    if place is None:
        raise LineError(400, "Invalid start param")
    return place


@account.post("/v2/bot/chat/loading/start")
def start_loading() -> Response:
    """Show the loading animation until the next message or the seconds are over."""
    world, body = current_world(), json_body()
    problems = Problems()
    chat_id, seconds = required_text(body, "chatId"), body.get("loadingSeconds", 20)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise bad_property("'loadingSeconds'")
    if not USER_ID.match(chat_id):
        problems.add(
            "chatId", "Only user id is acceptable, please confirm if there are any group/room ids or illegal ids."
        )
    if not 5 <= seconds <= 60:
        problems.add("loadingSeconds", "Must be between 5 and 60")
    if seconds % 5:
        problems.add("loadingSeconds", "must be a multiple of five")
    problems.refuse()
    index = world.people.index_of.get(chat_id)
    if index is not None and world.people.is_friend(index):
        world.chats.loading_until[index] = world.clock.seconds() + seconds
    return answer({}, 202)


@account.post("/v2/bot/chat/markAsRead")
def mark_as_read() -> Response:
    world = current_world()
    token = required_text(json_body(), "markAsReadToken")
    if not world.chats.mark_read(token):
        raise LineError(400, "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.")
    return answer({})


@account.post("/v2/bot/message/markAsRead")
def mark_chat_as_read() -> Response:
    """The older endpoint, for partners: the whole chat of one person."""
    world, chat = current_world(), json_body().get("chat")
    if not isinstance(chat, dict):
        raise bad_property("'chat'")
    index = world.people.index_of.get(required_text(chat, "userId"))
    if index is None:
        raise bad_property("'chat.userId'")
    world.chats.mark_all_read(index)
    return answer({})
