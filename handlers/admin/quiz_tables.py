"""The answers to a quiz as an Excel file. What friends wrote is text, never a formula."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from bot.services.quiz_answer_lists import Row
from bot.services.quiz_figures import QuizFigures
from bot.services.quiz_questions import Question
from handlers.admin import words
from handlers.admin.quiz_words import KINDS

MOST_ROWS = 1_048_575  # of an Excel sheet, below its head
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEAD = (
    *(_l("使用者 ID"), _l("名稱"), _l("第幾次"), _l("狀態"), _l("版本")),
    *(_l("開始時間"), _l("完成時間"), _l("結果"), _l("分數")),
)
Cell = str | int | float | None


def write(
    file: IO[bytes], figures: QuizFigures, questions: Sequence[Question], rows: Iterable[Row], *, zone: ZoneInfo
) -> None:
    """Write a sheet of counts and one of attempts, which goes on in others where Excel ends."""
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        _write_sheet(book, gettext("統計"), _counts(figures), bold)
        sheets, sheet, line = 0, None, MOST_ROWS
        for row in rows:
            if line >= MOST_ROWS or sheet is None:
                sheets += 1
                sheet = _begin(book, gettext("作答") + (f" {sheets}" if sheets > 1 else ""), _head(questions), bold)
                line = 0
            line += 1
            _put(sheet, line, _attempt(row, questions, zone))
        if sheet is None:
            _begin(book, gettext("作答"), _head(questions), bold)


def _begin(book: Any, name: str, head: Sequence[Cell], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(head), 18)
    sheet.freeze_panes(1, 0)
    _put(sheet, 0, head, bold)
    return sheet


def _write_sheet(book: Any, name: str, lines: Iterable[Sequence[Cell]], bold: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 5, 16)
    for place, line in enumerate(lines):
        _put(sheet, place, line, bold if len(line) > 1 and place and line[1] == gettext("作答人次") else None)


def _put(sheet: Any, line: int, cells: Sequence[Cell], look: Any = None) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(line, column, cell, look)
        elif cell is not None:
            sheet.write_number(line, column, cell, look)


def _head(questions: Sequence[Question]) -> list[Cell]:
    return [*map(str, HEAD), *(question.text for question in questions)]


def _attempt(row: Row, questions: Sequence[Question], zone: ZoneInfo) -> list[Cell]:
    fixed: list[Cell] = [
        row.line_user_id,
        row.display_name or "",
        row.number,
        words.of(row.state),
        row.version,
        _moment(row.started_at, zone),
        _moment(row.finished_at, zone),
        row.result or "",
        row.score,
    ]
    return fixed + [_answer(question, row.answers.get(question.key, ())) for question in questions]


def _answer(question: Question, given: Sequence[str]) -> Cell:
    """Choices in their words; a number as a number; everything else, phone numbers too, as text."""
    if question.kind == "number" and len(given) == 1:
        try:
            return float(given[0])
        except ValueError:
            return given[0]
    return "、".join(question.choices.get(one, one) for one in given)


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y/%m/%d %H:%M:%S") if moment else ""


def _counts(figures: QuizFigures) -> Iterable[list[Cell]]:
    yield [gettext("開始作答"), figures.started]
    yield [gettext("完成"), figures.finished]
    for one in figures.questions:
        question = one.question
        yield []
        yield [question.text, gettext("作答人次"), gettext("百分比"), gettext("好友數")]
        yield [gettext("題型"), str(KINDS.get(question.kind, question.kind))]
        for choice in one.choices:
            yield [choice.text, choice.answers, round((choice.share or 0) * 100, 1), choice.friends]
        if one.numbers:
            yield [gettext("平均"), round(one.numbers.average, 3)]
            yield [gettext("最小"), one.numbers.least]
            yield [gettext("最大"), one.numbers.most]
        yield [gettext("已回答"), one.answered]
        yield [gettext("跳過"), one.skipped]
        yield [gettext("停在這一題"), one.dropped]
    if figures.results:
        yield []
        yield [gettext("結果"), gettext("作答人次"), gettext("百分比")]
        for result in figures.results:
            yield [result.name or gettext("沒有結果"), result.attempts, round(result.share * 100, 1)]
