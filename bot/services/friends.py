"""Friends: found, made known, their friendship kept true, their attributes and profiles."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError, NotFoundError
from bot.gateways.line import Profile
from bot.rules import rosters
from bot.rules.keywords import fold
from bot.rules.rosters import Evidence, Friendship
from bot.services import audit
from bot.services.audit import Actor
from models import ActorKind, Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState

MOST_ATTRIBUTES = 200
LONGEST_ATTRIBUTE = 1000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps no NUL, and a lone surrogate is no text

LOCK = (  # built once: every batch of events runs it
    select(Friend)
    .where(Friend.line_user_id.in_(bindparam("line_user_ids", expanding=True)))
    .order_by(Friend.id)
    .with_for_update(key_share=True)  # whoever puts a tag on a friend, or promises something, need not wait
)


def find_friend(session: Session, line_user_id: str) -> Friend | None:
    """Return the person LINE knows by this id, if we ever heard of them."""
    return session.scalar(select(Friend).where(Friend.line_user_id == line_user_id))


def get_friend(session: Session, friend_id: int) -> Friend:
    """Return one friend. Raises NotFoundError."""
    friend = session.get(Friend, friend_id)
    if friend is None:
        raise NotFoundError("找不到這位好友。")
    return friend


def lock(session: Session, line_user_ids: Iterable[str], *, now: datetime) -> dict[str, Friend]:
    """Return the rows of these people by LINE user id, locked until the commit; unknown people get one."""
    wanted = sorted(set(line_user_ids))  # one order for everybody, so that two processes never wait for each other
    friends = _select_locked(session, wanted)
    missing = [line_user_id for line_user_id in wanted if line_user_id not in friends]
    if missing:
        insert_unknown(session, missing, now=now)
        friends |= _select_locked(session, missing)
    return friends


def insert_unknown(session: Session, line_user_ids: Sequence[str], *, now: datetime, **columns: object) -> None:
    """Add rows for people we have not heard of; those who are known stay as they are."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"state": FriendState.UNKNOWN, "is_returning": False, "profile_attempts": 0, "attributes": {}}
    session.execute(
        insert(Friend).on_conflict_do_nothing(index_elements=["line_user_id"]),
        [
            {"line_user_id": line_user_id, "created_at": now, "profile_due_at": now, **fresh, **columns}
            for line_user_id in line_user_ids
        ],
    )


def _select_locked(session: Session, line_user_ids: Sequence[str]) -> dict[str, Friend]:
    rows = session.scalars(LOCK, {"line_user_ids": list(line_user_ids)})
    return {friend.line_user_id: friend for friend in rows}


def take_in(friend: Friend, evidence: Evidence) -> Friendship:
    """Let evidence change the friend's row (locked by the caller). Returns what was known before."""
    before = friendship_of(friend)
    after = rosters.weigh(before, evidence)
    friend.state, friend.state_at, friend.proof = after.state, after.state_at, after.proof
    friend.first_followed_at, friend.last_follow_at = after.first_followed_at, after.last_follow_at
    friend.unfollowed_at, friend.followed_at = after.unfollowed_at, after.followed_at
    return before


def friendship_of(friend: Friend) -> Friendship:
    """What is known of this person's friendship."""
    return Friendship(
        state=friend.state,
        state_at=friend.state_at,
        proof=friend.proof,
        first_followed_at=friend.first_followed_at,
        last_follow_at=friend.last_follow_at,
        unfollowed_at=friend.unfollowed_at,
    )


def follow(session: Session, friend: Friend, *, at: datetime, is_unblocked: bool, now: datetime) -> bool:
    """Take in a follow event. True if somebody is there to be greeted: nothing newer undid it."""
    before = take_in(friend, Evidence(is_friend=True, at=at, proof=FriendProof.FOLLOW_EVENT))
    returned = is_unblocked or (before.first_followed_at is not None and before.first_followed_at < at)
    if friend.followed_at == at:
        friend.is_returning = returned
        friend.tracked_link_id = None
    friend.profile_due_at = now
    session.add(
        FriendshipChange(friend_id=friend.id, kind=FriendshipKind.FOLLOWED, happened_at=at, is_returning=returned)
    )
    return not rosters.is_superseded(before, at)


