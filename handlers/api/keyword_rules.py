"""Keyword rules over the API."""

from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from sqlalchemy.orm import Session

from bot.services import keyword_rules, tags
from bot.services.keyword_rules import RuleContent
from handlers.api.operations import Call, operation
from handlers.api.shapes import BIGGEST_ID, Answer, Body, Changes, Message, Messages, Moment, PageQuery, TagsGiven
from models import KeywordRule, Role

blueprint = Blueprint("api_keyword_rules", __name__)

Match = Literal["exact", "contains", "prefix", "pattern"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Priority = Annotated[int, Field(ge=-keyword_rules.MOST_PRIORITY, le=keyword_rules.MOST_PRIORITY)]
SegmentId = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Window = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["days", "from", "until"],
            "additionalProperties": False,
            "properties": {
                "days": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}, "minItems": 1},
                "from": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
                "until": {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
            },
            "examples": [{"days": [1, 2, 3, 4, 5], "from": "09:00", "until": "18:00"}],
        }
    ),
]
Hours = Annotated[list[Window], Field(max_length=50)]


class KeywordBody(Body):
    """What a friend says, and how it is compared."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(examples=["優惠"])
    match: Match = "exact"


def _as_keyword(given: object) -> object:
    return {"text": given} if isinstance(given, str) else given


Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Spoken = Annotated[KeywordBody, BeforeValidator(_as_keyword, json_schema_input_type=KeywordBody | Word)]
Keywords = Annotated[list[KeywordBody], Field(min_length=1, max_length=500)]
StartKeywords = Annotated[list[Spoken], Field(max_length=500)]  # what starts a quiz, a game, an invitation


class RuleBody(Body):
    """A new rule."""

    name: Name = Field(examples=["優惠活動"])
    keywords: Keywords
    messages: Messages
    priority: Priority = 0
    enabled: bool = True
    tags: TagsGiven = Field(default=[], description="編號或名稱；沒有這個名稱時會新增標籤")
    segment: SegmentId | None = Field(default=None, description="分眾的編號；只回應其中的好友，null 為所有人")
    active_from: Moment | None = None
    active_until: Moment | None = None
    hours: Hours | None = Field(default=None, description="days 以星期一為 1；null 為不限時段")
    answers_postback: bool = False


class RuleChanges(Changes):
    """What is to be different; everything else stays."""

    name: Name = ""
    keywords: Keywords = Field(default=[])
    messages: Messages = Field(default=[])
    priority: Priority = 0
    enabled: bool = True
    tags: TagsGiven = Field(default=[])
    segment: SegmentId | None = None
    active_from: Moment | None = None
    active_until: Moment | None = None
    hours: Hours | None = None
    answers_postback: bool = False


class KeywordAnswer(Answer):
    """What a friend says, and how it is compared."""

    text: str
    match: Match


class RuleAnswer(Answer):
    """Whoever says one of the keywords gets the messages."""

    id: int
    name: str
    keywords: list[KeywordAnswer]
    messages: list[Message]
    priority: int
    enabled: bool
    tags: list[str]
    segment: int | None
    active_from: Moment | None
    active_until: Moment | None
    hours: Hours | None
    answers_postback: bool
    hit_count: int
    last_hit_at: Moment | None
    created_at: Moment
    updated_at: Moment


class RulePage(Answer):
    """Some of the rules."""

    items: list[RuleAnswer]
    next: str | None


class TrialBody(Body):
    """A sentence as a friend would say it."""

    text: Annotated[str, StringConstraints(max_length=5000)] = Field(examples=["請問有優惠嗎"])


class RuleName(Answer):
    """A rule, by name."""

    id: int
    name: str


class PlayName(Answer):
    """A quiz, game or referral programme that a text starts."""

    kind: Literal["quiz", "game", "referral"]
    id: int
    name: str


class TrialAnswer(Answer):
    """Which rule would answer, and what; `others` are the rules that stay silent because of it."""

    rule: RuleName | None
    play: PlayName | None = Field(description="會開始的測驗、遊戲或好友邀請")
    folded: str
    keyword: KeywordAnswer | None
    messages: list[Message]
    others: list[RuleName]


@blueprint.get("/keyword-rules")
@operation("列出關鍵字規則", details="由舊到新。", role=Role.VIEWER, answer=RulePage, query=PageQuery, writes=False)
def list_rules(call: Call, query: PageQuery) -> RulePage:
    """Oldest first."""
    found = keyword_rules.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = _answers(call.session, found[: query.limit])
    return RulePage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/keyword-rules")
@operation(
    "新增關鍵字規則", details="兩秒內在所有程序生效。", role=Role.MARKETER, answer=RuleAnswer, status=201, body=RuleBody
)
def create(call: Call, body: RuleBody) -> RuleAnswer:
    """It answers within two seconds, in every process."""
    content = body.model_dump(exclude={"segment", "tags"}) | {"segment_id": body.segment}
    tag_ids = tags.resolve(call.session, body.tags, by=call.actor, now=call.now)
    rule = keyword_rules.create(call.session, RuleContent(**content, tags=tag_ids), by=call.actor, now=call.now)
    return _answer(call.session, rule)


@blueprint.get("/keyword-rules/<int:rule_id>")
@operation("讀取關鍵字規則", role=Role.VIEWER, answer=RuleAnswer, writes=False)
def get(call: Call, rule_id: int) -> RuleAnswer:
    """One rule."""
    return _answer(call.session, keyword_rules.get_rule(call.session, rule_id))


@blueprint.patch("/keyword-rules/<int:rule_id>")
@operation("更改關鍵字規則", details="只更改提到的欄位。", role=Role.MARKETER, answer=RuleAnswer, body=RuleChanges)
def change(call: Call, rule_id: int, body: RuleChanges) -> RuleAnswer:
    """Only what is named changes."""
    changes = body.model_dump(exclude_unset=True)
    if "segment" in changes:
        changes["segment_id"] = changes.pop("segment")
    if "tags" in changes:
        changes["tags"] = tags.resolve(call.session, body.tags, by=call.actor, now=call.now)
    rule = keyword_rules.change(call.session, rule_id, changes, by=call.actor, now=call.now)
    return _answer(call.session, rule)


@blueprint.delete("/keyword-rules/<int:rule_id>")
@operation("刪除關鍵字規則", details="聊天紀錄中的回應仍會保留。", role=Role.MARKETER, status=204)
def delete(call: Call, rule_id: int) -> None:
    """What it said stays in the chat log."""
    keyword_rules.delete(call.session, rule_id, by=call.actor, now=call.now)


@blueprint.post("/keyword-rules/try")
@operation(
    "試一句話會得到什麼回應",
    details="不會傳送任何訊息。others 是因為這則規則而不會回應的其他規則。",
    role=Role.VIEWER,
    answer=TrialAnswer,
    body=TrialBody,
    writes=False,
)
def try_text(call: Call, body: TrialBody) -> TrialAnswer:
    """Nobody gets anything."""
    trial = keyword_rules.try_text(call.session, body.text, zone=call.runtime.settings.zone, now=call.now)
    keyword, play = trial.keyword, trial.play
    return TrialAnswer(
        play=PlayName(kind=play.source.value, id=play.id, name=play.name) if play else None,
        rule=RuleName(id=trial.rule.id, name=trial.rule.name) if trial.rule else None,
        folded=trial.folded,
        keyword=KeywordAnswer(text=keyword.text, match=keyword.match.value) if keyword else None,
        messages=trial.messages,
        others=[RuleName(id=rule.id, name=rule.name) for rule in trial.others],
    )


def _answer(session: Session, rule: KeywordRule) -> RuleAnswer:
    return _answers(session, [rule])[0]


def _answers(session: Session, rules: list[KeywordRule]) -> list[RuleAnswer]:
    names = tags.names_of(session, [tag_id for rule in rules for tag_id in rule.tags])
    return [
        RuleAnswer(
            **{name: getattr(rule, name) for name in RuleAnswer.model_fields if name not in ("tags", "segment")},
            tags=[names[tag_id] for tag_id in rule.tags if tag_id in names],
            segment=rule.segment_id,
        )
        for rule in rules
    ]
