"""Who wears which tag, since when and until when."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.database import Database
from bot.services import friend_lists, friend_tags, tags
from bot.services.audit import Actor
from models import ActorKind, AuditEntry, FriendTag, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_tag

SHOP = Actor(ActorKind.API, 3, "shop")
LATER = NOW + timedelta(hours=1)


def test_the_first_who_put_a_tag_there_stays_named(db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
        first = tags.put(session, [friend.id], [tag.id], source=TagSource.KEYWORD_RULE, source_id=5, now=NOW)
        again = tags.put(session, [friend.id], [tag.id], source=TagSource.STAFF, source_id=9, now=LATER)

        assert first == [(friend.id, tag.id)]
        assert again == []
        (worn,) = tags.tags_of(session, friend.id, now=NOW)
        assert (worn.source, worn.source_id, worn.tagged_at, worn.tag.name) == (
            TagSource.KEYWORD_RULE,
            5,
            NOW,
            "嬰兒副食品",
        )


def test_many_friends_get_many_tags_in_one_go_and_the_unknown_are_passed_over(db: Database) -> None:
    with db.begin() as session:
        friend_ids = [make_friend(session).id for _ in range(30)]
        tag_ids = [make_tag(session, name).id for name in "甲乙丙"]
        new = tags.put(
            session, [*friend_ids, 10**9], [*tag_ids, 10**6], source=TagSource.IMPORT, source_id=None, now=NOW
        )
        assert len(new) == 90
        assert tags.put(session, friend_ids, [], source=TagSource.IMPORT, source_id=None, now=NOW) == []
        assert tags.put(session, [], tag_ids, source=TagSource.IMPORT, source_id=None, now=NOW) == []
        assert tags.count_friends(session, now=NOW) == dict.fromkeys(tag_ids, 30)


def test_of_two_ends_the_later_one_holds_and_without_end_holds_longest(db: Database) -> None:
    def put(expires_at: datetime | None) -> datetime | None:
        with db.begin() as session:
            tags.put(session, [friend.id], [tag.id], source=TagSource.API, source_id=3, now=NOW, expires_at=expires_at)
        with db() as session:
            return session.scalars(select(FriendTag.expires_at)).one()

    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
    assert put(LATER) == LATER
    assert put(NOW + timedelta(minutes=1)) == LATER
    assert put(LATER + timedelta(days=1)) == LATER + timedelta(days=1)
    assert put(None) is None
    assert put(LATER) is None


def test_a_tag_goes_when_its_end_has_come(db: Database) -> None:
    with db.begin() as session:
        friends = [make_friend(session).id for _ in range(3)]
        short, long = make_tag(session, "短"), make_tag(session, "長")
        tags.put(session, friends, [short.id], source=TagSource.API, source_id=3, now=NOW, expires_at=LATER)
        tags.put(session, friends, [long.id], source=TagSource.API, source_id=3, now=NOW)

    assert tags.expire_due(db, NOW) == 0
    assert tags.expire_due(db, LATER) == 3
    with db() as session:
        assert set(session.scalars(select(FriendTag.tag_id))) == {long.id}


def test_a_hand_that_puts_and_takes_a_tag_is_in_the_audit_log(db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
        assert tags.give(session, friend.id, tag.id, by=SHOP, now=NOW)
        assert not tags.give(session, friend.id, tag.id, by=SHOP, now=NOW)
        assert tags.tags_of(session, friend.id, now=NOW)[0].source is TagSource.API
        assert tags.take(session, friend.id, tag.id, by=SHOP, now=NOW)
        assert not tags.take(session, friend.id, tag.id, by=SHOP, now=NOW)

        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.action, entry.subject, entry.subject_id) for entry in entries] == [
            ("tag", "friend", str(friend.id)),
            ("untag", "friend", str(friend.id)),
        ]


def test_the_tags_of_a_page_of_friends_come_newest_first(db: Database) -> None:
    with db.begin() as session:
        friend, other = make_friend(session), make_friend(session)
        old, new = make_tag(session, "舊"), make_tag(session, "新")
        tags.put(session, [friend.id], [old.id], source=TagSource.STAFF, source_id=1, now=NOW)
        tags.put(session, [friend.id], [new.id], source=TagSource.STAFF, source_id=1, now=LATER)

        worn = friend_tags.tags_of_many(session, [friend.id, other.id], now=NOW)
        assert [one.tag.name for one in worn[friend.id]] == ["新", "舊"]
        assert worn[other.id] == []


def test_a_count_beyond_the_counted_is_estimated_and_never_less(db: Database) -> None:
    with db.begin() as session:
        friend_ids = [make_friend(session).id for _ in range(friend_tags.COUNTED + 200)]
        big, small = make_tag(session, "多"), make_tag(session, "少")
        tags.put(session, friend_ids, [big.id], source=TagSource.IMPORT, source_id=None, now=NOW)
        tags.put(session, friend_ids[:7], [small.id], source=TagSource.IMPORT, source_id=None, now=NOW)
        unused = make_tag(session, "無")
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    with db() as session:
        counts = tags.count_friends(session, now=NOW)
    assert counts[small.id] == 7
    assert counts[unused.id] == 0
    assert counts[big.id] >= friend_tags.COUNTED


def test_a_tag_is_off_at_its_end_before_the_job_has_removed_it(db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
        tags.put(session, [friend.id], [tag.id], source=TagSource.API, source_id=3, now=NOW, expires_at=LATER)

    with db.begin() as session:
        for moment, is_worn in ((LATER - timedelta(seconds=1), True), (LATER, False)):
            assert bool(tags.tags_of(session, friend.id, now=moment)) is is_worn
            assert tags.count_friends(session, now=moment) == {tag.id: int(is_worn)}
            assert bool(friend_lists.page(session, limit=5, tag_id=tag.id, now=moment).items) is is_worn
            assert bool(friend_tags.take_from_many(session, [friend.id], [tag.id], now=LATER)) is False
        assert tags.take(session, friend.id, tag.id, by=SHOP, now=LATER) is False


def test_a_tag_put_on_again_after_its_end_is_a_new_one(db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
        tags.put(session, [friend.id], [tag.id], source=TagSource.API, source_id=3, now=NOW, expires_at=LATER)

    after = LATER + timedelta(minutes=1)
    with db.begin() as session:
        new = tags.put(session, [friend.id], [tag.id], source=TagSource.QUIZ, source_id=8, now=after, detail="skin:dry")
        assert new == [(friend.id, tag.id)]
    with db() as session:
        (worn,) = tags.tags_of(session, friend.id, now=after)
        assert (worn.source, worn.source_id, worn.source_detail) == (TagSource.QUIZ, 8, "skin:dry")
        assert (worn.tagged_at, worn.expires_at) == (after, None)


def test_a_hand_puts_an_ended_tag_on_anew(db: Database) -> None:
    with db.begin() as session:
        friend, tag = make_friend(session), make_tag(session)
        tags.put(session, [friend.id], [tag.id], source=TagSource.QUIZ, source_id=8, now=NOW, expires_at=LATER)
    with db.begin() as session:
        assert tags.give(session, friend.id, tag.id, by=SHOP, now=LATER) is True
        (worn,) = tags.tags_of(session, friend.id, now=LATER)
        assert (worn.source, worn.tagged_at, worn.expires_at) == (TagSource.API, LATER, None)


def test_tags_are_taken_off_many_friends_at_once(db: Database) -> None:
    with db.begin() as session:
        friend_ids = [make_friend(session).id for _ in range(4)]
        first, second = make_tag(session, "一"), make_tag(session, "二")
        tags.put(session, friend_ids[:2], [first.id], source=TagSource.API, source_id=3, now=NOW)
        tags.put(session, friend_ids[1:3], [second.id], source=TagSource.API, source_id=3, now=NOW)
        taken = friend_tags.take_from_many(session, friend_ids, [first.id, second.id], now=NOW)
        assert taken == set(friend_ids[:3])
        assert tags.count_friends(session, now=NOW) == {first.id: 0, second.id: 0}
