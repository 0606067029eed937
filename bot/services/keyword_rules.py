"""Keyword rules as staff and other systems keep them: made, changed, deleted, tried."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules.keywords import Collision, Keyword, Match, Matcher, collisions, fold
from bot.rules.schedules import check_hours
from bot.services import audit, auto_replies, plays, usages
from bot.services.audit import Actor
from bot.services.auto_replies import rule_of
from bot.services.message_faults import as_field_faults, faults_of_keywords, faults_of_messages, faults_of_name
from bot.services.plays import Starter
from models import KeywordRule, Segment

MOST_PRIORITY = 1_000_000
BIGGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class RuleContent:
    """Everything of a rule that can be chosen. Hours are the JSON of `bot.rules.schedules`, tags are ids."""

    name: str
    keywords: Sequence[Mapping[str, str]]
    messages: Sequence[Mapping[str, Any]]
    priority: int = 0
    enabled: bool = True
    tags: Sequence[int] = ()
    answers_postback: bool = False
    active_from: datetime | None = None
    active_until: datetime | None = None
    hours: Sequence[Mapping[str, Any]] | None = None
    segment_id: int | None = None  # only its friends are answered; others get the next rule in line


@dataclass(frozen=True)
class Trial:
    """What a sentence would be answered with."""

    rule: KeywordRule | None
    folded: str  # the sentence as it is compared
    keyword: Keyword | None  # what made the rule answer
    messages: list[Any]
    others: list[KeywordRule]  # rules that stay silent because of this one
    play: Starter | None = None  # begins instead of an answer


def list_rules(session: Session) -> list[KeywordRule]:
    """Return every rule in the order in which they go first."""
    return list(session.scalars(select(KeywordRule).order_by(KeywordRule.priority.desc(), KeywordRule.id)))


def page(session: Session, *, limit: int, after: int = 0) -> list[KeywordRule]:
    """Return up to `limit` rules whose id is greater than `after`, oldest first."""
    query = select(KeywordRule).where(KeywordRule.id > after)
    return list(session.scalars(query.order_by(KeywordRule.id).limit(limit)))


def get_rule(session: Session, rule_id: int, *, will_change: bool = False) -> KeywordRule:
    """Return a rule; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(KeywordRule).where(KeywordRule.id == rule_id)
    if will_change:
        query = query.with_for_update()
    rule = session.scalar(query) if 0 < rule_id <= BIGGEST_ID else None
    if rule is None:
        raise NotFoundError("找不到這則關鍵字規則。")
    return rule


def content_of(rule: KeywordRule) -> RuleContent:
    """Return what was chosen for a rule."""
    return RuleContent(**{name: getattr(rule, name) for name in RuleContent.__dataclass_fields__})


def create(session: Session, content: RuleContent, *, by: Actor, now: datetime) -> KeywordRule:
    """Make a rule. Raises InvalidInputError with each fault at its field."""
    content = _checked(content)
    _hold_segment(session, content)
    rule = KeywordRule(**asdict(content), created_at=now, updated_at=now)
    session.add(rule)
    session.flush()
    changes = audit.changed({}, _for_audit(content))
    audit.record(session, by, "create", "keyword_rule", rule.id, now=now, changes=changes)
    auto_replies.touch(session)
    return rule


