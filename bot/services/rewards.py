"""What friends were promised: points to be issued, or gifts that staff hand over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import FieldFault
from bot.messages.shapes import is_encodable
from models import RewardCause, RewardPromise

MOST_POINTS = 1_000_000
LONGEST_TEXT = 200


def promise(
    session: Session,
    friend_id: int,
    *,
    cause: RewardCause,
    cause_id: int,
    cause_key: str,
    reward: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Note what a friend is owed, in the transaction of the cause. False if this cause was promised before."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = (
        insert(RewardPromise)
        .values(
            cause_key=cause_key,
            friend_id=friend_id,
            cause=cause,
            cause_id=cause_id,
            reward=dict(reward),
            promised_at=now,
        )
        .on_conflict_do_nothing(index_elements=["cause_key"])
        .returning(RewardPromise.id)
    )
    return session.scalar(row) is not None


def faults_of_reward(reward: object, *, root: str) -> list[FieldFault]:
    """Return what is wrong with a reward as staff wrote it: `{"points": 30}` or `{"text": "門市領取贈品"}`."""
    if not isinstance(reward, Mapping) or set(reward) not in ({"points"}, {"text"}):
        return [FieldFault(root, "獎勵只能填點數，或填一段說明文字。")]
    if "points" in reward:
        return _faults_of_points(reward["points"], f"{root}.points")
    return _faults_of_text(reward["text"], f"{root}.text")


def _faults_of_points(points: object, place: str) -> list[FieldFault]:
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
        return [FieldFault(place, "點數要是 1 到 %(most)s 之間的整數。", (("most", MOST_POINTS),))]
    return []


def _faults_of_text(text: object, place: str) -> list[FieldFault]:
    if not isinstance(text, str) or not text.strip():
        return [FieldFault(place, "請填寫獎勵的說明文字。")]
    if len(text) > LONGEST_TEXT:
        return [FieldFault(place, "獎勵說明最多 %(most)s 個字。", (("most", LONGEST_TEXT),))]
    if "\x00" in text or not is_encodable(text):
        return [FieldFault(place, "文字含有無法使用的字元。")]
    return []
