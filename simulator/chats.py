"""What each person's chat with the account shows."""

import itertools
import json
import threading
from array import array
from dataclasses import dataclass
from typing import Any

from simulator import identifiers
from simulator.recipients import Recipients

PERSON = "person"
LOOKED_BACK = 200  # shared messages that the list of chats considers


@dataclass(slots=True)
class Said:
    """Messages that came at one moment. The request body is kept as it came and read when somebody looks."""

    number: int
    at_ms: int
    how: str  # person, reply, push, multicast, broadcast, narrowcast, notification
    body: bytes  # JSON with "messages"
    message_ids: list[str]
    recipients: Recipients | None = None  # only for what many receive


class Chats:
    """One list per person for what is theirs alone, one shared list for what many received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._own: dict[int, list[Said]] = {}
        self._shared: list[Said] = []
        self._received = array("I")  # messages of the account that each person got
        self._unsent: set[str] = set()
        self._read: set[str] = set()
        self.loading_until: dict[int, float] = {}

    def add(self, index: int, how: str, body: bytes, message_ids: list[str], *, at_ms: int) -> None:
        with self._lock:
            said = Said(next(self._numbers), at_ms, how, body, message_ids)
            self._own.setdefault(index, []).append(said)
            if how != PERSON:
                self._count([index])
        if how != PERSON:
            self.loading_until.pop(index, None)

    def add_shared(self, recipients: Recipients, how: str, body: bytes, message_ids: list[str], *, at_ms: int) -> None:
        with self._lock:
            self._shared.append(Said(next(self._numbers), at_ms, how, body, message_ids, recipients))
            self._count(recipients)

    def _count(self, indexes: Any) -> None:
        received = self._received
        highest = max(indexes, default=-1)
        if highest >= len(received):
            received.extend(itertools.repeat(0, highest + 1 - len(received)))
        for index in indexes:
            received[index] += 1

    def unsend(self, message_id: str) -> None:
        self._unsent.add(message_id)

    def mark_read(self, token: str) -> bool:
        """Mark the message of a token as read; False if there is no such token."""
        message_id = identifiers.message_of_read_token(token)
        if message_id is None:
            return False
        self._read.add(message_id)
        return True

    def mark_all_read(self, index: int) -> None:
        with self._lock:
            for said in self._own.get(index, ()):
                self._read.update(said.message_ids)

    def shown(self, index: int, *, after: int = 0) -> list[dict[str, Any]]:
        """The messages of one chat in order, those after a number."""
        with self._lock:
            own = [said for said in self._own.get(index, ()) if said.number > after]
            shared = [said for said in self._shared if said.number > after]
        shared = [said for said in shared if said.recipients is not None and index in said.recipients]
        ordered = sorted(own + shared, key=lambda said: said.number)
        return [line for said in ordered for line in self._lines(said)]

    def _lines(self, said: Said) -> list[dict[str, Any]]:
        messages = json.loads(said.body)["messages"]
        return [
            {
                "number": said.number,
                "at_ms": said.at_ms,
                "from": PERSON if said.how == PERSON else "account",
                "how": said.how,
                "message_id": message_id,
                "unsent": message_id in self._unsent,
                "read": message_id in self._read,
                "message": message,
            }
            for message_id, message in zip(said.message_ids, messages, strict=True)
        ]

    def newest(self, index: int) -> dict[str, Any] | None:
        """The last line of a chat, for the list of chats."""
        with self._lock:
            own = self._own.get(index)
            newest = own[-1] if own else None
            shared = self._shared[-LOOKED_BACK:]
        for said in reversed(shared):
            if newest is not None and said.number < newest.number:
                break
            if said.recipients is not None and index in said.recipients:
                newest = said
                break
        return self._lines(newest)[-1] if newest is not None and newest.message_ids else None

    def people_by_count(self, everybody: int) -> dict[int, int]:
        """How many people got how many deliveries: {0: 3, 1: 997}."""
        with self._lock:
            counts: dict[int, int] = {}
            for received in self._received:
                counts[received] = counts.get(received, 0) + 1
            counts[0] = counts.get(0, 0) + everybody - len(self._received)
        return {number: people for number, people in sorted(counts.items()) if people}
