"""Invitations: each friend's own link, what is said about it, and the page that it opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import ConflictError, NotFoundError
from bot.messages import LineMessage, text
from bot.rules.personal_links import seal
from bot.services import invitation_messages, referrals
from bot.services.auto_replies import Said
from bot.services.invitation_messages import reward_words
from bot.services.plays import Play
from bot.services.public_codes import make_code
from bot.services.referral_arrivals import settle
from bot.services.referral_counts import count_follows
from bot.services.referrals import ProgramContent
from models import ChatSource, Friend, FriendState, Invitation, Referral, ReferralProgram, ReferralState

__all__ = [
    "TAP",
    "InvitationPage",
    "InvitationRefusedError",
    "Step",
    "count_follows",
    "open_page",
    "reward_words",
    "sample",
    "settle",
    "start",
    "take_tap",
    "url_of",
]

CODE_LENGTH = 10
TAP = "referral:start:"


class InvitationRefusedError(ConflictError):
    """Somebody cannot invite; the friend reads the sentence, a page acts by `reason`."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Step:
    """A number of friends, and what it brings."""

    friends: int
    reward: str | None
    is_reached: bool


@dataclass(frozen=True)
class InvitationPage:
    """What a friend sees of a programme: the own link, how many came, the steps."""

    name: str
    link: str
    words: str  # what to pass on, with the link
    share_url: str
    terms_url: str
    brought: int
    waiting: int  # opened it and have not followed yet
    said: str
    steps: list[Step]
    has_login: bool
    refusal: str | None  # why nothing counts at this moment


def start(session: Session, program_id: int, friend: Friend, play: Play) -> Said | None:
    """Say a friend's own link, how many came by it and what comes next; None for a programme that is not there."""
    try:
        program = referrals.get_program(session, program_id)
    except NotFoundError:
        return None
    refusal = _refusal(program, play)
    if refusal:
        return Said([text(refusal)], ChatSource.REFERRAL, program.id)
    page = _page(session, program, friend, play)
    messages = invitation_messages.personal_link(
        page.name,
        page.words,
        page.share_url,
        page.said,
        page_url=play.page_url(ChatSource.REFERRAL, program.code),
        terms_url=page.terms_url,
    )
    return Said(messages, ChatSource.REFERRAL, program.id)


def take_tap(session: Session, data: str, friend: Friend, play: Play) -> Said | None:
    """Answer the button `referral:start:CODE`; None for postback data of somebody else."""
    if not data.startswith(TAP):
        return None
    program = referrals.find_program(session, data.removeprefix(TAP))
    said = start(session, program.id, friend, play) if program else None
    return said or Said([text(invitation_messages.UNKNOWN)], ChatSource.REFERRAL)


def sample(content: ProgramContent, play: Play, *, name: str) -> list[LineMessage]:
    """Return what a friend of this name would read, with a link that leads nowhere; for staff who write it."""
    link = f"{play.public_url}/i/{'x' * CODE_LENGTH}…"
    words = invitation_messages.to_pass_on(content.invitation, link, name=name)
    return invitation_messages.personal_link(
        content.name,
        words,
        invitation_messages.share_address(words, link),
        invitation_messages.progress(0, content.steps),
        page_url=play.public_url,
        terms_url=play.public_url,
    )


def open_page(session: Session, code: str, friend: Friend, play: Play) -> InvitationPage:
    """Return what the page inside LINE shows to a friend.

    Raises NotFoundError, and InvitationRefusedError for somebody who blocked the account: nothing could be told there.
    """
    program = referrals.find_program(session, code)
    if program is None:
        raise NotFoundError("找不到這個好友邀請活動。")
    if friend.state is FriendState.NOT_FOLLOWING:
        raise InvitationRefusedError("not_friend", "要先加入官方帳號為好友，才能邀請朋友。")
    return _page(session, program, friend, play)


def find_or_make(session: Session, program: ReferralProgram, friend: Friend, *, now: datetime) -> Invitation:
    """Return a friend's one invitation for a programme, also when it is asked for twice in the same moment."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Invitation).values(
        program_id=program.id,
        friend_id=friend.id,
        code=make_code(CODE_LENGTH),
        opened=0,
        opened_without_login=0,
        not_told=0,
        brought=0,
        created_at=now,
    )
    query = select(Invitation).where(Invitation.program_id == program.id, Invitation.friend_id == friend.id)
    found = session.scalar(query)
    if found is not None:
        return found
    keys = ["program_id", "friend_id"]
    session.execute(row.on_conflict_do_nothing(index_elements=keys))
    return session.scalars(query).one()


def url_of(invitation: Invitation, play: Play) -> str:
    """Return the personal link that a friend passes on. Raises ValueError for a play without a key: see `play_at`."""
    if not play.link_key:
        raise ValueError("a personal link needs a key")
    return f"{play.public_url}/i/{seal(invitation.code, play.link_key)}"


def _page(session: Session, program: ReferralProgram, friend: Friend, play: Play) -> InvitationPage:
    invitation = find_or_make(session, program, friend, now=play.now)
    comes = (Referral.invitation_id == invitation.id, Referral.state == ReferralState.WAITING)
    waiting = session.scalar(select(func.count()).select_from(Referral).where(*comes)) or 0
    link = url_of(invitation, play)
    words = invitation_messages.to_pass_on(program.invitation, link, name=friend.display_name or "")
    return InvitationPage(
        name=program.name,
        link=link,
        words=words,
        share_url=invitation_messages.share_address(words, link),
        terms_url=play.terms_url(ChatSource.REFERRAL, program.code),
        brought=invitation.brought,
        waiting=waiting,
        said=invitation_messages.progress(invitation.brought, program.steps),
        steps=[_step(step, invitation.brought) for step in program.steps],
        has_login=play.has_login,
        refusal=_refusal(program, play),
    )


def _step(step: Mapping[str, Any], brought: int) -> Step:
    reward = reward_words(step["reward"]) if step["reward"] else None
    return Step(friends=step["friends"], reward=reward, is_reached=step["friends"] <= brought)


def _refusal(program: ReferralProgram, play: Play) -> str | None:
    """Return why nothing counts at this moment, as friends read it; None if everything does."""
    if referrals.period_of(program).holds(play.now):
        return None if play.has_login else invitation_messages.NO_LOGIN
    is_early = program.enabled and program.active_from is not None and play.now < program.active_from
    return invitation_messages.NOT_BEGUN if is_early else invitation_messages.OVER
