"""Who exists on the simulated LINE, who follows the account and who blocked it. Holds a million people."""

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

FOLLOWING = 1
BLOCKED = 2
EVER_FOLLOWED = 4
SILENT = 8  # notification messages are accepted and never arrive
REFUSES_NOTIFICATIONS = 16
NO_CONSENT = 32  # profile and follower list leave them out
DELETED = 64

USER_ID = re.compile(r"U[0-9a-f]{32}\Z")
PUSH_WINDOW_SECONDS = 7 * 24 * 3600  # a non-friend who wrote can be pushed to for seven days
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐"
GIVEN_NAMES = (
    "怡君",
    "志明",
    "雅婷",
    "俊傑",
    "淑芬",
    "家豪",
    "美玲",
    "建宏",
    "佳穎",
    "宗翰",
    "詩涵",
    "冠宇",
    "心怡",
    "承恩",
    "品妤",
)


@dataclass(slots=True)
class Details:
    """What is known about a person beyond being there. Most people have none."""

    name: str = ""
    language: str = "zh-TW"
    status_message: str = ""
    picture_url: str = ""
    phone: str = ""
    email: str = ""
    demographics: dict[str, str] | None = None


class People:
    """People by index: an id, a byte of flags, and details for the few that have any."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._lock = threading.RLock()
        self.ids: list[str] = []
        self.flags = bytearray()
        self.index_of: dict[str, int] = {}
        self._details: dict[int, Details] = {}
        self._wrote_at: dict[int, float] = {}
        self._by_phone: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def create(self, line_user_id: str = "", *, following: bool = False, details: Details | None = None) -> int:
        """Add a person and return the index; a person who exists gets the new details.

        Raises ValueError if the id is not U and 32 hexadecimal digits.
        """
        with self._lock:
            line_user_id = line_user_id or generated_id(self._seed, len(self.ids))
            if not USER_ID.match(line_user_id):
                raise ValueError("a user id is U followed by 32 hexadecimal digits")
            index = self.index_of.get(line_user_id)
            if index is None:
                index = self._append(line_user_id)
            if details is not None:
                self._set_details(index, details)
            if following:
                self.flags[index] |= FOLLOWING | EVER_FOLLOWED
            return index

    def create_many(self, count: int, *, following: bool) -> range:
        """Add `count` people with generated ids, quickly."""
        flag = FOLLOWING | EVER_FOLLOWED if following else 0
        with self._lock:
            first = len(self.ids)
            for number in range(first, first + count):
                line_user_id = generated_id(self._seed, number)
                self.index_of[line_user_id] = number
                self.ids.append(line_user_id)
            self.flags.extend(bytes([flag]) * count)
            return range(first, first + count)

    def _append(self, line_user_id: str) -> int:
        index = len(self.ids)
        self.ids.append(line_user_id)
        self.flags.append(0)
        self.index_of[line_user_id] = index
        return index

    def _set_details(self, index: int, details: Details) -> None:
        earlier = self._details.get(index)
        if earlier is not None and earlier.phone:
            self._by_phone.pop(phone_hash(earlier.phone), None)
        self._details[index] = details
        if details.phone:
            self._by_phone[phone_hash(details.phone)] = index

    def details(self, index: int) -> Details:
        known = self._details.get(index)
        if known is None:
            return Details(name=generated_name(self.ids[index]))
        if not known.name:
            known.name = generated_name(self.ids[index])
        return known

    def set_flag(self, index: int, flag: int, on: bool) -> bool:
        """Switch a flag; True if that changed anything."""
        with self._lock:
            before = self.flags[index]
            self.flags[index] = before | flag if on else before & ~flag
            return self.flags[index] != before

    def wrote(self, index: int, seconds: float) -> None:
        self._wrote_at[index] = seconds

    def is_friend(self, index: int) -> bool:
        return self.flags[index] & (FOLLOWING | BLOCKED | DELETED) == FOLLOWING

    def can_be_pushed(self, index: int, seconds: float) -> bool:
        """A friend, or somebody who wrote within seven days and did not block."""
        if self.is_friend(index):
            return True
        recently = seconds - self._wrote_at.get(index, float("-inf")) <= PUSH_WINDOW_SECONDS
        return recently and not self.flags[index] & (BLOCKED | DELETED)

    def can_be_seen(self, index: int, seconds: float) -> bool:
        """Whether LINE would give out the profile."""
        return self.can_be_pushed(index, seconds) and not self.flags[index] & NO_CONSENT

    def by_phone(self, hashed: str) -> int | None:
        return self._by_phone.get(hashed)

    def friends(self) -> list[int]:
        with self._lock:
            return [
                index for index, flag in enumerate(self.flags) if flag & (FOLLOWING | BLOCKED | DELETED) == FOLLOWING
            ]

    def known(self, line_user_ids: Iterable[str]) -> list[int]:
        """The indexes of those ids that exist, each once."""
        find = self.index_of.get
        return list({index for line_user_id in line_user_ids if (index := find(line_user_id)) is not None})

    def follower_page(self, start: int, limit: int) -> tuple[list[str], int | None]:
        """Ids of friends from position `start` on, and where the next page starts (None: no more)."""
        page: list[str] = []
        flags, ids, end = self.flags, self.ids, len(self.ids)
        for index in range(start, end):
            if flags[index] & (FOLLOWING | BLOCKED | DELETED | NO_CONSENT) == FOLLOWING:
                if len(page) == limit:
                    return page, index
                page.append(ids[index])
        return page, None

    def newest(self, count: int) -> Iterator[int]:
        """Indexes of the people added last, newest first."""
        return iter(range(len(self.ids) - 1, max(-1, len(self.ids) - 1 - count), -1))

    def with_details(self) -> Sequence[int]:
        """People who were made one by one, in the order of creation."""
        return sorted(self._details)

    def as_json(self, index: int) -> dict[str, Any]:
        details, flags = self.details(index), self.flags[index]
        return {
            "line_user_id": self.ids[index],
            "name": details.name,
            "language": details.language,
            "phone": details.phone,
            "status_message": details.status_message,
            "following": self.is_friend(index),
            "blocked": bool(flags & BLOCKED),
            "silent": bool(flags & SILENT),
            "refuses_notifications": bool(flags & REFUSES_NOTIFICATIONS),
            "consented": not flags & NO_CONSENT,
            "deleted": bool(flags & DELETED),
        }


def generated_id(seed: str, number: int) -> str:
    """The id of the person with this number: always the same for one seed."""
    return "U" + hashlib.md5(f"{seed}/{number}".encode(), usedforsecurity=False).hexdigest()


def generated_name(line_user_id: str) -> str:
    digits = int(line_user_id[1:9], 16)
    return SURNAMES[digits % len(SURNAMES)] + GIVEN_NAMES[digits // 64 % len(GIVEN_NAMES)]


def phone_hash(phone: str) -> str:
    """SHA-256 of a number in E.164 form, as notification messages are addressed."""
    return hashlib.sha256(phone.encode()).hexdigest()
