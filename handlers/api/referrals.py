"""Referral programmes over the API: what friends get for bringing friends, and what came of it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import invitations, referral_figures, referrals, tags
from bot.services.plays import Play, play_at
from bot.services.referrals import ProgramContent
from handlers.api.keyword_rules import KeywordAnswer, StartKeywords
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Changes, Moment, PageQuery, TagsGiven
from models import ChatSource, PlayedIn, ReferralProgram, Role

blueprint = Blueprint("api_referrals", __name__)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
InvitationText = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Terms = Annotated[str, StringConstraints(max_length=5000)]
Reward = Annotated[dict[str, Any], Field(examples=[{"points": 30}, {"text": "門市領取贈品"}])]
Friends = Annotated[int, Field(ge=1, le=100_000)]
Reason = Literal["own_link", "was_friend", "other_invitation", "too_late", "outside_period", "not_joined"]


class StepBody(Body):
    """A number of friends, and what it brings."""

    friends: Friends = Field(examples=[3])
    tags: TagsGiven = Field(default=[])
    reward: Reward | None = None


Steps = Annotated[list[StepBody], Field(max_length=20)]


class ProgramBody(Body):
    """A new programme."""

    name: Name = Field(examples=["好友邀請"])
    start_keywords: StartKeywords = Field(default=[])
    invitation: InvitationText = Field(
        default=referrals.INVITATION, description="轉傳給朋友的話，後面會附上連結；{{name}} 是邀請人的名字"
    )
    inviter_tags: TagsGiven = Field(default=[], description="編號或名稱；貼給帶來好友的人")
    invited_tags: TagsGiven = Field(default=[], description="編號或名稱；貼給被邀請來的好友")
    steps: Steps = Field(default=[], description="每個人數只能有一個門檻；要有標籤或獎勵")
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    terms: Terms = Field(default="", description="活動辦法頁面上補充的說明")


class ProgramChanges(Changes):
    """What is to be different; everything else stays."""

    name: Name = ""
    start_keywords: StartKeywords = Field(default=[])
    invitation: InvitationText = ""
    inviter_tags: TagsGiven = Field(default=[])
    invited_tags: TagsGiven = Field(default=[])
    steps: Steps = Field(default=[])
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    terms: Terms = ""


class StepAnswer(Answer):
    """A number of friends, and what it brings."""

    friends: int
    tags: list[str]
    reward: dict[str, Any] | None


class ProgramAnswer(Answer):
    """What is promised for bringing friends."""

    id: int
    code: str
    name: str
    start_keywords: list[KeywordAnswer]
    invitation: str
    inviter_tags: list[str]
    invited_tags: list[str]
    steps: list[StepAnswer]
    active_from: Moment | None
    active_until: Moment | None
    enabled: bool
    terms: str
    counts: bool = Field(description="LINE Login 有開啟；沒有開啟時知道連結被打開，但不知道是誰，不會計算任何人")
    page_url: str
    terms_url: str
    created_at: Moment
    updated_at: Moment


class ProgramPage(Answer):
    """Some of the programmes."""

    items: list[ProgramAnswer]
    next: str | None


class FiguresAnswer(Answer):
    """What came of a programme."""

    links: int = Field(description="拿到專屬連結的好友")
    opened: int
    opened_without_login: int = Field(description="開啟時沒有 LINE Login，不知道是誰")
    not_told: int = Field(description="取消登入或登入失敗，不知道是誰")
    arrived: int = Field(description="登入後認出的人，每個邀請各算一次")
    waiting: int = Field(description="認出了、還沒加入好友")
    counted: int
    refused: dict[Reason, int]
    promised: int = Field(description="已承諾的獎勵")


class InvitationAnswer(Answer):
    """One friend's personal link, and what came of it."""

    id: int
    line_user_id: str
    display_name: str | None
    url: str
    opened: int
    brought: int
    created_at: Moment


class InvitationPage(Answer):
    """Some of the invitations."""

    items: list[InvitationAnswer]
    next: str | None


@blueprint.get("/referral-programs")
@operation(
    "列出好友邀請活動", details="由舊到新。", role=Role.VIEWER, answer=ProgramPage, query=PageQuery, writes=False
)
def list_programs(call: Call, query: PageQuery) -> ProgramPage:
    """Oldest first."""
    found = referrals.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = _answers(call, found[: query.limit])
    return ProgramPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/referral-programs")
