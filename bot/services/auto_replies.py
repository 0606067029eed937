"""What the account answers by itself: greeting, keyword rules, fallback. All free, by reply token."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.messages import LineMessage, fill
from bot.rules.keywords import Hit, Keyword, Match, Matcher, Rule
from bot.rules.schedules import Hours
from bot.rules.segments import AnyOf, Condition, InSegment, evaluate
from bot.rules.segments.simplifying import expand
from bot.services import plays, quiz_sheets
from bot.services.plays import Starter
from bot.services.quiz_sheets import Shelf
from bot.services.segment_facts import facts_of
from bot.services.segment_references import segments_in
from models import Account, ChatSource, FallbackAnswer, Friend, Greeting, KeywordHit, KeywordRule, Quiz

RULES, HITS = cast(Table, KeywordRule.__table__), cast(Table, KeywordHit.__table__)
COUNT_HITS = (
    update(RULES)
    .where(RULES.c.id == bindparam("rule_id"))
    .values(hit_count=RULES.c.hit_count + bindparam("more"), last_hit_at=bindparam("at"))
)
NEW_HITS = select(
    RULES.c.id, bindparam("friend_id", type_=HITS.c.friend_id.type), bindparam("at", type_=HITS.c.last_at.type)
).where(RULES.c.id == bindparam("rule_id"))


def _note_hits(upsert: Any) -> Any:
    statement = upsert(HITS).from_select(["keyword_rule_id", "friend_id", "last_at"], NEW_HITS)
    at = statement.excluded.last_at
    return statement.on_conflict_do_update(
        index_elements=["keyword_rule_id", "friend_id"], set_={"last_at": at}, where=at > HITS.c.last_at
    )


NOTE_HITS = {"postgresql": _note_hits(postgresql.insert), "sqlite": _note_hits(sqlite.insert)}
VERSION = select(Account.answers_version)
ON_FOLLOW = select(Quiz.id).where(Quiz.starts_on_follow, Quiz.enabled, Quiz.archived_at.is_(None)).order_by(Quiz.id)


@dataclass(frozen=True)
class Said:
    """An answer: the messages, who gave it, and the tags it puts on whoever asked."""

    messages: list[LineMessage]
    source: ChatSource
    source_id: int | None = None
    tag_ids: tuple[int, ...] = ()
    settles: bool = True  # nobody has to look at what was said


@dataclass(frozen=True)
class Answers:
    """Rules, greeting and fallback made ready, as of one version of them. Never changes."""

    version: int
    matcher: Matcher
    rules: Mapping[int, KeywordRule] = field(default_factory=dict)
    greeting: Greeting | None = None
    fallback: FallbackAnswer | None = None
    starters: Mapping[int, Starter] = field(default_factory=dict)  # by the id under which the matcher knows them
    segments: Mapping[int, Condition] = field(default_factory=dict)  # of rules that answer only their friends
    has_quizzes: bool = False  # if not, nobody is in the middle of one
    quizzes: Shelf = field(default_factory=Shelf)
    quiz_on_follow: int | None = None

    def greet(self, friend: Friend) -> Said | None:
        """The greeting for somebody who followed; returning friends have words of their own if staff wrote any."""
        greeting = self.greeting
        if greeting is None:
            return None
        messages = (greeting.returning_friend if friend.is_returning else []) or greeting.new_friend
        said = Said(filled(messages, friend), ChatSource.GREETING, None, tuple(greeting.tags))
        return said if said.messages or said.tag_ids else None

    def answer(self, session: Session, text: str, friend: Friend, *, now: datetime) -> Said | Starter | None:
        """The answer of the rule that this text calls up for this friend, or the play that it starts."""
        hit = self.matcher.find(text, now=now)
        if hit is not None and self._asks(hit):
            hit = self._first_for(session, self.matcher.find_all(text, now=now), friend, now)
        return self.starters.get(hit.rule_id) or self._said(hit, friend) if hit else None

    def is_keyword(self, session: Session, text: str, friend: Friend, *, now: datetime) -> bool:
        """Whether a text is, as a whole, the keyword of a play or of a rule that answers this friend."""
        exact = [hit for hit in self.matcher.find_all(text, now=now) if hit.match is Match.EXACT]
        return self._first_for(session, exact, friend, now) is not None

    def answer_postback(self, session: Session, tapped: str, friend: Friend, *, now: datetime) -> Said | None:
        """The answer of the rule that this postback data calls up for this friend."""
        hit = self.matcher.find_postback(tapped, now=now)
        if hit is not None and self._asks(hit):
            hit = self._first_for(session, self.matcher.find_all_postback(tapped, now=now), friend, now)
        return self._said(hit, friend)

    def fall_back(self, friend: Friend, *, now: datetime) -> Said | None:
        """The fallback answer, unless this friend had it a short while ago. Notes that it is given."""
        fallback = self.fallback
        if fallback is None or not fallback.enabled or not fallback.messages:
            return None
        if friend.fallback_at and now - friend.fallback_at < timedelta(minutes=fallback.every_minutes):
            return None
        friend.fallback_at = now
        return Said(filled(fallback.messages, friend), ChatSource.FALLBACK, settles=False)

    def _asks(self, hit: Hit) -> bool:
        """Whether a rule answers some friends only."""
        return hit.rule_id in self.rules and self.rules[hit.rule_id].segment_id is not None

    def _first_for(self, session: Session, hits: list[Hit], friend: Friend, now: datetime) -> Hit | None:
        """Return the first of the rules that answers this friend."""
        return next((hit for hit in hits if not self._asks(hit) or self._holds(session, hit, friend, now)), None)

    def _holds(self, session: Session, hit: Hit, friend: Friend, now: datetime) -> bool:
        condition = self.segments.get(self.rules[hit.rule_id].segment_id or 0)
        if condition is None:
            return False
        facts = facts_of(session, friend, condition)
        return facts.is_following and evaluate(condition, facts, now=now)

    def _said(self, hit: Hit | None, friend: Friend) -> Said | None:
        if hit is None:
            return None
        rule = self.rules[hit.rule_id]
        return Said(filled(rule.messages, friend), ChatSource.KEYWORD_RULE, rule.id, tuple(rule.tags))


SILENT = Answers(0, Matcher([], timezone=UTC))  # what is said while another tool has the chat


class OutdatedError(Exception):
    """Rules, greeting or fallback changed since they were compiled."""


class AnswerBook:
    """The answers of this process, compiled once per change of them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._lock = threading.Lock()
        self._answers: Answers | None = None

    def known(self, db: Database) -> Answers:
        """Return the answers as last compiled."""
        return self._answers or self.refresh(db)

    def refresh(self, db: Database) -> Answers:
        """Compile the answers anew if they changed, outside of any writing transaction."""
        with self._lock, db() as session:
            version = session.scalar(VERSION) or 0
            if self._answers is None or self._answers.version != version:
                self._answers = load(session, self._zone, version)
            return self._answers


