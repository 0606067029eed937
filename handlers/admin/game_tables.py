"""The draws of a game as an Excel file. What friends call themselves is text, never a formula."""

from collections.abc import Iterable, Sequence
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from bot.services import games
from bot.services.game_figures import DrawRow, GameFigures
from handlers.admin import words
from models import Game

MOST_ROWS = 1_048_575  # of an Excel sheet, below its head
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEAD = (
    *(_l("編號"), _l("時間"), _l("使用者 ID"), _l("名稱"), _l("第幾次"), _l("獎項")),
    *(_l("號碼"), _l("當時的機率"), _l("在哪裡抽")),
)
FIGURES_HEAD = (_l("獎項"), _l("總數"), _l("送出"), _l("應有次數"))


def write(file: IO[bytes], game: Game, figures: GameFigures, rows: Iterable[DrawRow], *, zone: ZoneInfo) -> None:
    """Write a sheet of figures and one of draws, which goes on in others where Excel ends."""
    names = {one.prize.id: one.prize.name for one in figures.prizes}
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        bold = book.add_format({"bold": True})
        _write_figures(book, figures, bold)
        sheets, line, sheet = 0, MOST_ROWS, None
        for row in rows:
            if line >= MOST_ROWS or sheet is None:
                sheets, line = sheets + 1, 0
                sheet = _begin(book, sheets, bold)
            line += 1
            _put(sheet, line, _draw(row, names, zone))
        if sheet is None:
            _begin(book, 1, bold)
        book.set_properties({"title": game.name})


def _write_figures(book: Any, figures: GameFigures, bold: Any) -> None:
    sheet = book.add_worksheet(gettext("統計"))
    sheet.set_column(0, 0, 28)
    _put(sheet, 0, [str(title) for title in FIGURES_HEAD], bold)
    lines: list[Sequence[Any]] = [
        (one.prize.name, one.prize.stock, one.won, round(one.expected, 2)) for one in figures.prizes
    ]
    lines.append((gettext("沒有中獎"), None, figures.won_nothing, round(figures.expects_nothing, 2)))
    lines.append((gettext("抽獎次數"), None, figures.draws, None))
    lines.append((gettext("參加人數"), None, figures.friends, None))
    for at, line in enumerate(lines, 1):
        _put(sheet, at, line)


def _begin(book: Any, number: int, bold: Any) -> Any:
    sheet = book.add_worksheet(gettext("抽獎紀錄") + (f" {number}" if number > 1 else ""))
    sheet.set_column(0, len(HEAD), 18)
    sheet.freeze_panes(1, 0)
    _put(sheet, 0, [str(title) for title in HEAD], bold)
    return sheet


def _draw(row: DrawRow, names: dict[int, str], zone: ZoneInfo) -> Sequence[Any]:
    odds = "、".join(
        f"{names.get(prize_id, prize_id)} {games.percent_of(parts)}%" for prize_id, parts in row.odds().items()
    )
    return (
        row.draw.id,
        f"{row.draw.drawn_at.astimezone(zone):%Y/%m/%d %H:%M:%S}",
        row.friend.line_user_id,
        row.friend.display_name or "",
        row.draw.number,
        row.prize.name if row.prize else gettext("沒有中獎"),
        row.draw.ticket,
        odds,
        words.of(row.draw.place),
    )


def _put(sheet: Any, line: int, cells: Sequence[Any], form: Any = None) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(line, column, cell, form)
        elif cell is not None:
            sheet.write_number(line, column, cell, form)
