"""Pictures, films and sounds that people sent: LINE keeps them for a while."""

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class Content:
    media_type: str
    data: bytes
    gone: bool = False  # unsent by the person


class Contents:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_message: dict[str, Content] = {}

    def put(self, message_id: str, media_type: str, data: bytes) -> None:
        with self._lock:
            self._by_message[message_id] = Content(media_type, data)

    def get(self, message_id: str) -> Content | None:
        return self._by_message.get(message_id)

    def unsend(self, message_id: str) -> None:
        content = self._by_message.get(message_id)
        if content is not None:
            content.gone = True