def check(session: Session, answers: Answers) -> None:
    """Raise OutdatedError if the answers are not those of this transaction."""
    if session.scalar(VERSION) != answers.version:
        raise OutdatedError


def load(session: Session, zone: ZoneInfo, version: int = 0) -> Answers:
    """Read and compile everything the account answers by itself."""
    rows = list(session.scalars(select(KeywordRule).where(KeywordRule.enabled)))
    greeting, fallback = session.get(Greeting, 1), session.get(FallbackAnswer, 1)
    for row in (*rows, greeting, fallback):
        if row is not None:
            session.expunge(row)  # shared between threads from here on, and never written
    starters = {starter.rule_id: starter for starter in plays.list_starters(session)}
    rules = [*(rule_of(row) for row in rows), *(starter.as_rule() for starter in starters.values())]
    return Answers(
        version,
        Matcher(rules, timezone=zone),
        {row.id: row for row in rows},
        greeting,
        fallback,
        starters,
        _segments(session, {row.segment_id for row in rows if row.segment_id is not None}),
        has_quizzes=session.scalar(select(Quiz.id).limit(1)) is not None,
        quizzes=quiz_sheets.read_shelf(session),
        quiz_on_follow=session.scalar(ON_FOLLOW),
    )


def _segments(session: Session, segment_ids: set[int]) -> dict[int, Condition]:
    """Return the conditions of segments, those of others that they refer to put in."""
    if not segment_ids:
        return {}
    known = segments_in(session, AnyOf(tuple(InSegment(segment_id) for segment_id in segment_ids)))
    return {segment_id: expand(known[segment_id], known) for segment_id in segment_ids}


def rule_of(row: KeywordRule) -> Rule:
    """The part of a keyword rule that decides whether it answers."""
    return Rule(
        id=row.id,
        name=row.name,
        keywords=tuple(Keyword(keyword["text"], Match(keyword["match"])) for keyword in row.keywords),
        priority=row.priority,
        enabled=row.enabled,
        active_from=row.active_from,
        active_until=row.active_until,
        hours=Hours.parse(row.hours) if row.hours else None,
        applies_to_postback=row.answers_postback,
        segment_id=row.segment_id,
    )


def filled(messages: list[Any], friend: Friend) -> list[LineMessage]:
    """The messages with this friend's name in their variables."""
    return fill(messages, {"name": friend.display_name or ""})


def touch(session: Session) -> None:
    """Tell every process that rules, greeting or fallback changed; called in the transaction of the change."""
    session.execute(update(Account).values(answers_version=Account.answers_version + 1))


def count_hits(session: Session, hits: Mapping[int, int], *, now: datetime) -> None:
    """Add to the hit counts of rules, in one order for everybody."""
    if hits:
        rows = [{"rule_id": rule_id, "more": hits[rule_id], "at": now} for rule_id in sorted(hits)]
        session.connection().execute(COUNT_HITS, rows)


def note_hits(session: Session, hits: Mapping[tuple[int, int], datetime]) -> None:
    """Keep when each friend last called up each rule, by (rule id, friend id).

    It comes after `count_hits`, which locks the rules; one that was deleted in this very moment is passed over.
    """
    if not hits:
        return
    dialect = session.get_bind().dialect.name
    rows = [{"rule_id": rule_id, "friend_id": friend_id, "at": at} for (rule_id, friend_id), at in sorted(hits.items())]
    session.connection().execute(NOTE_HITS[dialect], rows)
