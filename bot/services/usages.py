"""Who uses a thing: asked before it is deleted, so that nothing points into the void."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import (
    AttemptState,
    FallbackAnswer,
    Game,
    Greeting,
    ImportState,
    KeywordRule,
    Prize,
    Quiz,
    QuizAttempt,
    QuizVersion,
    ReferralProgram,
    Segment,
    TagImport,
    TrackedLink,
)
from models.base import Base


class Usage(str):
    """What uses a thing, as staff read it; from `text` and `name` a page says it in its own language."""

    __slots__ = ("name", "text")
    text: str
    name: str

    def __new__(cls, text: str, name: str = "") -> "Usage":
        """Fill the name into the text."""
        user = super().__new__(cls, text % {"name": name} if name else text)
        user.text, user.name = text, name
        return user


GREETING, FALLBACK = Usage("歡迎訊息"), Usage("一律回應")


def hold(session: Session, model: type[Base], ids: Sequence[int]) -> set[int]:
    """Return which of these rows exist; nobody deletes them before the transaction ends.

    Whoever stores a reference in JSON holds what it points at first; whoever deletes locks the row and then asks
    for its users.
    """
    key = model.__table__.c.id
    wanted = sorted({one for one in ids if 0 < one < 2**31})
    query = select(key).where(key.in_(wanted)).order_by(key)
    return set(session.scalars(query.with_for_update(read=True, key_share=True))) if wanted else set()


def users_of_tag(session: Session, tag_id: int) -> list[str]:
    """Name whatever puts this tag on friends or asks for it."""
    rules, links = session.execute(_tagged(KeywordRule)), session.execute(_tagged(TrackedLink))
    users: list[str] = [Usage("關鍵字回應「%(name)s」", name) for name, tags in rules if tag_id in tags]
    users += [GREETING for tags in session.scalars(select(Greeting.tags)) if tag_id in tags]
    users += [Usage("加入管道「%(name)s」", name) for name, tags in links if tag_id in tags]
    users += _quizzes_where(session, lambda version: tag_id in tags_of_quiz(version.questions, version.results))
    users += _games_where(session, lambda prize: tag_id in prize.tags)
    users += _referrals_where(session, lambda program: tag_id in tags_of_referral(program))
    users += _segments_where(session, lambda leaf: leaf.get("tag") == tag_id)
    due = select(TagImport).where(TagImport.state == ImportState.DUE).order_by(TagImport.id)
    named = [row for row in session.scalars(due) if any(tag["id"] == tag_id for tag in row.tags)]
    return users + [Usage("標籤匯入「%(name)s」", row.name) for row in named]


def users_of_rule(session: Session, rule_id: int) -> list[str]:
    """Name the segments that ask who called up this keyword rule."""
    return _segments_where(session, lambda leaf: leaf.get("keyword") == rule_id)


def users_of_quiz(session: Session, quiz_id: int) -> list[str]:
    """Name the segments that ask for its answers, and the messages that start it or lead to its page."""
    code = session.scalar(select(Quiz.code).where(Quiz.id == quiz_id))
    users = _segments_where(
        session,
        lambda leaf: leaf.get("quiz") == quiz_id or _inside(leaf, "answered").get("quiz") == quiz_id,
    )
    return users + ([] if code is None else _saying(session, "quiz", code, "q", but=(Quiz, quiz_id)))


def users_of_game(session: Session, game_id: int) -> list[str]:
    """Name the messages that start a game or lead to its page."""
    code = session.scalar(select(Game.code).where(Game.id == game_id))
    return [] if code is None else _saying(session, "game", code, "g", but=(Game, game_id))


def users_of_referral(session: Session, program_id: int) -> list[str]:
    """Name the messages that start a referral programme or lead to its page."""
    code = session.scalar(select(ReferralProgram.code).where(ReferralProgram.id == program_id))
    return [] if code is None else _saying(session, "referral", code, "r", but=(ReferralProgram, program_id))


def users_of_link(session: Session, link_id: int) -> list[str]:
    """Name the segments that ask who came through this link."""
    code = session.scalar(select(TrackedLink.code).where(TrackedLink.id == link_id))
    return [] if code is None else _segments_where(session, lambda leaf: leaf.get("source") == code)


def users_of_segment(session: Session, segment_id: int) -> list[str]:
    """Name the segments built on this one, and the keyword rules that answer only its friends."""
    rules = select(KeywordRule.name).where(KeywordRule.segment_id == segment_id).order_by(KeywordRule.id)
    users = [Usage("關鍵字回應「%(name)s」", name) for name in session.scalars(rules)]
    return users + _segments_where(session, lambda leaf: leaf.get("segment") == segment_id)


def users_of_uploaded_list(session: Session, list_id: int) -> list[str]:
    """Name the segments that ask who stands on this list."""
    return _segments_where(session, lambda leaf: leaf.get("uploaded") == list_id)


def leaves(conditions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the leaves of a segment's conditions."""
    waiting: list[Any] = [conditions]
    while waiting:
        node = waiting.pop()
        if "all" in node or "any" in node:
            waiting.extend(reversed(node.get("all", node.get("any"))))
        elif "not" in node:
            waiting.append(node["not"])
        else:
            yield node


