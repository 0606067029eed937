"""Friends as a file for Excel: CSV as it goes, or a workbook made beside the memory."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from xlsxwriter import Workbook

MARK = "\ufeff"  # without it Excel in Taiwan takes UTF-8 for Big5
ROWS_OF_A_SHEET = 1_000_000
WIDTHS = (36, 24, 17, 17, 40)
RISKY = ("=", "+", "-", "@", "\t", "\r")  # Excel would take a name that begins so for a formula

Row = tuple[str, ...]


def csv_lines(head: Row, slices: Iterable[list[Row]]) -> Iterator[str]:
    """Yield the file a slice at a time; texts that Excel would calculate come with an apostrophe."""
    yield MARK + _written([head])
    for rows in slices:
        yield _written(rows)


def xlsx_file(head: Row, slices: Iterable[list[Row]]) -> IO[bytes]:
    """Return a workbook, on disk until it is closed; a sheet ends before Excel's last row."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 whoever gets it closes it
    with Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, number = None, 0
        for rows in slices:
            for row in rows:
                if sheet is None or number > ROWS_OF_A_SHEET:
                    sheet, number = _sheet(book, head), 1
                sheet.write_row(number, 0, row)
                number += 1
        if sheet is None:
            _sheet(book, head)
    file.seek(0)
    return file


def _sheet(book: Workbook, head: Row) -> "Workbook.Worksheet":
    sheet = book.add_worksheet()
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, head, book.add_format({"bold": True}))
    return sheet


def _written(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(tuple(f"'{cell}" if cell.startswith(RISKY) else cell for cell in row) for row in rows)
    return text.getvalue()
