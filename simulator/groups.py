"""Group chats (C…) and multi-person chats (R…) the account was invited to."""

import threading
from dataclasses import dataclass, field
from typing import Any

from simulator import identifiers


@dataclass(slots=True)
class Group:
    chat_id: str
    name: str
    members: list[int]
    joined: bool = True  # the account is in it
    messages: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self, line_user_ids: list[str]) -> dict[str, Any]:
        members = [line_user_ids[index] for index in self.members]
        return {
            "chat_id": self.chat_id,
            "name": self.name,
            "members": members,
            "joined": self.joined,
            "messages": self.messages,
        }


class Groups:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[str, Group] = {}

    def create(self, name: str, members: list[int], *, room: bool) -> Group:
        chat_id = identifiers.room_id() if room else identifiers.group_id()
        with self._lock:
            self._groups[chat_id] = Group(chat_id, name, members)
            return self._groups[chat_id]

    def get(self, chat_id: str) -> Group | None:
        return self._groups.get(chat_id)

    def joined(self, chat_id: str) -> Group | None:
        """The group if the account is in it."""
        group = self._groups.get(chat_id)
        return group if group is not None and group.joined else None

    def all(self) -> list[Group]:
        return list(self._groups.values())
