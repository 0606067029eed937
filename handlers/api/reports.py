"""Reports over the API."""

from datetime import date, timedelta
from typing import Annotated

from flask import Blueprint
from pydantic import BeforeValidator, Field

from bot.errors import FieldFault, InvalidInputError
from bot.services import reports
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Query
from models import Role

blueprint = Blueprint("api_reports", __name__)

MOST_DAYS = 366
USUAL_DAYS = 30
FIRST_YEAR, LAST_YEAR = 2000, 8999
WRITTEN_DAY = 10


def _read_day(value: object) -> object:
    """Only 2026-11-20 is a day; numbers and other spellings of it are not."""
    return value if isinstance(value, date) or (isinstance(value, str) and len(value) == WRITTEN_DAY) else ""


Day = Annotated[date, BeforeValidator(_read_day)]


class DaysQuery(Query):
    """From one day to another, both within; without them the last thirty days."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None


class BlockDay(Answer):
    """One day of the account's time zone."""

    on: date
    joined: int
    returned: int = Field(description="加入者中的回鍋好友")
    blocked: int
    friends_before: int | None
    block_rate: float | None = Field(description="無法統計時為 null")


class BlockSource(Answer):
    """One way of coming."""

    source: str | None = Field(description="追蹤連結的代碼；LINE 未提供時為 null")
    name: str | None
    joined: int
    blocked: int
    block_rate: float | None


class BlockReport(Answer):
    """Who came and who blocked."""

    days: list[BlockDay]
    sources: list[BlockSource]


@blueprint.get("/reports/blocks")
@operation(
    "封鎖率報表",
    details="依日期與加入管道；未指定日期時為最近 30 天。",
    role=Role.VIEWER,
    answer=BlockReport,
    query=DaysQuery,
    writes=False,
)
def blocks(call: Call, query: DaysQuery) -> BlockReport:
    """By day and by way of coming."""
    zone = call.runtime.settings.zone
    last_on = query.to or call.now.astimezone(zone).date()
    _check_year(last_on, "to")
    first_on = query.from_ or last_on - timedelta(days=USUAL_DAYS - 1)
    _check_year(first_on, "from")
    count = (last_on - first_on).days + 1
    if not 1 <= count <= MOST_DAYS:
        text = "起日不能晚於迄日，最多 %(most)s 天。"
        raise InvalidInputError([FieldFault("from", text, (("most", MOST_DAYS),))])
    days = reports.days(call.session, zone=zone, last_on=last_on, count=count)
    sources = reports.by_source(call.session, zone=zone, last_on=last_on, count=count)
    return BlockReport(
        days=[BlockDay(**{name: getattr(day, name) for name in BlockDay.model_fields}) for day in days],
        sources=[
            BlockSource(
                source=one.link.code if one.link else None,
                name=one.link.name if one.link else None,
                joined=one.joined,
                blocked=one.blocked,
                block_rate=one.block_rate,
            )
            for one in sources
        ],
    )


def _check_year(day: date, field: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        limits = (("first", FIRST_YEAR), ("last", LAST_YEAR))
        raise InvalidInputError([FieldFault(field, "年份要在 %(first)s 與 %(last)s 之間。", limits)])
