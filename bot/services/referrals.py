"""Referral programmes as staff and other systems keep them: made, changed, deleted, copied."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.messages import text
from bot.rules.personal_links import SIGNATURE_LETTERS
from bot.rules.referral_contents import INVITATION, ProgramContent, check_program
from bot.rules.referrals import Period
from bot.services import audit, auto_replies, tags, usages
from bot.services.audit import Actor
from bot.services.message_faults import faults_of_keywords, faults_of_messages
from bot.services.public_codes import make_code
from bot.services.rewards import faults_of_reward
from bot.services.usages import tags_of_referral
from models import Invitation, ReferralProgram

__all__ = [
    "INVITATION",
    "ProgramContent",
    "change",
    "content_of",
    "copy",
    "create",
    "delete",
    "find_program",
    "get_program",
    "list_programs",
    "page",
    "period_of",
    "tags_of_referral",
    "toggle",
]

CODE_LENGTH = 8
BIGGEST_ID = 2**31 - 1
COLUMNS = tuple(ProgramContent.__dataclass_fields__)
LONGEST_LINK = len("https://") + 60 + len("/i/") + 20 + SIGNATURE_LETTERS  # a long name of a server


def list_programs(session: Session) -> list[ReferralProgram]:
    """Return every programme that staff did not delete, newest first."""
    query = select(ReferralProgram).where(ReferralProgram.archived_at.is_(None))
    return list(session.scalars(query.order_by(ReferralProgram.id.desc())))


def page(session: Session, *, limit: int, after: int = 0) -> list[ReferralProgram]:
    """Return up to `limit` programmes whose id is greater than `after`, oldest first."""
    query = select(ReferralProgram).where(ReferralProgram.id > after, ReferralProgram.archived_at.is_(None))
    return list(session.scalars(query.order_by(ReferralProgram.id).limit(limit)))


def get_program(session: Session, program_id: int, *, will_change: bool = False) -> ReferralProgram:
    """Return a programme; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(ReferralProgram).where(ReferralProgram.id == program_id, ReferralProgram.archived_at.is_(None))
    if will_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    program = session.scalar(query) if 0 < program_id <= BIGGEST_ID else None
    if program is None:
        raise NotFoundError("找不到這個好友邀請活動。")
    return program


def find_program(session: Session, code: str) -> ReferralProgram | None:
    """Return the programme with this code, None for one that staff deleted."""
    query = select(ReferralProgram).where(ReferralProgram.code == code, ReferralProgram.archived_at.is_(None))
    return session.scalar(query)


def content_of(program: ReferralProgram) -> ProgramContent:
    """Return what was chosen for a programme."""
    return ProgramContent(**{name: getattr(program, name) for name in COLUMNS})


def period_of(program: ReferralProgram) -> Period:
    """Return when a programme counts."""
    is_on = program.enabled and program.archived_at is None
    return Period(is_on, program.active_from, program.active_until)


def create(session: Session, content: ProgramContent, *, by: Actor, now: datetime) -> ReferralProgram:
    """Make a programme. Tags are ids or names. Raises InvalidInputError with each fault at its field."""
    content = _checked(session, content, by=by, now=now)
    code = make_code(CODE_LENGTH)
    program = ReferralProgram(code=code, **vars(content), created_at=now, updated_at=now)
    session.add(program)
    session.flush()
    changes = audit.changed({}, _for_audit(content))
    audit.record(session, by, "create", "referral_program", program.id, now=now, changes=changes)
    auto_replies.touch(session)
    return program


def change(
    session: Session, program_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime
) -> ReferralProgram:
    """Change the fields of ProgramContent that are named. Raises as `create` does, and NotFoundError.

    Rewards that were promised stay; a new step that an inviter has passed already is promised with the next friend.
    """
    program = get_program(session, program_id, will_change=True)
    before = content_of(program)
    after = _checked(session, replace(before, **changes), by=by, now=now)
    differences = audit.changed(_for_audit(before), _for_audit(after))
    if differences:
        for name in differences:
            setattr(program, name, getattr(after, name))
        program.updated_at = now
        session.flush()
        audit.record(session, by, "update", "referral_program", program_id, now=now, changes=differences)
        auto_replies.touch(session)
    return program


