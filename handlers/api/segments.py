"""Segments over the API."""

from typing import Annotated, Any

from flask import Blueprint
from pydantic import Field, StringConstraints, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import segments
from bot.services.segments import Explained
from handlers.api.friends import FriendPage, answers, friend_of
from handlers.api.operations import Call, operation
from handlers.api.problems import say
from handlers.api.shapes import Answer, Body, Changes, Moment, PageQuery, Query
from models import Role, Segment, SegmentVersion

blueprint = Blueprint("api_segments", __name__)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Conditions = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": True,
            "examples": [{"all": [{"tag": "媽媽"}, {"not": {"attribute": "gender", "is": "male"}}]}],
        }
    ),
]
LineUserId = Annotated[str, StringConstraints(pattern=r"^U[0-9a-f]{32}$")]


class SegmentBody(Body):
    """A new segment."""

    name: Name = Field(examples=["台北的媽媽"])
    conditions: Conditions = Field(description="標籤可用名稱或編號")


class SegmentChanges(Changes):
    """What is to be different; everything else stays."""

    name: Name = ""
    conditions: Conditions = Field(default={})


class SegmentAnswer(Answer):
    """Conditions with a name."""

    id: int
    name: str
    conditions: Conditions
    version: int = Field(description="每次更改條件就加一")
    friends: int | None = Field(description="最近一次精確計算的人數")
    counted_at: Moment | None
    created_at: Moment
    updated_at: Moment


class SegmentPage(Answer):
    """Some of the segments."""

    items: list[SegmentAnswer]
    next: str | None


class ConditionsBody(Body):
    """Conditions that are not kept."""

    conditions: Conditions


class CountAnswer(Answer):
    """How many friends, exactly."""

    friends: int


class EstimateAnswer(Answer):
    """About how many friends."""

    friends: int
    is_exact: bool = Field(description="好友不多時就是精確的人數")


class ExplainQuery(Query):
    """For whom."""

    line_user_id: LineUserId


class ReasonAnswer(Answer):
    """One part of the conditions, and what is known of the friend."""

    conditions: dict[str, Any]
    is_true: bool
    fact: str
    children: list["ReasonAnswer"]


class ExplainedAnswer(Answer):
    """Whether a friend is in a segment, and why."""

    is_in: bool = Field(description="條件符合，而且目前是好友")
    is_following: bool
    reason: ReasonAnswer


class VersionAnswer(Answer):
    """The conditions as they were."""

    number: int
    conditions: Conditions
    created_at: Moment


class VersionPage(Answer):
    """Some of the versions."""

    items: list[VersionAnswer]
    next: str | None


@blueprint.get("/segments")
@operation("列出分眾", details="由舊到新。", role=Role.VIEWER, answer=SegmentPage, query=PageQuery, writes=False)
def list_segments(call: Call, query: PageQuery) -> SegmentPage:
    """Oldest first."""
    found = segments.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = [_answer(call.session, segment) for segment in found[: query.limit]]
    return SegmentPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/segments")
@operation(
    "新增分眾",
    details="名稱已存在時為 409。",
    role=Role.MARKETER,
    answer=SegmentAnswer,
    status=201,
    body=SegmentBody,
    refusals=(409,),
)
def create(call: Call, body: SegmentBody) -> SegmentAnswer:
    """Refused with 409 if the name is taken."""
    made = segments.create(call.session, body.name, body.conditions, by=call.actor, now=call.now)
    return _answer(call.session, made)


@blueprint.get("/segments/<int:segment_id>")
@operation("讀取分眾", role=Role.VIEWER, answer=SegmentAnswer, writes=False)
def get(call: Call, segment_id: int) -> SegmentAnswer:
    """One segment."""
    return _answer(call.session, segments.get_segment(call.session, segment_id))


@blueprint.patch("/segments/<int:segment_id>")
@operation(
    "更改分眾",
    details="只更改提到的欄位；更改條件會成為新的版本。",
    role=Role.MARKETER,
    answer=SegmentAnswer,
    body=SegmentChanges,
    refusals=(409,),
)
def change(call: Call, segment_id: int, body: SegmentChanges) -> SegmentAnswer:
    """Only what is named changes."""
    changed = segments.change(call.session, segment_id, body.given(), by=call.actor, now=call.now)
    return _answer(call.session, changed)


@blueprint.delete("/segments/<int:segment_id>")
@operation("刪除分眾", details="其他分眾或規則仍在使用時為 409。", role=Role.MARKETER, status=204, refusals=(409,))
def delete(call: Call, segment_id: int) -> None:
    """Refused with 409 while something uses it."""
    segments.delete(call.session, segment_id, by=call.actor, now=call.now)


