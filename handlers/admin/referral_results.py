"""What came of a referral programme: figures, refusals, days, the best inviters, Excel."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.services import referral_figures, referral_sheets, referrals
from bot.services.referral_figures import ReferralDay
from handlers.admin import words
from handlers.admin.access import allow
from handlers.processes import current_runtime
from models import ReferralReason, ReferralState, Role

blueprint = Blueprint("results", __name__)  # inside that of the programmes
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAYS = 30
CHART_HEIGHT = 120  # of the tallest bar
STEP = 16  # from one day to the next


@dataclass(frozen=True)
class Bar:
    """One day of the chart: where it stands and how high it is."""

    day: ReferralDay
    x: int
    arrived: int
    counted: int


@blueprint.get("/<int:program_id>/figures")
@allow(Role.VIEWER)
def show(program_id: int) -> ResponseReturnValue:
    """Show what came of a programme."""
    runtime = current_runtime()
    zone = runtime.settings.zone
    today = runtime.now().astimezone(zone).date()
    with runtime.db() as session:
        program = referrals.get_program(session, program_id)
        figures = referral_figures.figures(session, program_id)
        days = referral_figures.days(session, program_id, zone=zone, last_on=today, count=DAYS)
        best = referral_figures.best_inviters(session, program_id)
    return render_template(
        "admin/referrals/figures.html",
        program=program,
        figures=figures,
        days=days,
        bars=bars_of(days),
        most=most_of(days),
        best=best,
        has_login=runtime.settings.has_login,
        hints=HINTS,
    )


@blueprint.get("/<int:program_id>/figures.xlsx")
@allow(Role.VIEWER)
def download(program_id: int) -> ResponseReturnValue:
    """Give figures, inviters and everybody who came as an Excel file."""
    runtime = current_runtime()
    with runtime.db() as session:
        program = referrals.get_program(session, program_id)
        content = referral_sheets.workbook(session, program, zone=runtime.settings.zone, say=_say)
    answer = Response(content, mimetype=XLSX)
    name = quote(f"{program.name}.xlsx", safe="")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"referral-{program_id}.xlsx\"; filename*=UTF-8''{name}"
    )
    return answer


def bars_of(days: list[ReferralDay]) -> list[Bar]:
    """Return the bars of the chart, the highest as high as the chart."""
    most = most_of(days) or 1
    return [
        Bar(day, place * STEP, day.arrived * CHART_HEIGHT // most, day.counted * CHART_HEIGHT // most)
        for place, day in enumerate(days)
    ]


def most_of(days: list[ReferralDay]) -> int:
    """Return the greatest number of the chart."""
    return max((max(day.arrived, day.counted) for day in days), default=0)


def _say(value: object) -> str:
    return words.of(value) if isinstance(value, ReferralReason | ReferralState) else str(gettext(str(value)))


HINTS = {
    ReferralReason.OWN_LINK: "打開了自己的連結。",
    ReferralReason.WAS_FRIEND: "打開連結以前就是好友，或曾經是好友（包含封鎖後回來的人）。",
    ReferralReason.OTHER_INVITATION: "同一個人打開過好幾個邀請，只有最先的一個計算。",
    ReferralReason.TOO_LATE: "打開連結 24 小時以後才加入好友。",
    ReferralReason.OUTSIDE_PERIOD: "加入好友時活動還沒開始、已經結束或被停用。",
    ReferralReason.NOT_JOINED: "登入後一週內沒有加入好友；我們已經忘記是誰。",
}
