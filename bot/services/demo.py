"""Fills in a sample brand, so that there is something to look at; whatever is there already stays as it is."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import (
    demo_brand,
    games,
    greetings,
    keyword_rules,
    quizzes,
    referrals,
    segments,
    staff,
    tags,
    tracked_links,
)
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from bot.services.keyword_rules import RuleContent
from bot.services.quizzes import QuizContent
from bot.services.referrals import ProgramContent
from models import Game, KeywordRule, Quiz, ReferralProgram, Role, Staff, Tag

STAFF_NAME = "demo"
FALLBACK_EVERY_MINUTES = 60


@dataclass(frozen=True)
class Seeded:
    """What was made by this run; `password` is None where somebody can log in already."""

    rules: int
    tags: int
    staff_name: str
    password: str | None


def seed_brand(db: Database, *, now: datetime) -> Seeded:
    """Add the tags, rules, greeting, fallback, links and login that are missing. Safe to repeat."""
    with db.begin() as session:
        before = len(tags.list_tags(session))
        ids = dict(zip(demo_brand.TAGS, tags.resolve(session, demo_brand.TAGS, by=OPERATOR, now=now), strict=True))
        made = len(tags.list_tags(session)) - before
        rules = _add_rules(session, ids, now)
        _set_answers(session, ids, now)
        _add_links(session, ids, now)
        _add_referral(session, now)
        _add_quiz(session, now)
        _add_game(session, now)
        _add_segments(session, now)
        return Seeded(rules=rules, tags=made, staff_name=STAFF_NAME, password=_add_staff(session, now))


def _add_rules(session: Session, tag_ids: dict[str, int], now: datetime) -> int:
    known = set(session.scalars(select(KeywordRule.name)))
    missing = [rule for rule in demo_brand.RULES if rule["name"] not in known]
    for rule in missing:
        content: dict[str, Any] = rule | {"tags": [tag_ids[name] for name in rule["tags"]]}
        keyword_rules.create(session, RuleContent(**content), by=OPERATOR, now=now)
    return len(missing)


def _set_answers(session: Session, tag_ids: dict[str, int], now: datetime) -> None:
    if not greetings.get_greeting(session).new_friend:
        greetings.set_greeting(
            session,
            new_friend=demo_brand.NEW_FRIEND,
            returning_friend=demo_brand.RETURNING_FRIEND,
            tags=[tag_ids["新手爸媽"]],
            by=OPERATOR,
            now=now,
        )
    if not greetings.get_fallback(session).messages:
        greetings.set_fallback(
            session,
            enabled=True,
            messages=demo_brand.FALLBACK,
            every_minutes=FALLBACK_EVERY_MINUTES,
            by=OPERATOR,
            now=now,
        )


def _add_links(session: Session, tag_ids: dict[str, int], now: datetime) -> None:
    for code, name, names in demo_brand.LINKS:
        if tracked_links.find_link(session, code) is None:
            wanted = [tag_ids[one] for one in names]
            tracked_links.create(session, name=name, code=code, tags=wanted, by=OPERATOR, now=now)


def _add_referral(session: Session, now: datetime) -> None:
    if session.scalar(select(ReferralProgram.id).limit(1)) is None:
        referrals.create(session, ProgramContent(**demo_brand.REFERRAL), by=OPERATOR, now=now)


def _add_quiz(session: Session, now: datetime) -> None:
    if session.scalar(select(Quiz.id).limit(1)) is None:
        quizzes.create(session, QuizContent(**demo_brand.QUIZ), by=OPERATOR, now=now)


def _add_game(session: Session, now: datetime) -> None:
    if session.scalar(select(Game.id).limit(1)) is None:
        prizes = [PrizeContent(**prize) for prize in demo_brand.GAME_PRIZES]
        games.create(session, GameContent(**demo_brand.GAME, prizes=prizes), by=OPERATOR, now=now)


def _add_segments(session: Session, now: datetime) -> None:
    if not segments.list_segments(session):
        for name, conditions in demo_brand.SEGMENTS:
            segments.create(session, name, conditions, by=OPERATOR, now=now)


def _add_staff(session: Session, now: datetime) -> str | None:
    """Return the password of the login that was made; None if anybody has one already."""
    if session.scalar(select(Staff.id).limit(1)) is not None:
        return None
    password = secrets.token_urlsafe(12)
    staff.create(session, name=STAFF_NAME, password=password, role=Role.OWNER, by=OPERATOR, now=now)
    return password


def tag_ids_of_brand(session: Session) -> list[int]:
    """Return the ids of the sample brand's tags that exist."""
    return list(session.scalars(select(Tag.id).where(Tag.name.in_(demo_brand.TAGS)).order_by(Tag.id)))