@blueprint.post("/segments/count")
@operation(
    "計算條件的人數",
    details="精確的人數；只算目前的好友。",
    role=Role.VIEWER,
    answer=CountAnswer,
    body=ConditionsBody,
    writes=False,
)
def count(call: Call, body: ConditionsBody) -> CountAnswer:
    """Exactly; nothing is kept."""
    return CountAnswer(friends=segments.count(call.session, body.conditions, now=call.now))


@blueprint.post("/segments/estimate")
@operation(
    "估計條件的人數",
    details="以固定的百分之一好友估計，很快就有結果。",
    role=Role.VIEWER,
    answer=EstimateAnswer,
    body=ConditionsBody,
    writes=False,
)
def estimate(call: Call, body: ConditionsBody) -> EstimateAnswer:
    """From one friend in a hundred."""
    found = segments.estimate(call.session, body.conditions, now=call.now)
    return EstimateAnswer(friends=found.friends, is_exact=found.is_exact)


@blueprint.get("/segments/<int:segment_id>/count")
@operation("計算分眾的人數", details="精確的人數；只算目前的好友。", role=Role.VIEWER, answer=CountAnswer, writes=False)
def count_segment(call: Call, segment_id: int) -> CountAnswer:
    """Exactly; the figure is kept with the segment."""
    counted = segments.recount(call.runtime.db, segment_id, now=call.now)
    return CountAnswer(friends=counted.friends or 0)


@blueprint.get("/segments/<int:segment_id>/friends")
@operation(
    "列出分眾中的好友",
    details="由舊到新；只有目前的好友。",
    role=Role.VIEWER,
    answer=FriendPage,
    query=PageQuery,
    writes=False,
)
def list_friends(call: Call, segment_id: int, query: PageQuery) -> FriendPage:
    """Oldest first."""
    segment = segments.get_segment(call.session, segment_id)
    found = segments.page_of_friends(
        call.session, segment.conditions, limit=query.limit + 1, after=query.after_big_id, now=call.now
    )
    shown = found[: query.limit]
    return FriendPage(
        items=answers(call.session, shown, now=call.now), next=str(shown[-1].id) if len(found) > query.limit else None
    )


@blueprint.get("/segments/<int:segment_id>/explain")
@operation(
    "說明好友為什麼在或不在分眾中",
    details="逐一說明每個條件是否符合，以及知道些什麼。",
    role=Role.VIEWER,
    answer=ExplainedAnswer,
    query=ExplainQuery,
    writes=False,
)
def explain(call: Call, segment_id: int, query: ExplainQuery) -> ExplainedAnswer:
    """Each part of the conditions, with what is known of the friend."""
    segment = segments.get_segment(call.session, segment_id)
    friend = friend_of(call.session, query.line_user_id)
    zone = call.runtime.settings.zone
    explained = segments.explain(call.session, segment.conditions, friend.id, now=call.now, zone=zone)
    return ExplainedAnswer(
        is_in=explained.is_true and friend.can_receive, is_following=friend.can_receive, reason=_reason(explained)
    )


@blueprint.get("/segments/<int:segment_id>/versions")
@operation("列出分眾的版本", details="由舊到新。", role=Role.VIEWER, answer=VersionPage, query=PageQuery, writes=False)
def list_versions(call: Call, segment_id: int, query: PageQuery) -> VersionPage:
    """Oldest first."""
    segments.get_segment(call.session, segment_id)
    rows = select(SegmentVersion).where(SegmentVersion.segment_id == segment_id, SegmentVersion.number > query.after_id)
    found = list(call.session.scalars(rows.order_by(SegmentVersion.number).limit(query.limit + 1)))
    items = [
        VersionAnswer(
            number=version.number,
            conditions=segments.named(call.session, version.conditions),
            created_at=version.created_at,
        )
        for version in found[: query.limit]
    ]
    return VersionPage(items=items, next=str(items[-1].number) if len(found) > query.limit else None)


def _answer(session: Session, segment: Segment) -> SegmentAnswer:
    own = {name: getattr(segment, name) for name in SegmentAnswer.model_fields if name != "conditions"}
    return SegmentAnswer(**own, conditions=segments.named(session, segment.conditions))


def _reason(explained: Explained) -> ReasonAnswer:
    return ReasonAnswer(
        conditions=explained.conditions,
        is_true=explained.is_true,
        fact=say(explained.text, explained.values) if explained.text else "",
        children=[_reason(child) for child in explained.children],
    )
