"""What people do on LINE, and the webhook events that follow from it."""

import json
from collections.abc import Iterable
from typing import Any

from simulator import events
from simulator.events import Event
from simulator.groups import Group
from simulator.people import BLOCKED, EVER_FOLLOWED, FOLLOWING, NO_CONSENT
from simulator.world import World


def follow(world: World, index: int) -> Event:
    """Add the account as a friend, or unblock it: then the event says isUnblocked."""
    event = follow_event(world, index)
    return world.tell(index, event)


def follow_event(world: World, index: int) -> Event:
    was_blocked = bool(world.people.flags[index] & BLOCKED)
    world.people.set_flag(index, BLOCKED, False)
    world.people.set_flag(index, FOLLOWING | EVER_FOLLOWED, True)
    world.notices.post()
    return world.event_of(index, "follow", answerable=True, follow={"isUnblocked": was_blocked})


def follow_many(world: World, indexes: Iterable[int], *, events_per_body: int) -> int:
    """Many people follow at once; their events share bodies."""
    return send_many(world, [follow_event(world, index) for index in indexes], events_per_body=events_per_body)


def send_many(world: World, many: list[Event], *, events_per_body: int) -> int:
    """Send events a few to a body; returns how many events."""
    for lane, start in enumerate(range(0, len(many), events_per_body)):
        world.webhooks.send(many[start : start + events_per_body], lane=lane)
    return len(many)


def block(world: World, index: int) -> Event:
    """Block the account: LINE tells of it as unfollow."""
    world.people.set_flag(index, BLOCKED, True)
    world.notices.post()
    return world.tell(index, world.event_of(index, "unfollow", answerable=False))


def say(world: World, index: int, message: dict[str, Any], *, how_shown: dict[str, Any] | None = None) -> Event:
    """Send a message to the account. `how_shown` is what the own chat shows where that differs."""
    return world.tell(index, message_event(world, index, message, how_shown=how_shown))


def message_event(
    world: World, index: int, message: dict[str, Any], *, how_shown: dict[str, Any] | None = None
) -> Event:
    shown = how_shown or {name: value for name, value in message.items() if name not in {"id", "markAsReadToken"}}
    body = json.dumps({"messages": [shown]}, ensure_ascii=False).encode()
    world.chats.add(index, "person", body, [message["id"]], at_ms=world.clock.milliseconds())
    world.people.wrote(index, world.clock.seconds())
    world.notices.post()
    if world.settings.chat_mode != "chat":
        message = {name: value for name, value in message.items() if name != "markAsReadToken"}
    return without_identity(world, index, world.event_of(index, "message", answerable=True, message=message))


def without_identity(world: World, index: int, event: Event) -> Event:
    """Somebody who did not consent has no userId in the source."""
    if world.people.flags[index] & NO_CONSENT:
        event["source"] = {"type": "user"}
    return event


def send_content(world: World, index: int, kind: str, media_type: str, data: bytes, **more: Any) -> Event:
    """Send a picture, film, sound or file whose bytes LINE keeps."""
    message = events.file(str(more["name"]), len(data)) if kind == "file" else events.media(kind, **more)
    world.contents.put(message["id"], media_type, data)
    return say(world, index, message)


def postback(
    world: World, index: int, data: str, *, params: dict[str, str] | None = None, display_text: str | None = None
) -> Event:
    """Tap something that carries data. A display text is shown as said but is no message event."""
    if display_text:
        body = json.dumps({"messages": [{"type": "text", "text": display_text}]}, ensure_ascii=False).encode()
        message_ids = world.new_message_ids(1)
        world.chats.add(index, "person", body, message_ids, at_ms=world.clock.milliseconds())
        world.notices.post()
    content: dict[str, Any] = {"data": data}
    if params:
        content["params"] = params
    event = world.event_of(index, "postback", answerable=True, postback=content)
    return world.tell(index, without_identity(world, index, event))


def switch_rich_menu(world: World, index: int, alias: str, data: str) -> Event:
    """Tap an area with a rich menu switch action."""
    switched = world.rich_menus.switch(index, alias)
    status = "SUCCESS" if switched else "RICHMENU_ALIAS_ID_NOTFOUND"
    return postback(world, index, data, params={"newRichMenuAliasId": alias, "status": status})


def unsend(world: World, index: int, message_id: str) -> Event:
    """Take a message back: the chat no longer shows it, its content is gone."""
    world.chats.unsend(message_id)
    world.contents.unsend(message_id)
    world.notices.post()
    return world.tell(index, world.event_of(index, "unsend", answerable=False, unsend={"messageId": message_id}))


def watch_video(world: World, index: int, tracking_id: str) -> Event:
    """Watch a film with a tracking id to its end."""
    content = {"trackingId": tracking_id}
    return world.tell(index, world.event_of(index, "videoPlayComplete", answerable=True, videoPlayComplete=content))


def group_event(
    world: World, group: Group, kind: str, member: int | None, *, answerable: bool, **content: Any
) -> Event:
    """Something that happens in a group or room."""
    line_user_id = None if member is None else world.people.ids[member]
    token = world.reply_tokens.issue(None, group.chat_id) if answerable else None
    source = events.chat_source(group.chat_id, line_user_id)
    return world.tell(member, events.event(world.clock, kind, source, reply_token=token, **content))


def invite(world: World, name: str, members: list[int], *, room: bool) -> tuple[Group, Event]:
    """Somebody invites the account into a group."""
    group = world.groups.create(name, members, room=room)
    return group, group_event(world, group, "join", None, answerable=True)


def say_in_group(world: World, group: Group, member: int, message: dict[str, Any]) -> Event:
    return group_event(world, group, "message", member, answerable=True, message=message)


def remove_from_group(world: World, group: Group) -> Event:
    """Somebody removes the account from a group."""
    group.joined = False
    return group_event(world, group, "leave", None, answerable=False)
