"""What happened with a friend comes in one order of time."""

from datetime import timedelta

from bot.database import Database
from bot.services import tags, timelines
from models import ChatMessage, ChatSource, FriendshipChange, FriendshipKind, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_tag


def test_friendship_tags_and_chat_come_together_page_by_page(db: Database) -> None:
    with db.begin() as session:
        friend, stranger = make_friend(session), make_friend(session)
        for minute in range(3):
            at = NOW + timedelta(minutes=minute)
            for one in (friend, stranger):
                session.add(FriendshipChange(friend_id=one.id, kind=FriendshipKind.FOLLOWED, happened_at=at))
                said = {"kind": "text", "text": f"第 {minute} 句", "said_at": at, "source": ChatSource.FRIEND}
                session.add(ChatMessage(friend_id=one.id, **said))
            tag = make_tag(session, f"標籤 {minute}")
            tags.put(session, [friend.id, stranger.id], [tag.id], source=TagSource.STAFF, source_id=1, now=at)

    for size in (1, 2, 4, 50):
        seen: list[tuple[str, int]] = []
        after = None
        with db() as session:
            while found := timelines.page(session, friend.id, limit=size, after=after):
                assert all(happening.entry.friend_id == friend.id for happening in found)
                seen += [(type(one.entry).__name__, (one.place.at - NOW).seconds // 60) for one in found]
                after = found[-1].place
        assert seen == [
            (kind, minute) for minute in (2, 1, 0) for kind in ("ChatMessage", "FriendTag", "FriendshipChange")
        ]