@operation("新增好友邀請活動", role=Role.MARKETER, answer=ProgramAnswer, status=201, body=ProgramBody)
def create(call: Call, body: ProgramBody) -> ProgramAnswer:
    """It answers its keywords within two seconds."""
    program = referrals.create(call.session, ProgramContent(**body.model_dump()), by=call.actor, now=call.now)
    return _answers(call, [program])[0]


@blueprint.get("/referral-programs/<int:program_id>")
@operation("讀取好友邀請活動", role=Role.VIEWER, answer=ProgramAnswer, writes=False)
def get(call: Call, program_id: int) -> ProgramAnswer:
    """One programme."""
    return _answers(call, [referrals.get_program(call.session, program_id)])[0]


@blueprint.patch("/referral-programs/<int:program_id>")
@operation(
    "更改好友邀請活動",
    details="只更改提到的欄位。已承諾的獎勵不變；新的門檻若已達成，下一位好友加入時承諾。",
    role=Role.MARKETER,
    answer=ProgramAnswer,
    body=ProgramChanges,
)
def change(call: Call, program_id: int, body: ProgramChanges) -> ProgramAnswer:
    """Only what is named changes."""
    changes = body.model_dump(exclude_unset=True)
    program = referrals.change(call.session, program_id, changes, by=call.actor, now=call.now)
    return _answers(call, [program])[0]


@blueprint.delete("/referral-programs/<int:program_id>")
@operation(
    "刪除好友邀請活動",
    details="已有的連結不再計算，成果保留；還有訊息會開始這個活動時為 409。",
    role=Role.MARKETER,
    status=204,
    refusals=(409,),
)
def delete(call: Call, program_id: int) -> None:
    """What came of it is kept."""
    referrals.delete(call.session, program_id, by=call.actor, now=call.now)


@blueprint.get("/referral-programs/<int:program_id>/figures")
@operation("讀取好友邀請的成果", role=Role.VIEWER, answer=FiguresAnswer, writes=False)
def figures(call: Call, program_id: int) -> FiguresAnswer:
    """What came of it so far."""
    program = referrals.get_program(call.session, program_id)
    found = referral_figures.figures(call.session, program.id)
    refused = {reason.value: count for reason, count in found.refused.items()}
    return FiguresAnswer.model_validate({**vars(found), "refused": refused})


@blueprint.get("/referral-programs/<int:program_id>/invitations")
@operation(
    "列出每位好友的邀請連結",
    details="由舊到新。",
    role=Role.VIEWER,
    answer=InvitationPage,
    query=PageQuery,
    writes=False,
)
def list_invitations(call: Call, program_id: int, query: PageQuery) -> InvitationPage:
    """Oldest first."""
    program = referrals.get_program(call.session, program_id)
    found = referral_figures.page(call.session, program.id, limit=query.limit + 1, after=query.after_big_id)
    play = _play(call)
    items = [
        InvitationAnswer(
            id=one.invitation.id,
            line_user_id=one.friend.line_user_id,
            display_name=one.friend.display_name,
            url=invitations.url_of(one.invitation, play),
            opened=one.invitation.opened,
            brought=one.invitation.brought,
            created_at=one.invitation.created_at,
        )
        for one in found[: query.limit]
    ]
    return InvitationPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


def _play(call: Call) -> Play:
    return play_at(call.runtime.settings, now=call.now, place=PlayedIn.API)


def _answers(call: Call, found: Sequence[ReferralProgram]) -> list[ProgramAnswer]:
    worn = [tag_id for program in found for tag_id in referrals.tags_of_referral(program)]
    names = tags.names_of(call.session, worn)
    play = _play(call)
    own = ("id", "code", "name", "start_keywords", "invitation", "active_from", "active_until", "enabled", "terms")

    def named(tag_ids: Sequence[int]) -> list[str]:
        return [names[tag_id] for tag_id in tag_ids if tag_id in names]

    return [
        ProgramAnswer(
            **{name: getattr(program, name) for name in (*own, "created_at", "updated_at")},
            inviter_tags=named(program.inviter_tags),
            invited_tags=named(program.invited_tags),
            steps=[StepAnswer(**{**step, "tags": named(step["tags"])}) for step in program.steps],
            counts=play.has_login,
            page_url=play.page_url(ChatSource.REFERRAL, program.code),
            terms_url=play.terms_url(ChatSource.REFERRAL, program.code),
        )
        for program in found
    ]
