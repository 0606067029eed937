"""Webhook events as LINE writes them (reference/messaging-api#webhook-event-objects)."""

from typing import Any

from simulator import identifiers
from simulator.clock import Clock

Event = dict[str, Any]


def event(
    clock: Clock, kind: str, source: dict[str, str] | None, *, reply_token: str | None = None, **content: Any
) -> Event:
    """An event of now with its own id. Delivery events and failed account links have no source."""
    now = clock.milliseconds()
    built: Event = {"type": kind, **content}
    built["webhookEventId"] = identifiers.ulid(now)
    built["deliveryContext"] = {"isRedelivery": False}
    built["timestamp"] = now
    if source is not None:
        built["source"] = source
    if reply_token is not None:
        built["replyToken"] = reply_token
    built["mode"] = "active"
    return built


def user_source(line_user_id: str) -> dict[str, str]:
    return {"type": "user", "userId": line_user_id}


def chat_source(chat_id: str, line_user_id: str | None) -> dict[str, str]:
    """The source of a group (C…) or a room (R…), with the member who acted if there is one."""
    kind, name = ("group", "groupId") if chat_id.startswith("C") else ("room", "roomId")
    source = {"type": kind, name: chat_id}
    return source if line_user_id is None else {**source, "userId": line_user_id}


def text(content: str, *, quoted_message_id: str | None = None, emojis: list[Any] | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {**_identified("text"), "quoteToken": identifiers.quote_token(), "text": content}
    if quoted_message_id:
        message["quotedMessageId"] = quoted_message_id
    if emojis:
        message["emojis"] = emojis
    return message


def sticker(package_id: str, sticker_id: str) -> dict[str, Any]:
    return {
        **_identified("sticker"),
        "quoteToken": identifiers.quote_token(),
        "packageId": package_id,
        "stickerId": sticker_id,
        "stickerResourceType": "STATIC",
        "keywords": ["hello"],
    }


def media(kind: str, *, duration_ms: int | None = None) -> dict[str, Any]:
    """An image, video or audio message whose content LINE keeps."""
    message = {**_identified(kind), "contentProvider": {"type": "line"}}
    if kind in {"image", "video"}:
        message["quoteToken"] = identifiers.quote_token()
    if duration_ms is not None:
        message["duration"] = duration_ms
    return message


def file(name: str, size: int) -> dict[str, Any]:
    return {**_identified("file"), "fileName": name, "fileSize": size}


def location(title: str, address: str, latitude: float, longitude: float) -> dict[str, Any]:
    place = {"title": title, "address": address, "latitude": latitude, "longitude": longitude}
    return {**_identified("location"), **place}


def _identified(kind: str) -> dict[str, Any]:
    message_id = identifiers.message_id()
    return {"id": message_id, "type": kind, "markAsReadToken": identifiers.read_token(message_id)}