def tags_of_quiz(questions: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the ids of the tags that choices and results put on friends."""
    choices = [choice for question in questions for choice in question.get("choices") or ()]
    return {tag_id for one in (*choices, *results) for tag_id in one.get("tags") or ()}


def tags_of_referral(program: ReferralProgram) -> set[int]:
    """Return the ids of the tags on both sides and of every step."""
    steps = {tag_id for step in program.steps for tag_id in step.get("tags") or ()}
    return {*program.inviter_tags, *program.invited_tags, *steps}


def live_versions(session: Session) -> list[tuple[str, QuizVersion]]:
    """Return the quiz versions that friends may still answer, each with the quiz's name.

    These are the newest ones of quizzes that are not deleted, and those on which somebody has not finished.
    """
    runs = (
        select(QuizAttempt.id)
        .where(
            QuizAttempt.quiz_id == Quiz.id,
            QuizAttempt.version_id == QuizVersion.id,
            QuizAttempt.state == AttemptState.RUNNING,
        )
        .exists()
    )
    newest = (QuizVersion.number == Quiz.version) & Quiz.archived_at.is_(None)
    query = select(Quiz.name, QuizVersion).join_from(Quiz, QuizVersion, QuizVersion.quiz_id == Quiz.id)
    rows = session.execute(query.where(or_(newest, runs)).order_by(Quiz.id, QuizVersion.number))
    return [(name, version) for name, version in rows]


def _tagged(model: type[KeywordRule] | type[TrackedLink]) -> Any:
    return select(model.name, model.tags).order_by(model.id)


def _inside(leaf: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = leaf.get(name)
    return value if isinstance(value, Mapping) else {}


def _segments_where(session: Session, wanted: Callable[[Mapping[str, Any]], bool]) -> list[str]:
    rows = session.execute(select(Segment.name, Segment.conditions).order_by(Segment.id))
    return [
        Usage("分眾「%(name)s」", name) for name, conditions in rows if any(wanted(leaf) for leaf in leaves(conditions))
    ]


def _quizzes_where(session: Session, wanted: Callable[[QuizVersion], bool]) -> list[str]:
    found = [Usage("測驗「%(name)s」", name) for name, version in live_versions(session) if wanted(version)]
    return list(dict.fromkeys(found))


def _games_where(session: Session, wanted: Callable[[Prize], bool]) -> list[str]:
    query = select(Game.name, Prize).join_from(Game, Prize, Prize.game_id == Game.id)
    live = query.where(Game.archived_at.is_(None), Prize.retired_at.is_(None)).order_by(Game.id, Prize.position)
    return list(
        dict.fromkeys(Usage("遊戲「%(name)s」", name) for name, prize in session.execute(live) if wanted(prize))
    )


def _referrals_where(session: Session, wanted: Callable[[ReferralProgram], bool]) -> list[str]:
    live = select(ReferralProgram).where(ReferralProgram.archived_at.is_(None)).order_by(ReferralProgram.id)
    return [Usage("好友邀請「%(name)s」", program.name) for program in session.scalars(live) if wanted(program)]


def _saying(session: Session, play: str, code: str, path: str, *, but: tuple[type[Base], int]) -> list[str]:
    """Name the messages with a start button of a play or the address of its page; its own do not count."""
    mark = re.compile(rf"(?:{play}:start:|/{path}/){re.escape(code)}(?![A-Za-z0-9_-])")
    found: list[str] = []
    for name, owner, spoken in _spoken(session):
        if owner != but and mark.search(json.dumps(spoken)):
            found.append(name)
    return list(dict.fromkeys(found))


def _spoken(session: Session) -> Iterator[tuple[str, tuple[type[Base], int], object]]:
    """Return everything the account says by itself, with a name for staff and whose words they are."""
    for rule in session.scalars(select(KeywordRule).order_by(KeywordRule.id)):
        yield Usage("關鍵字回應「%(name)s」", rule.name), (KeywordRule, rule.id), rule.messages
    for greeting in session.scalars(select(Greeting)):
        yield GREETING, (Greeting, greeting.id), [*greeting.new_friend, *greeting.returning_friend]
    for fallback in session.scalars(select(FallbackAnswer)):
        yield FALLBACK, (FallbackAnswer, fallback.id), fallback.messages
    for name, version in live_versions(session):
        yield Usage("測驗「%(name)s」", name), (Quiz, version.quiz_id), [version.results, version.ending]
    for game in session.scalars(select(Game).where(Game.archived_at.is_(None)).order_by(Game.id)):
        won = [prize.messages for prize in game.prizes if prize.retired_at is None]
        yield Usage("遊戲「%(name)s」", game.name), (Game, game.id), [game.invitation, game.no_prize, won]
