"""A segment's friends as rows of a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.database import Database
from bot.services import friend_tags, segments
from models import Friend

HEAD = ("LINE 使用者 ID", "名稱", "加入時間", "最後互動", "標籤")
SLICE = 2_000
MOMENT = "%Y/%m/%d %H:%M"

Row = tuple[str, ...]


def slices(db: Database, conditions: Any, *, now: datetime, zone: ZoneInfo) -> Iterator[list[Row]]:
    """Yield the rows of all the friends for whom conditions hold, in the order of their ids, a slice at a time."""
    found = segments.stream(db, conditions, now=now, slice_of=SLICE)
    while some := [friend_id for friend_id, _ in islice(found, SLICE)]:
        yield _rows(db, some, now, zone)


def _rows(db: Database, friend_ids: Sequence[int], now: datetime, zone: ZoneInfo) -> list[Row]:
    with db() as session:
        friends = session.scalars(select(Friend).where(Friend.id.in_(friend_ids)).order_by(Friend.id)).all()
        worn = friend_tags.tags_of_many(session, friend_ids, now=now)
    return [
        (
            friend.line_user_id,
            friend.display_name or "",
            _shown(friend.followed_at, zone),
            _shown(friend.last_contact_at, zone),
            "、".join(one.tag.name for one in worn[friend.id]),
        )
        for friend in friends
    ]


def _shown(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime(MOMENT) if moment else ""
