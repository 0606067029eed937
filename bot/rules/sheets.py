"""Rows of a file that somebody brings: Excel in any of its forms, CSV in any of its encodings, a pasted column."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from bot.errors import FieldFault, InvalidInputError

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 300 * 1024 * 1024  # an Excel file is an archive; a small one may unpack to anything
MOST_ROWS = 200_000
MOST_CELLS = 50  # of one row; further ones are not looked at
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

Cell = str | float


@dataclass(frozen=True)
class Row:
    """One row that holds anything; `number` is what the sheet shows at its left, from 1."""

    number: int
    cells: tuple[Cell, ...]  # texts without spaces around them; a float where the sheet holds a number

    def text(self, column: int) -> str:
        """Return a cell as text, empty where there is none; 2026.0 reads 2026."""
        return written(self.cells[column]) if column < len(self.cells) else ""

    def is_number(self, column: int) -> bool:
        """Whether the sheet holds a number there, whose digits Excel may have rounded."""
        return column < len(self.cells) and isinstance(self.cells[column], float)


def read(content: bytes) -> list[Row]:
    """Return the rows of an Excel or CSV file that are not empty.

    Raises InvalidInputError at `file` for a file that is too big, empty, locked, or no table at all.
    """
    if len(content) > MOST_BYTES:
        raise _fault("檔案最多 %(most)s MB。", most=MOST_BYTES // 2**20)
    rows = _excel_rows(content) if content.startswith((ZIP, OLD_EXCEL)) else _csv_rows(content)
    found = [Row(number, cells) for number, given in enumerate(rows, 1) if any(cells := _cells(given))]
    if not found:
        raise _fault("檔案裡沒有任何資料。")
    return found


def written(cell: Cell) -> str:
    """Return a cell as people read it."""
    return f"{cell:.15g}" if isinstance(cell, float) else cell


def _excel_rows(content: bytes) -> Iterator[Sequence[object]]:
    _check_size(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
        ]
        if not names:
            raise _fault("這個 Excel 檔沒有工作表。")
        sheet = book.get_sheet_by_name(names[0])
        rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    except (CalamineError, OSError, ValueError) as error:
        raise _fault("無法開啟這個 Excel 檔；有密碼的話請先移除。") from error
    _check_rows(len(rows))
    return iter(rows)


def _check_size(content: bytes) -> None:
    if not content.startswith(ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _fault("無法開啟這個 Excel 檔；有密碼的話請先移除。") from error
    if size > MOST_UNPACKED:
        raise _fault("檔案最多 %(most)s MB。", most=MOST_BYTES // 2**20)


def _csv_rows(content: bytes) -> Iterator[Sequence[object]]:
    text = _decoded(content).replace("\x00", "")
    first = text.lstrip().partition("\n")[0]
    separator = next((mark for mark in ("\t", ",", ";") if mark in first), ",")
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), MOST_ROWS + 1))
    except csv.Error as error:
        raise _fault("這個檔案不是 Excel 或 CSV。") from error
    _check_rows(len(rows))
    return iter(rows)


def _decoded(content: bytes) -> str:
    """Excel in Taiwan saves CSV as Big5 unless told otherwise, and its Unicode text as UTF-16."""
    marked = [encoding for mark, encoding in BYTE_ORDER_MARKS if content.startswith(mark)]
    for encoding in marked or ["utf-8", "cp950"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _fault("讀不出這個檔案的文字，請存成 UTF-8 的 CSV 或 Excel。")


def _check_rows(count: int) -> None:
    if count > MOST_ROWS:
        raise _fault("一個檔案最多 %(most)s 列，請分成幾個檔案。", most=MOST_ROWS)


def _cells(given: Sequence[object]) -> tuple[Cell, ...]:
    cells = [_cell(value) for value in given[:MOST_CELLS]]
    while cells and cells[-1] == "":
        cells.pop()
    return tuple(cells)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\x00", "").strip()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else ""


def _fault(text: str, **values: object) -> InvalidInputError:
    return InvalidInputError([FieldFault("file", text, tuple(values.items()))])