def unfollow(session: Session, friend: Friend, *, at: datetime) -> None:
    """Take in an unfollow event."""
    take_in(friend, Evidence(is_friend=False, at=at, proof=FriendProof.UNFOLLOW_EVENT))
    session.add(
        FriendshipChange(
            friend_id=friend.id,
            kind=FriendshipKind.UNFOLLOWED,
            happened_at=at,
            tracked_link_id=friend.tracked_link_id,
        )
    )


def prove_by_login(session: Session, line_user_id: str, *, is_friend: bool, at: datetime, now: datetime) -> Friend:
    """Take in what LINE Login says of the friendship at the moment `at`; returns the friend."""
    friend = lock(session, [line_user_id], now=now)[line_user_id]
    take_in(friend, Evidence(is_friend=is_friend, at=at, proof=FriendProof.LOGIN))
    return friend


def set_attributes(
    session: Session, friend: Friend, attributes: Mapping[str, Any], *, by: Actor, now: datetime
) -> None:
    """Set some attributes; None removes one. Raises InvalidInputError and changes nothing if one cannot be kept.

    What a friend's own answers fill is told by those answers, not again in the log of what staff did.
    """
    faults = [fault for name, value in attributes.items() if (fault := _attribute_fault(name, value))]
    after = {name: value for name, value in (friend.attributes | dict(attributes)).items() if value is not None}
    if len(after) > MOST_ATTRIBUTES:
        faults.append(FieldFault("attributes", "一位好友最多 %(most)s 個屬性。", (("most", MOST_ATTRIBUTES),)))
    if faults:
        raise InvalidInputError(faults)
    changes = audit.changed(friend.attributes, after | {name: after.get(name) for name in attributes})
    if changes:
        friend.attributes = after
    if changes and by.kind is not ActorKind.QUIZ:
        audit.record(session, by, "update", "friend", friend.id, now=now, changes=changes)


def _attribute_fault(name: str, value: object) -> FieldFault | None:
    place = f"attributes.{name}"
    if not name.strip() or len(name) > 60 or "\x00" in name:
        return FieldFault(place, "屬性名稱要有 1 到 60 個字。")
    if value is not None and not isinstance(value, str | int | float | bool):
        return FieldFault(place, "屬性的值要是文字、數字或是非。")
    if isinstance(value, float) and not math.isfinite(value):
        return FieldFault(place, "屬性的值要是一個數字。")
    if isinstance(value, str) and (len(value) > LONGEST_ATTRIBUTE or not _is_storable(value)):
        return FieldFault(place, "屬性的值最多 %(most)s 個字。", (("most", LONGEST_ATTRIBUTE),))
    return None


def _is_storable(text: str) -> bool:
    return UNSTORABLE.search(text) is None


def set_profile(friend: Friend, profile: Profile | None, *, now: datetime) -> None:
    """Keep what LINE shows of a person; None (blocked, gone) keeps what was known. No proof of friendship."""
    friend.profile_due_at = None
    friend.profile_attempts = 0
    friend.profile_fetched_at = now
    if profile is not None:
        for column, value in name_columns(profile.display_name).items():
            setattr(friend, column, value)
        friend.picture_url, friend.language = _storable(profile.picture_url), _storable(profile.language)
        friend.status_message = _storable(profile.status_message)


def _storable(given: object) -> str | None:
    """What of a text from outside every database can keep; None for what is no text at all."""
    return UNSTORABLE.sub("", given) if isinstance(given, str) else None


def name_columns(display_name: str) -> dict[str, str]:
    """Return the columns a name is kept in: as shown, folded for the search, and cut for PostgreSQL's index."""
    shown = unicodedata.normalize("NFC", _storable(display_name) or "")
    folded = fold(shown)
    return {"display_name": shown, "folded_name": folded, "name_grams": " ".join(sorted(grams_of(folded)))}


def grams_of(folded: str) -> set[str]:
    """The characters and the pairs of neighbouring characters of a folded name, without spaces."""
    words = folded.split()
    singles = {character for word in words for character in word}
    pairs = {word[at : at + 2] for word in words for at in range(len(word) - 1)}
    return singles | pairs