def toggle(session: Session, program_id: int, *, by: Actor, now: datetime) -> ReferralProgram:
    """Switch a programme on or off. Raises NotFoundError."""
    program = get_program(session, program_id, will_change=True)
    program.enabled, program.updated_at = not program.enabled, now
    changes = {"enabled": [not program.enabled, program.enabled]}
    audit.record(session, by, "update", "referral_program", program_id, now=now, changes=changes)
    auto_replies.touch(session)
    session.flush()
    return program


def copy(session: Session, program_id: int, *, name: str, by: Actor, now: datetime) -> ReferralProgram:
    """Make another programme like this one, switched off, with no invitation yet. Raises NotFoundError."""
    content = content_of(get_program(session, program_id))
    return create(session, replace(content, name=name, enabled=False), by=by, now=now)


def delete(session: Session, program_id: int, *, by: Actor, now: datetime) -> None:
    """Take a programme away; once somebody has a link for it, everything that came of it is kept.

    Raises NotFoundError, and ConflictError that names what leads to it.
    """
    program = get_program(session, program_id, will_change=True)
    users = usages.users_of_referral(session, program_id)
    if users:
        raise ConflictError("這個好友邀請活動還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    changes = {name: [value, None] for name, value in _for_audit(content_of(program)).items()}
    audit.record(session, by, "delete", "referral_program", program_id, now=now, changes=changes)
    auto_replies.touch(session)
    if session.scalar(select(Invitation.id).where(Invitation.program_id == program_id).limit(1)) is not None:
        program.archived_at, program.enabled = now, False
        session.flush()
    else:
        session.execute(delete_from(ReferralProgram).where(ReferralProgram.id == program_id))


def _checked(session: Session, content: ProgramContent, *, by: Actor, now: datetime) -> ProgramContent:
    """Return the content as it is kept. Raises InvalidInputError."""
    content = replace(
        content,
        name=" ".join(content.name.split()),
        start_keywords=[{"text": one["text"], "match": one.get("match", "exact")} for one in content.start_keywords],
        invitation=content.invitation.replace("\r\n", "\n").strip(),
        terms=content.terms.replace("\r\n", "\n").strip(),
        steps=[_tidied(step) for step in content.steps],
    )
    faults = [
        *check_program(content, longest_link=LONGEST_LINK),
        *faults_of_keywords(content.start_keywords, root="start_keywords", may_be_empty=True),
        *_faults_of_variables(content.invitation),
        *(
            fault
            for position, step in enumerate(content.steps)
            if step["reward"] is not None
            for fault in faults_of_reward(step["reward"], root=f"steps[{position}].reward")
        ),
    ]
    if faults:
        raise InvalidInputError(faults)
    return _with_tags(session, content, by=by, now=now)


def _tidied(step: Mapping[str, Any]) -> dict[str, Any]:
    reward = step.get("reward")
    return {
        "friends": step.get("friends"),
        "tags": list(step.get("tags") or ()),
        "reward": dict(reward) if isinstance(reward, Mapping) and reward else reward or None,
    }


def _with_tags(session: Session, content: ProgramContent, *, by: Actor, now: datetime) -> ProgramContent:
    """Return the content with ids in place of names, the steps in order. Raises InvalidInputError."""

    def ids(given: Sequence[int | str], field: str) -> list[int]:
        return tags.resolve(session, given, by=by, now=now, field=field)

    steps = [step | {"tags": ids(step["tags"], f"steps[{at}].tags")} for at, step in enumerate(_dicts(content.steps))]
    return replace(
        content,
        inviter_tags=ids(content.inviter_tags, "inviter_tags"),
        invited_tags=ids(content.invited_tags, "invited_tags"),
        steps=sorted(steps, key=lambda step: int(step["friends"])),
    )


def _dicts(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(step) for step in steps]


def _faults_of_variables(invitation: str) -> list[FieldFault]:
    found = faults_of_messages([text(invitation)], root="messages", may_be_empty=True) if invitation else []
    return [replace(fault, field="invitation") for fault in found]


def _for_audit(content: ProgramContent) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(content).items()
    }