def change(session: Session, rule_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> KeywordRule:
    """Change the fields of RuleContent that are named. Raises as `create` does, and NotFoundError."""
    rule = get_rule(session, rule_id, will_change=True)
    before = content_of(rule)
    after = _checked(replace(before, **changes))
    _hold_segment(session, after)
    differences = audit.changed(_for_audit(before), _for_audit(after))
    if differences:
        for name in differences:
            setattr(rule, name, getattr(after, name))
        rule.updated_at = now
        session.flush()
        audit.record(session, by, "update", "keyword_rule", rule_id, now=now, changes=differences)
        auto_replies.touch(session)
    return rule


def toggle(session: Session, rule_id: int, *, by: Actor, now: datetime) -> KeywordRule:
    """Switch a rule on or off. Raises NotFoundError."""
    rule = get_rule(session, rule_id, will_change=True)
    return change(session, rule_id, {"enabled": not rule.enabled}, by=by, now=now)


def delete(session: Session, rule_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a rule; what it said stays in the chat log.

    Raises NotFoundError, and ConflictError that lists what still uses it.
    """
    rule = get_rule(session, rule_id, will_change=True)
    users = usages.users_of_rule(session, rule_id)
    if users:
        raise ConflictError("這則規則還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    changes = {name: [value, None] for name, value in _for_audit(content_of(rule)).items()}
    audit.record(session, by, "delete", "keyword_rule", rule_id, now=now, changes=changes)
    session.delete(rule)
    auto_replies.touch(session)


def find_collisions(session: Session) -> list[Collision]:
    """Return pairs of rules of which one keeps the other from answering; start keywords of plays are among them.

    A play stands under the `rule_id` of its `plays.Starter`.
    """
    rules = [rule_of(rule) for rule in list_rules(session) if rule.enabled]
    return collisions([*rules, *(starter.as_rule() for starter in plays.list_starters(session))])


def try_text(session: Session, text: str, *, zone: ZoneInfo, now: datetime) -> Trial:
    """Tell which rule would answer a sentence at this moment, or which play begins; nobody gets anything."""
    rows = {rule.id: rule for rule in list_rules(session)}
    starters = {starter.rule_id: starter for starter in plays.list_starters(session)}
    rules = [*(rule_of(row) for row in rows.values()), *(starter.as_rule() for starter in starters.values())]
    hits = Matcher(rules, timezone=zone).find_all(text, now=now)
    if not hits:
        return Trial(rule=None, folded=fold(text), keyword=None, messages=[], others=[])
    first = rows.get(hits[0].rule_id)
    return Trial(
        rule=first,
        folded=hits[0].folded,
        keyword=Keyword(hits[0].keyword, hits[0].match),
        messages=first.messages if first else [],
        others=[rows[hit.rule_id] for hit in hits[1:] if hit.rule_id in rows],
        play=starters.get(hits[0].rule_id),
    )


def _hold_segment(session: Session, content: RuleContent) -> None:
    """Keep the segment from being deleted before the commit. Raises InvalidInputError if there is none."""
    segment_id = content.segment_id
    if segment_id is not None and not usages.hold(session, Segment, [segment_id]):
        raise InvalidInputError([FieldFault("segment", "沒有編號 %(id)s 的分眾。", (("id", segment_id),))])


def _keywords(given: Sequence[Mapping[str, str]]) -> list[Keyword]:
    return [Keyword(one["text"], Match(one["match"])) for one in given]


def _checked(content: RuleContent) -> RuleContent:
    """Return the content as it is kept. Raises InvalidInputError."""
    content = replace(
        content,
        name=" ".join(content.name.split()),
        keywords=[{"text": one["text"], "match": one.get("match", Match.EXACT.value)} for one in content.keywords],
        messages=[dict(one) if isinstance(one, Mapping) else one for one in content.messages],
        tags=list(content.tags),
        hours=None if content.hours is None else [dict(window) for window in content.hours],
    )
    faults = [
        *faults_of_name(content.name),
        *faults_of_keywords(content.keywords, root="keywords"),
        *faults_of_messages(content.messages, root="messages"),
        *_faults_of_times(content),
    ]
    if not -MOST_PRIORITY <= content.priority <= MOST_PRIORITY:
        limits = (("least", -MOST_PRIORITY), ("most", MOST_PRIORITY))
        faults.append(FieldFault("priority", "優先順序要在 %(least)s 與 %(most)s 之間。", limits))
    if faults:
        raise InvalidInputError(faults)
    return content


def _faults_of_times(content: RuleContent) -> list[FieldFault]:
    faults = [] if content.hours is None else as_field_faults(check_hours(content.hours))
    for field in ("active_from", "active_until"):
        moment = getattr(content, field)
        if moment is not None and moment.tzinfo is None:
            faults.append(FieldFault(field, "時間要包含時區。"))
    starts, ends = content.active_from, content.active_until
    if starts and ends and starts.tzinfo and ends.tzinfo and starts >= ends:
        faults.append(FieldFault("active_until", "結束時間要晚於開始時間。"))
    return faults


def _for_audit(content: RuleContent) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in vars(content).items()
    }
