"""A referral programme as an Excel file: the figures, every inviter, everybody who came."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.services import referral_figures
from models import Friend, Invitation, Referral, ReferralProgram

MOST_ROWS = 1_048_575  # of a sheet, below its heading
MOMENT = "yyyy/mm/dd hh:mm"

Say = Callable[[object], str]


def workbook(session: Session, program: ReferralProgram, *, zone: ZoneInfo, say: Say) -> bytes:
    """Return the file. `say` puts headings, states and reasons into the reader's words."""
    written = BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,  # what friends call themselves is never a formula
        "strings_to_urls": False,
        "default_date_format": MOMENT,
        "remove_timezone": True,
    }
    with Workbook(written, options) as book:
        _write_figures(book.add_worksheet(say("成果")), session, program, say)
        _write_inviters(book.add_worksheet(say("邀請人")), session, program, zone, say)
        _write_referrals(book.add_worksheet(say("被邀請的人")), session, program, zone, say)
    return written.getvalue()


def _write_figures(sheet: Worksheet, session: Session, program: ReferralProgram, say: Say) -> None:
    found = referral_figures.figures(session, program.id)
    rows: list[tuple[str, int | str]] = [
        (say("活動"), program.name),
        (say("邀請連結"), found.links),
        (say("開啟"), found.opened),
        (say("登入後認出的人"), found.arrived),
        (say("計算"), found.counted),
        (say("等待加入"), found.waiting),
        *((say(reason), count) for reason, count in found.refused.items()),
        (say("沒有開啟 LINE Login，不知道是誰"), found.opened_without_login),
        (say("取消登入或登入失敗，不知道是誰"), found.not_told),
        (say("承諾的獎勵"), found.promised),
    ]
    sheet.set_column(0, 0, 34)
    _write_rows(sheet, rows, first=0)


def _write_inviters(sheet: Worksheet, session: Session, program: ReferralProgram, zone: ZoneInfo, say: Say) -> None:
    _head(sheet, [say(one) for one in ("好友", "LINE 使用者 ID", "開啟", "帶來的好友", "拿到連結的時間")])
    rows = (
        (
            one.friend.display_name or "",
            one.friend.line_user_id,
            one.invitation.opened,
            one.invitation.brought,
            _local(one.invitation.created_at, zone),
        )
        for one in referral_figures.all_inviters(session, program.id)
    )
    _write_rows(sheet, rows, first=1)


def _write_referrals(sheet: Worksheet, session: Session, program: ReferralProgram, zone: ZoneInfo, say: Say) -> None:
    _head(sheet, [say(one) for one in ("LINE 使用者 ID", "邀請人", "結果", "原因", "開啟時間", "登入時間", "計算時間")])
    rows = (
        (
            one.line_user_id or "",
            inviter,
            say(one.state),
            say(one.reason) if one.reason else "",
            _local(one.opened_at, zone),
            _local(one.arrived_at, zone),
            _local(one.counted_at, zone),
        )
        for one, inviter in _with_inviters(session, program)
    )
    _write_rows(sheet, rows, first=1)


def _with_inviters(session: Session, program: ReferralProgram) -> Iterable[tuple[Referral, str]]:
    """Yield everybody who came, with the LINE user id of the inviter."""
    known: dict[int, str] = {}
    for referral in referral_figures.all_referrals(session, program.id):
        if referral.invitation_id not in known:
            query = select(Friend.line_user_id).join(Invitation, Invitation.friend_id == Friend.id)
            known[referral.invitation_id] = session.scalar(query.where(Invitation.id == referral.invitation_id)) or ""
        yield referral, known[referral.invitation_id]


def _head(sheet: Worksheet, titles: Sequence[str]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(titles) - 1, 18)
    sheet.write_row(0, 0, titles)


def _write_rows(sheet: Worksheet, rows: Iterable[Sequence[Any]], *, first: int) -> None:
    for position, row in enumerate(rows):
        if position >= MOST_ROWS:
            return
        sheet.write_row(first + position, 0, row)


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None
