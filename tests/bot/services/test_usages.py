"""Nothing is deleted under whatever uses it, and the refusal names the users."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError
from bot.services import keyword_rules, tags, tracked_links, usages
from bot.services.audit import OPERATOR
from models import (
    AttemptState,
    FallbackAnswer,
    Game,
    GameKind,
    KeywordRule,
    PlayedIn,
    Prize,
    Quiz,
    QuizAttempt,
    QuizVersion,
    ReferralProgram,
    Segment,
    UploadedList,
)
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag, set_greeting, text


def add_segment(session: Session, name: str, conditions: dict[str, Any]) -> Segment:
    segment = Segment(name=name, conditions=conditions, created_at=NOW, updated_at=NOW)
    session.add(segment)
    session.flush()
    return segment


def add_quiz(session: Session, *versions: list[int], code: str = "skin", name: str = "膚質測驗") -> Quiz:
    """A quiz whose versions put these tags on friends, the newest last."""
    quiz = Quiz(code=code, name=name, version=len(versions), created_at=NOW, updated_at=NOW)
    session.add(quiz)
    session.flush()
    for number, tag_ids in enumerate(versions, 1):
        questions = [{"key": "q1", "choices": [{"key": "a", "tags": tag_ids[:1]}]}]
        results = [{"key": "r1", "tags": tag_ids[1:], "messages": [button("game:start:wheel")]}]
        session.add(QuizVersion(quiz_id=quiz.id, number=number, questions=questions, results=results, created_at=NOW))
    session.flush()
    return quiz


def add_game(session: Session, **columns: Any) -> Game:
    known = {"code": "wheel", "name": "週年轉盤", "kind": GameKind.WHEEL, "created_at": NOW, "updated_at": NOW}
    game = Game(**(known | columns))
    session.add(game)
    session.flush()
    return game


def button(data: str) -> dict[str, Any]:
    """A message whose button sends these data."""
    actions = [{"type": "postback", "label": "開始", "data": data}]
    return {"type": "template", "altText": "開始", "template": {"type": "buttons", "text": "開始", "actions": actions}}


def test_all_that_puts_a_tag_on_friends_or_asks_for_it_is_named(db: Database) -> None:
    with db.begin() as session:
        tag, other = make_tag(session, "寶寶"), make_tag(session, "別的")
        make_rule(session, "優惠", name="優惠活動", tags=[tag.id])
        make_rule(session, "別的", name="別的規則", tags=[other.id])
        set_greeting(session, tags=[tag.id])
        tracked_links.create(session, name="門市海報", tags=[tag.id], by=OPERATOR, now=NOW)
        add_quiz(session, [other.id, tag.id])
        game = add_game(session)
        session.add(Prize(game_id=game.id, position=0, name="折價券", odds=1, tags=[tag.id]))
        program = ReferralProgram(code="vip", name="揪好友", created_at=NOW, updated_at=NOW)
        program.steps = [{"friends": 3, "tags": [tag.id], "reward": None}]
        session.add(program)
        add_segment(session, "寶寶用品", {"all": [{"any": [{"not": {"tag": tag.id}}]}]})
        add_segment(session, "別的分眾", {"tag": other.id})

        assert usages.users_of_tag(session, tag.id) == [
            "關鍵字回應「優惠活動」",
            "歡迎訊息",
            "加入管道「門市海報」",
            "測驗「膚質測驗」",
            "遊戲「週年轉盤」",
            "好友邀請「揪好友」",
            "分眾「寶寶用品」",
        ]


def test_an_old_version_counts_while_somebody_still_plays_it(db: Database) -> None:
    with db.begin() as session:
        tag, new_tag, friend = make_tag(session, "舊"), make_tag(session, "新"), make_friend(session)
        quiz = add_quiz(session, [tag.id], [new_tag.id])
        old = usages.live_versions(session)
        assert [version.number for _, version in old] == [2]
        assert usages.users_of_tag(session, tag.id) == []

        first = session.query(QuizVersion).filter_by(number=1).one()
        attempt = QuizAttempt(quiz_id=quiz.id, version_id=first.id, friend_id=friend.id, number=1, on=NOW.date())
        attempt.key, attempt.place, attempt.started_at, attempt.asked_at = "key", PlayedIn.CHAT, NOW, NOW
        session.add(attempt)
        session.flush()
        assert usages.users_of_tag(session, tag.id) == ["測驗「膚質測驗」"]

        attempt.state, quiz.archived_at = AttemptState.FINISHED, NOW
        session.flush()
        assert usages.users_of_tag(session, tag.id) == usages.users_of_tag(session, new_tag.id) == []


def test_what_is_retired_or_put_away_uses_nothing(db: Database) -> None:
    with db.begin() as session:
        tag = make_tag(session)
        game = add_game(session)
        retired = Prize(game_id=game.id, position=0, name="舊獎", odds=1, tags=[tag.id], retired_at=NOW)
        over = add_game(session, code="old", name="舊遊戲", archived_at=NOW)
        session.add_all([retired, Prize(game_id=over.id, position=0, name="獎", odds=1, tags=[tag.id])])
        session.flush()
        assert usages.users_of_tag(session, tag.id) == []


def test_segments_are_named_for_each_thing_they_ask_about(db: Database) -> None:
    with db.begin() as session:
        rule, quiz = make_rule(session, "優惠"), add_quiz(session, [])
        link = tracked_links.create(session, name="海報", code="poster", by=OPERATOR, now=NOW)
        uploaded = UploadedList(name="門市名單", created_at=NOW)
        session.add(uploaded)
        session.flush()
        base = add_segment(session, "基礎", {"any": [{"keyword": rule.id}, {"source": "poster"}]})
        add_segment(session, "進階", {"all": [{"segment": base.id}, {"uploaded": uploaded.id}]})
        add_segment(session, "答過", {"answered": {"quiz": quiz.id, "question": "q1", "choice": "a"}})
        add_segment(session, "結果", {"not": {"quiz": quiz.id, "result": "r1"}})
        make_rule(session, "會員", name="只回會員", segment_id=base.id)

        assert usages.users_of_rule(session, rule.id) == ["分眾「基礎」"]
        assert usages.users_of_link(session, link.id) == ["分眾「基礎」"]
        assert usages.users_of_quiz(session, quiz.id) == ["分眾「答過」", "分眾「結果」"]
        assert usages.users_of_segment(session, base.id) == ["關鍵字回應「只回會員」", "分眾「進階」"]
        assert usages.users_of_uploaded_list(session, uploaded.id) == ["分眾「進階」"]


def test_a_message_with_a_start_button_uses_what_it_starts(db: Database) -> None:
    with db.begin() as session:
        quiz, game = add_quiz(session, []), add_game(session)
        game.invitation = [button("game:start:wheel")]  # its own button keeps nothing
        program = ReferralProgram(code="vip", name="揪好友", created_at=NOW, updated_at=NOW)
        session.add(program)
        make_rule(session, "開始", name="開始測驗", messages=[button("quiz:start:skin")])
        make_rule(session, "別的", name="別的測驗", messages=[button("quiz:start:skin-2")])
        set_greeting(session, new="玩一次 https://liff.line.me/1-a/q/skin")
        session.get_one(FallbackAnswer, 1).messages = [text("邀請：https://x.example/liff/r/vip?a=1")]
        session.flush()

        assert usages.users_of_quiz(session, quiz.id) == ["關鍵字回應「開始測驗」", "歡迎訊息"]
        assert usages.users_of_game(session, game.id) == ["測驗「膚質測驗」"]
        assert usages.users_of_referral(session, program.id) == ["一律回應"]


def test_a_rule_or_link_that_a_segment_asks_about_stays(db: Database) -> None:
    with db.begin() as session:
        rule = make_rule(session, "優惠")
        link = tracked_links.create(session, name="海報", code="poster", by=OPERATOR, now=NOW)
        segment = add_segment(session, "問過優惠", {"all": [{"keyword": rule.id}, {"source": "poster"}]})
    with db.begin() as session, pytest.raises(ConflictError, match="分眾「問過優惠」"):
        keyword_rules.delete(session, rule.id, by=OPERATOR, now=NOW)
    with db.begin() as session, pytest.raises(ConflictError, match="分眾「問過優惠」"):
        tracked_links.archive(session, link.id, by=OPERATOR, now=NOW)
    with db.begin() as session:
        session.delete(session.get_one(Segment, segment.id))
        session.flush()
        keyword_rules.delete(session, rule.id, by=OPERATOR, now=NOW)
        assert tracked_links.archive(session, link.id, by=OPERATOR, now=NOW).archived_at == NOW


def delete_tag(db: Database, thing_id: int) -> None:
    tags.delete(db, thing_id, by=OPERATOR, now=NOW)


def delete_rule(db: Database, thing_id: int) -> None:
    with db.begin() as session:
        keyword_rules.delete(session, thing_id, by=OPERATOR, now=NOW)


@pytest.mark.parametrize("kind", ["tag", "keyword"])
def test_whoever_comes_to_use_a_thing_while_it_is_being_deleted_keeps_it(db: Database, kind: str) -> None:
    with db.begin() as session:
        thing_id = (make_tag(session) if kind == "tag" else make_rule(session, "優惠")).id
    held, deletes = Event(), Event()
    delete: Callable[[Database, int], None] = delete_tag if kind == "tag" else delete_rule

    def use() -> None:
        with db.begin() as session:
            if kind == "tag":
                tags.resolve(session, [thing_id], by=OPERATOR, now=NOW)
            else:
                assert usages.hold(session, KeywordRule, [thing_id]) == {thing_id}
            add_segment(session, "正要用", {kind: thing_id})
            held.set()
            deletes.wait(timedelta(seconds=1).total_seconds())

    with ThreadPoolExecutor(2) as pool:
        using = pool.submit(use)
        held.wait(10)
        deleting = pool.submit(delete, db, thing_id)
        using.result()
        with pytest.raises(ConflictError, match="分眾「正要用」"):
            deleting.result()


def test_what_is_gone_cannot_be_held(db: Database) -> None:
    with db.begin() as session:
        rule_id = make_rule(session, "優惠").id
        keyword_rules.delete(session, rule_id, by=OPERATOR, now=NOW)
    with db.begin() as session:
        assert usages.hold(session, KeywordRule, [rule_id, 0, -1, 2**40]) == set()
