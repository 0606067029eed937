"""Quizzes beside keyword rules, and the rewards they promise."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import ConflictError
from bot.services import keyword_rules, plays, quiz_attempts, quizzes, rewards
from bot.services.audit import OPERATOR
from bot.services.plays import Play
from bot.services.quiz_attempts import AnswerRefusedError, Reason
from models import Account, PlayedIn, RewardCause, RewardPromise
from tests.conftest import NOW
from tests.factories import make_friend, make_rule
from tests.quiz_factories import choice, free, make_quiz, single

TAIPEI = ZoneInfo("Asia/Taipei")
PLAY = Play(NOW, TAIPEI, "http://127.0.0.1:8000", place=PlayedIn.PAGE)


def test_start_keywords_collide_with_rules_and_with_each_other(db: Database) -> None:
    with db.begin() as session:
        rule = make_rule(session, "測驗", name="客服")
        make_quiz(session, free("a", "text", "?"), name="測驗")
        make_quiz(session, free("a", "text", "?"), name="膚質")
        make_quiz(session, free("a", "text", "?"), name="又一份", start_keywords=[{"text": "膚質", "match": "exact"}])
    with db() as session:
        titles = {starter.rule_id: starter.title for starter in plays.list_starters(session)} | {rule.id: "客服"}
        found = {
            (one.text, titles[one.winner_id], titles[one.loser_id]) for one in keyword_rules.find_collisions(session)
        }
    assert found == {("測驗", "客服", "測驗「測驗」"), ("膚質", "測驗「膚質」", "測驗「又一份」")}


def test_a_tried_sentence_says_which_play_begins(db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session, start_keywords=[{"text": "我的膚質", "match": "contains"}])
        make_rule(session, "膚質", name="膚質說明", match="contains")
    with db() as session:
        trial = keyword_rules.try_text(session, "測測我的膚質", zone=TAIPEI, now=NOW)
    assert trial.rule is None
    assert trial.play is not None
    assert (trial.play.id, trial.play.title) == (quiz.id, "測驗「膚質測驗」")
    assert [rule.name for rule in trial.others] == ["膚質說明"]


def test_every_change_that_the_chat_must_know_of_is_told_to_all_processes(db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session)
    versions: list[int] = []
    changes: tuple[dict[str, Any], ...] = (
        {"name": "新名字"},
        {"start_keywords": []},
        {"enabled": False},
        {"starts_on_follow": True},
    )
    for change in changes:
        with db.begin() as session:
            quizzes.change(session, quiz.id, change, by=OPERATOR, now=NOW)
            versions.append(session.scalars(select(Account.answers_version)).one())
    assert len(set(versions)) == len(versions)
    with db.begin() as session:
        quizzes.change(session, quiz.id, {"name": "新名字"}, by=OPERATOR, now=NOW)
        assert session.scalars(select(Account.answers_version)).one() == versions[-1]


def test_a_promise_for_the_same_cause_is_made_once(db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session)
        made = [
            rewards.promise(
                session,
                friend.id,
                cause=RewardCause.QUIZ,
                cause_id=1,
                cause_key="quiz:1:all",
                reward={"points": points},
                now=NOW,
            )
            for points in (30, 50)
        ]
        assert made == [True, False]
        assert session.scalars(select(RewardPromise.reward)).one() == {"points": 30}


def test_a_page_plays_the_same_attempt_by_the_same_rules(db: Database) -> None:
    with db.begin() as session:
        quiz, friend = make_quiz(session, attempts_per_friend=1), make_friend(session)
        first = quiz_attempts.open_page(session, quiz.code, friend, PLAY)
        assert first.question is not None
        assert (first.question.text, first.number, first.at_most, first.is_resumed) == ("您的膚質是？", 1, 2, False)
        assert quiz_attempts.open_page(session, quiz.code, friend, PLAY).is_resumed
        key = first.attempt_key
        second = quiz_attempts.answer_page(session, key, 0, "skin", ["oily"], friend, PLAY)
        assert second.question is not None
        for step, question, given, reason in (
            (0, "skin", ["dry"], Reason.ALREADY_ANSWERED),
            (1, "water", ["few"], Reason.NOT_THIS_QUESTION),
            (1, "sport", ["maybe"], Reason.NOT_A_CHOICE),
            (1, "sport", None, Reason.REQUIRED),
        ):
            with pytest.raises(AnswerRefusedError) as refused:
                quiz_attempts.answer_page(session, key, step, question, given, friend, PLAY)
            assert refused.value.reason is reason
        with pytest.raises(AnswerRefusedError) as refused:
            quiz_attempts.answer_page(session, key, 1, "sport", ["yes"], make_friend(session), PLAY)
        assert refused.value.reason is Reason.NOT_YOURS
        last = quiz_attempts.answer_page(session, key, 1, "sport", ["yes"], friend, PLAY)
        assert last.question is None
        assert last.result is not None
        assert (last.result.key, last.result.score) == ("lively", 15)
        with pytest.raises(AnswerRefusedError) as refused:
            quiz_attempts.open_page(session, quiz.code, friend, PLAY)
        assert refused.value.reason is Reason.LIMIT_REACHED


def test_a_quiz_that_another_quiz_leads_to_is_not_deleted(db: Database) -> None:
    with db.begin() as session:
        wanted = make_quiz(session)
        button = {"type": "action", "action": {"type": "postback", "label": "再玩", "data": quizzes.start_data(wanted)}}
        closing = [{"type": "text", "text": "還想玩嗎？", "quickReply": {"items": [button]}}]
        make_quiz(session, single("q", "?", choice("a", "好")), name="前一份", ending={"messages": closing})
    with db.begin() as session, pytest.raises(ConflictError, match="前一份"):
        quizzes.delete(session, wanted.id, by=OPERATOR, now=NOW)
