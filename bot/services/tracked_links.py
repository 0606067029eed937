"""Tracked links: made, counted when opened, and named as the way through which a friend came."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import segno
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules.link_previews import is_preview
from bot.services import audit, usages
from bot.services import tags as tag_rows
from bot.services.audit import Actor
from bot.services.link_arrivals import credit, explain_follow, explain_follows, forget_strangers
from bot.services.link_figures import LinkFigures, figures
from bot.services.public_codes import make_code
from models import LinkDay, LinkKind, TrackedLink

__all__ = [
    "LinkFigures",
    "archive",
    "change",
    "count_opening",
    "create",
    "credit",
    "explain_follow",
    "explain_follows",
    "figures",
    "find_link",
    "forget_strangers",
    "get_link",
    "is_counted",
    "list_links",
    "qr_png",
    "qr_svg",
    "restore",
    "url_of",
]

CODE_LENGTH = 7
GIVEN_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
RESERVED_CODES = frozenset({"return"})  # the way back from LINE Login
LONGEST_NAME = 100
BIGGEST_ID = 2**31 - 1


def list_links(session: Session) -> list[TrackedLink]:
    """Return every link: those in use before the archived ones, newest first."""
    order = (TrackedLink.archived_at.is_not(None), TrackedLink.id.desc())
    return list(session.scalars(select(TrackedLink).order_by(*order)))


def find_link(session: Session, code: str) -> TrackedLink | None:
    """Return the link with this code."""
    if GIVEN_CODE.fullmatch(code) is None:
        return None
    return session.scalar(select(TrackedLink).where(TrackedLink.code == code))


def get_link(session: Session, link_id: int, *, will_change: bool = False) -> TrackedLink:
    """Return one link; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(TrackedLink).where(TrackedLink.id == link_id)
    if will_change:
        query = query.with_for_update()
    link = session.scalar(query) if 0 < link_id <= BIGGEST_ID else None
    if link is None:
        raise NotFoundError("找不到這個追蹤連結。")
    return link


def url_of(link: TrackedLink, *, public_url: str) -> str:
    """Return the address that goes onto posters and into QR codes."""
    return f"{public_url}/l/{link.code}"


def create(
    session: Session,
    *,
    name: str,
    code: str | None = None,
    tags: Sequence[int | str] = (),
    by: Actor,
    now: datetime,
) -> TrackedLink:
    """Make a link, with a code of its own unless one is given. Tags are ids or names.

    Raises InvalidInputError, or ConflictError when the code is taken.
    """
    faults = _faults_of_name(name) + _faults_of_code(code)
    if faults:
        raise InvalidInputError(faults)
    tag_ids = tag_rows.resolve(session, tags, by=by, now=now)
    code = code or make_code(CODE_LENGTH)
    link = _insert(session, code=code, name=name.strip(), tags=tag_ids, created_at=now)
    if link is None:
        raise ConflictError("代碼「%(code)s」已經有連結使用。", code=code)
    changes = audit.changed({}, {"name": link.name, "code": link.code, "tags": link.tags})
    audit.record(session, by, "create", "tracked_link", link.id, now=now, changes=changes)
    return link


def _insert(session: Session, **columns: Any) -> TrackedLink | None:
    """Make a link unless the code is taken, also by a transaction that commits in this moment."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(TrackedLink).values(kind=LinkKind.ENTRY, **columns).on_conflict_do_nothing(index_elements=["code"])
    return session.scalar(row.returning(TrackedLink))


def _faults_of_name(name: object) -> list[FieldFault]:
    kept = name.strip() if isinstance(name, str) else ""
    if not kept:
        return [FieldFault("name", "請填寫連結名稱。")]
    if len(kept) > LONGEST_NAME:
        return [FieldFault("name", "連結名稱最多 %(most)s 個字。", (("most", LONGEST_NAME),))]
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in kept):
        return [FieldFault("name", "連結名稱含有無法使用的字元。")]
    return []


def _faults_of_code(code: str | None) -> list[FieldFault]:
    if not code:
        return []
    if GIVEN_CODE.fullmatch(code) is None:
        return [FieldFault("code", "代碼只能用 1 到 40 個英文字母、數字、「-」和「_」。")]
    if code.lower() in RESERVED_CODES:
        return [FieldFault("code", "這個代碼保留給系統使用，請換一個。")]
    return []


def change(session: Session, link_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> TrackedLink:
    """Change `name` or `tags`; the code stays, because it is printed. Raises as `create` does, and NotFoundError."""
    link = get_link(session, link_id, will_change=True)
    faults = [FieldFault(field, "這個欄位不能更改。") for field in changes if field not in ("name", "tags")]
    if "name" in changes:
        faults += _faults_of_name(changes["name"])
    if faults:
        raise InvalidInputError(faults)
    after: dict[str, Any] = {}
    if "name" in changes:
        after["name"] = changes["name"].strip()
    if "tags" in changes:
        after["tags"] = tag_rows.resolve(session, changes["tags"], by=by, now=now)
    _apply(session, link, "update", after, by=by, now=now)
    return link


def archive(session: Session, link_id: int, *, by: Actor, now: datetime) -> TrackedLink:
    """Take a link out of use: it still leads to the account and counts nothing any more.

    Raises NotFoundError, and ConflictError that lists the segments that ask who came through it.
    """
    link = get_link(session, link_id, will_change=True)
    users = usages.users_of_link(session, link_id) if link.archived_at is None else []
    if users:
        raise ConflictError("這個連結還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    if link.archived_at is None:
        _apply(session, link, "archive", {"archived_at": now}, by=by, now=now)
    return link


def restore(session: Session, link_id: int, *, by: Actor, now: datetime) -> TrackedLink:
    """Take an archived link into use again. Raises NotFoundError."""
    link = get_link(session, link_id, will_change=True)
    _apply(session, link, "restore", {"archived_at": None}, by=by, now=now)
    return link


def _apply(
    session: Session, link: TrackedLink, action: str, after: Mapping[str, Any], *, by: Actor, now: datetime
) -> None:
    differences = audit.changed({name: getattr(link, name) for name in after}, after)
    if not differences:
        return
    for name in differences:
        setattr(link, name, after[name])
    shown = {
        name: [str(one) if isinstance(one, datetime) else one for one in pair] for name, pair in differences.items()
    }
    audit.record(session, by, action, "tracked_link", link.id, now=now, changes=shown)
    session.flush()


def is_counted(link: TrackedLink, *, user_agent: str) -> bool:
    """Whether an opening counts: by a person, of a link in use."""
    return link.archived_at is None and not is_preview(user_agent)


def count_opening(session: Session, link: TrackedLink, *, now: datetime, zone: ZoneInfo) -> None:
    """Count one opening on the account's present day; openings at the same moment all count."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(LinkDay).values(tracked_link_id=link.id, on=now.astimezone(zone).date(), opened=1)
    keys = ["tracked_link_id", "on"]
    session.execute(row.on_conflict_do_update(index_elements=keys, set_={"opened": LinkDay.opened + 1}))


def qr_svg(url: str) -> str:
    """Return the QR code of an address as SVG, to be put into a page."""
    drawn: str = segno.make(url, micro=False).svg_inline(scale=8, light="white")
    return drawn


def qr_png(url: str, *, scale: int = 10) -> bytes:
    """Return the QR code of an address as a PNG of `scale` dots for each module."""
    picture = BytesIO()
    segno.make(url, micro=False).save(picture, kind="png", scale=scale)
    return picture.getvalue()
