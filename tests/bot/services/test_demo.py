"""The sample brand and its made-up friends."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.database import Database
from bot.messages import check
from bot.services import demo, demo_brand, demo_friends, greetings, keyword_rules, quizzes
from models import Friend, FriendshipChange, FriendState, FriendTag, KeywordRule, Staff, TrackedLink

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")


def test_the_sample_brand_answers_its_keywords(db: Database) -> None:
    made = demo.seed_brand(db, now=NOW)
    assert made.rules == len(demo_brand.RULES)
    with db() as session:
        for sentence, name in (
            ("請問寶寶粥怎麼煮", "副食品食譜"),
            ("營業時間", "營業時間"),
            ("有折扣嗎？", "本月優惠"),
            ("訂單 12345678", "查詢訂單"),
        ):
            trial = keyword_rules.try_text(session, sentence, zone=TAIPEI, now=NOW)
            assert trial.rule is not None
            assert trial.rule.name == name
        assert not check(greetings.get_greeting(session).new_friend)


def test_the_sample_quiz_is_started_by_the_button_of_the_greeting(db: Database) -> None:
    demo.seed_brand(db, now=NOW)
    demo.seed_brand(db, now=NOW)
    with db() as session:
        [quiz] = quizzes.list_quizzes(session)
        says = {
            item["action"].get("text") for item in greetings.get_greeting(session).new_friend[-1]["quickReply"]["items"]
        }
        [word] = says & {keyword["text"] for keyword in quiz.start_keywords}
        trial = keyword_rules.try_text(session, word, zone=TAIPEI, now=NOW)
        assert trial.rule is None
        assert trial.play is not None
        assert trial.play.id == quiz.id
        assert quizzes.warnings(quizzes.content_of(session, quiz)) == []


def test_seeding_again_adds_nothing_and_changes_nothing(db: Database) -> None:
    first = demo.seed_brand(db, now=NOW)
    with db.begin() as session:
        session.scalars(select(KeywordRule)).first().enabled = False  # type: ignore[union-attr]
    second = demo.seed_brand(db, now=NOW)
    assert first.password is not None
    assert (second.rules, second.tags, second.password) == (0, 0, None)
    with db() as session:
        assert session.scalar(select(func.count()).select_from(KeywordRule).where(~KeywordRule.enabled)) == 1
        assert session.scalar(select(func.count()).select_from(Staff)) == 1
        assert session.scalar(select(func.count()).select_from(TrackedLink)) == len(demo_brand.LINKS)


def test_made_up_friends_have_names_states_tags_and_a_history(db: Database) -> None:
    demo.seed_brand(db, now=NOW)
    assert demo_friends.add_friends(db, 1000, now=NOW) == 1000
    with db() as session:
        states = dict(session.execute(select(Friend.state, func.count()).group_by(Friend.state)).all())
        assert states == {FriendState.FOLLOWING: 850, FriendState.NOT_FOLLOWING: 120, FriendState.UNKNOWN: 30}
        assert session.scalar(select(func.count()).select_from(FriendshipChange)) == 970
        assert session.scalar(select(func.count()).select_from(FriendTag)) == 2000
        friend = session.scalars(select(Friend).where(Friend.state == FriendState.FOLLOWING)).first()
        assert friend is not None
        assert friend.display_name
        assert friend.name_grams
        assert friend.attributes == {}
        assert friend.state_at is not None
        assert friend.state_at <= NOW


def test_more_friends_are_added_to_those_who_are_there(db: Database) -> None:
    demo_friends.add_friends(db, 30, now=NOW)
    assert demo_friends.add_friends(db, 30, now=NOW) == 0
    assert demo_friends.add_friends(db, 50, now=NOW) == 20
