"""Two tags become one, and nothing that was known of either is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import InvalidInputError, NotFoundError
from bot.services import auto_replies, greetings, segments, tag_merges, tags, tracked_links
from bot.services.audit import OPERATOR, Actor
from models import (
    ActorKind,
    AuditEntry,
    Friend,
    FriendState,
    FriendTag,
    Game,
    GameKind,
    Greeting,
    KeywordRule,
    Prize,
    Quiz,
    QuizVersion,
    ReferralProgram,
    Segment,
    SegmentVersion,
    TagMerge,
    TagSource,
)
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag, text

STAFF = Actor(ActorKind.STAFF, 7, "小美")
BEFORE, LATER = NOW - timedelta(days=3), NOW + timedelta(days=3)


def put(db: Database, friend_id: int, tag_id: int, source_id: int, at: datetime, end: datetime | None = None) -> None:
    with db.begin() as session:
        tags.put(session, [friend_id], [tag_id], source=TagSource.QUIZ, source_id=source_id, now=at, expires_at=end)


def test_friends_go_over_with_the_earlier_source_and_the_later_end(db: Database) -> None:
    with db.begin() as session:
        first, second = make_tag(session, "寶寶"), make_tag(session, "嬰兒")
        only_first, both_first, both_second, only_second, ended = (make_friend(session).id for _ in range(5))
    put(db, only_first, first.id, 1, BEFORE, LATER)
    put(db, both_first, first.id, 2, BEFORE)
    put(db, both_first, second.id, 3, NOW, LATER)
    put(db, both_second, first.id, 4, NOW, LATER)
    put(db, both_second, second.id, 5, BEFORE, LATER + timedelta(days=1))
    put(db, only_second, second.id, 6, BEFORE)
    put(db, ended, first.id, 7, BEFORE, NOW)

    left = tag_merges.merge(db, first.id, into_id=second.id, by=STAFF, now=NOW)

    assert left.name == "嬰兒"
    with db() as session:
        worn = session.execute(
            select(
                FriendTag.friend_id, FriendTag.tag_id, FriendTag.source_id, FriendTag.tagged_at, FriendTag.expires_at
            )
        ).all()
        assert sorted(tuple(row) for row in worn) == [
            (only_first, second.id, 1, BEFORE, LATER),
            (both_first, second.id, 2, BEFORE, None),
            (both_second, second.id, 5, BEFORE, LATER + timedelta(days=1)),
            (only_second, second.id, 6, BEFORE, None),
        ]
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject, entry.changes["name"]) == ("merge", "tag", ["寶寶", "嬰兒"])
        with pytest.raises(NotFoundError):
            tags.get_tag(session, first.id)


def test_everything_that_named_the_first_tag_names_the_second(db: Database) -> None:
    with db.begin() as session:
        old, new, other = (make_tag(session, name) for name in ("舊", "新", "別的"))
        rule = make_rule(session, "優惠", tags=[other.id, old.id, new.id])
        greetings.set_greeting(
            session, new_friend=[text("歡迎")], returning_friend=[], tags=[old.id], by=OPERATOR, now=NOW
        )
        link = tracked_links.create(session, name="海報", tags=[old.id], by=OPERATOR, now=NOW)
        conditions = {"all": [{"not": {"tag": old.id}}, {"any": [{"tag": other.id}, {"tag": old.id}]}]}
        segment = Segment(name="媽媽", conditions=conditions, created_at=NOW, updated_at=NOW)
        quiz = Quiz(code="q", name="膚質", created_at=NOW, updated_at=NOW)
        game = Game(code="g", name="轉盤", kind=GameKind.WHEEL, created_at=NOW, updated_at=NOW)
        program = ReferralProgram(code="r", name="邀請", inviter_tags=[old.id], created_at=NOW, updated_at=NOW)
        program.invited_tags, program.steps = [other.id], [{"friends": 3, "tags": [old.id], "reward": None}]
        session.add_all([segment, quiz, game, program])
        session.flush()
        session.add(SegmentVersion(segment_id=segment.id, number=1, conditions=conditions, created_at=NOW))
        questions = [{"key": "q1", "choices": [{"key": "a", "tags": [old.id]}, {"key": "b"}]}, {"key": "q2"}]
        results = [{"key": "r1", "tags": [old.id, other.id]}]
        session.add(QuizVersion(quiz_id=quiz.id, number=1, questions=questions, results=results, created_at=NOW))
        session.add(Prize(game_id=game.id, position=0, name="獎", odds=1, tags=[old.id]))

    tag_merges.merge(db, old.id, into_id=new.id, by=STAFF, now=NOW)

    with db() as session:
        assert session.get_one(KeywordRule, rule.id).tags == [other.id, new.id]
        assert session.get_one(Greeting, 1).tags == [new.id]
        assert tracked_links.get_link(session, link.id).tags == [new.id]
        moved = {"all": [{"not": {"tag": new.id}}, {"any": [{"tag": other.id}, {"tag": new.id}]}]}
        kept = session.get_one(Segment, segment.id)
        assert (kept.conditions, kept.version) == (moved, 1)
        assert session.scalars(select(SegmentVersion.conditions)).one() == moved
        version = session.scalars(select(QuizVersion)).one()
        assert version.questions[0]["choices"] == [{"key": "a", "tags": [new.id]}, {"key": "b"}]
        assert version.results == [{"key": "r1", "tags": [new.id, other.id]}]
        assert session.scalars(select(Prize.tags)).one() == [new.id]
        brought = session.scalars(select(ReferralProgram)).one()
        assert (brought.inviter_tags, brought.invited_tags, brought.steps[0]["tags"]) == (
            [new.id],
            [other.id],
            [new.id],
        )


def test_a_rule_that_answers_those_who_wear_a_tag_answers_them_after_its_merge(db: Database) -> None:
    with db.begin() as session:
        old, new, friend = make_tag(session, "舊會員"), make_tag(session, "會員"), make_friend(session)
        segment = segments.create(session, "會員", {"tag": old.id}, by=STAFF, now=NOW)
        make_rule(session, "優惠", answer="會員價", segment_id=segment.id)
    put(db, friend.id, old.id, 1, NOW)
    book = auto_replies.AnswerBook(ZoneInfo("Asia/Taipei"))
    book.known(db)

    tag_merges.merge(db, old.id, into_id=new.id, by=STAFF, now=NOW)

    with db() as session, pytest.raises(auto_replies.OutdatedError):
        auto_replies.check(session, book.known(db))
    with db() as session:
        answer = book.refresh(db).answer(session, "優惠", session.get_one(Friend, friend.id), now=NOW)
    assert isinstance(answer, auto_replies.Said)
    assert answer.messages == [text("會員價")]


def test_whoever_still_knows_the_old_id_means_the_tag_it_became(db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        first, second, third = (make_tag(session, name) for name in "甲乙丙")
    tag_merges.merge(db, first.id, into_id=second.id, by=STAFF, now=NOW)
    tag_merges.merge(db, second.id, into_id=third.id, by=STAFF, now=NOW)

    put(db, friend.id, first.id, 1, NOW)
    with db.begin() as session:
        assert [worn.tag_id for worn in tags.tags_of(session, friend.id, now=NOW)] == [third.id]
        assert tags.resolve(session, [first.id, second.id, "丙"], by=STAFF, now=NOW) == [third.id]
    tags.delete(db, third.id, by=STAFF, now=NOW)
    put(db, friend.id, first.id, 1, NOW)
    with db() as session:
        assert tags.tags_of(session, friend.id, now=NOW) == []
        assert session.scalars(select(TagMerge)).all() == []


def test_a_merge_may_be_asked_for_twice_but_not_into_itself_or_nothing(db: Database) -> None:
    with db.begin() as session:
        first, second = make_tag(session, "一"), make_tag(session, "二")
    with pytest.raises(InvalidInputError):
        tag_merges.merge(db, first.id, into_id=first.id, by=STAFF, now=NOW)
    for wrong in (99, 0, 2**40):
        with pytest.raises(NotFoundError):
            tag_merges.merge(db, first.id, into_id=wrong, by=STAFF, now=NOW)
        with pytest.raises(NotFoundError):
            tag_merges.merge(db, wrong, into_id=first.id, by=STAFF, now=NOW)
    for _ in range(2):
        assert tag_merges.merge(db, first.id, into_id=second.id, by=STAFF, now=NOW).id == second.id
    with db() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1


class KilledError(Exception):
    """The process is gone."""


class Mortal(Database):
    """A database under a process that dies before one of its writes."""

    def __init__(self, engine: Engine, writes: int) -> None:
        super().__init__(engine)
        self.writes = writes

    @contextmanager
    def begin(self) -> Iterator[Session]:
        if not self.writes:
            raise KilledError
        self.writes -= 1
        with super().begin() as session:
            yield session


def test_a_merge_that_was_killed_anywhere_is_finished_by_the_next_call(db: Database) -> None:
    with db.begin() as session:
        friends = [make_friend(session).id for _ in range(3)]
        rule = make_rule(session, "優惠")
    for writes in range(30):
        with db.begin() as session:
            old, new = make_tag(session, f"舊{writes}"), make_tag(session, f"新{writes}")
            tags.put(session, friends, [old.id], source=TagSource.STAFF, source_id=1, now=NOW)
            session.get_one(KeywordRule, rule.id).tags = [old.id]
        try:
            tag_merges.merge(Mortal(db.engine, writes), old.id, into_id=new.id, by=STAFF, now=NOW)
        except KilledError:
            with db() as session:
                assert tags.get_tag(session, old.id).name == f"舊{writes}"
                worn = set(session.scalars(select(FriendTag.friend_id).where(FriendTag.tag_id.in_([old.id, new.id]))))
                assert worn == set(friends)
            tag_merges.merge(db, old.id, into_id=new.id, by=STAFF, now=NOW)
            was_killed = True
        else:
            was_killed = False
        with db() as session:
            worn_new = select(FriendTag.friend_id).where(FriendTag.tag_id == new.id)
            assert sorted(session.scalars(worn_new)) == friends
            assert session.get_one(KeywordRule, rule.id).tags == [new.id]
        if not was_killed:
            break
    assert writes > 5


def test_what_is_put_on_during_the_merge_is_not_lost(db: Database) -> None:
    """Thousands move in slices while others put the old tag on friends of their own."""
    same = {"state": FriendState.FOLLOWING, "attributes": {}, "is_returning": False, "profile_attempts": 0}
    with db.begin() as session:
        first, second = make_tag(session, "一"), make_tag(session, "二")
        people = [{"line_user_id": f"Uc{number:031x}", "created_at": NOW, **same} for number in range(5_000)]
        session.execute(insert(Friend), people)
        everybody = list(session.scalars(select(Friend.id).order_by(Friend.id)))
        early, late = everybody[:4_500], everybody[4_500:]
        tags.put(session, early, [first.id], source=TagSource.IMPORT, source_id=None, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        merging = pool.submit(tag_merges.merge, db, first.id, into_id=second.id, by=STAFF, now=NOW)
        putting = [pool.submit(put, db, friend_id, first.id, 1, NOW) for friend_id in late]
        merging.result()
        for done in putting:
            done.result()

    with db() as session:
        worn = session.execute(select(FriendTag.friend_id, FriendTag.tag_id).order_by(FriendTag.friend_id)).all()
        assert [tuple(row) for row in worn] == [(friend_id, second.id) for friend_id in everybody]
