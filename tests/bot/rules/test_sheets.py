"""Files that staff bring are read as they look in Excel."""

import io
import zipfile
from typing import Any

import pytest
import xlsxwriter

from bot.errors import InvalidInputError
from bot.rules import sheets
from bot.rules.sheets import Row


def excel(*rows: list[Any], hidden_first: bool = False) -> bytes:
    """An Excel file with these rows on its sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        if hidden_first:
            book.add_worksheet("隱藏").hide()
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.activate()
        sheet.set_first_sheet()
    return file.getvalue()


def texts(content: bytes) -> list[list[str]]:
    return [[row.text(column) for column in range(len(row.cells))] for row in sheets.read(content)]


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidInputError) as refused:
        sheets.read(content)
    (fault,) = refused.value.faults
    assert fault.field == "file"
    return fault.text


def test_an_excel_file_keeps_its_row_numbers_and_tells_numbers_from_texts() -> None:
    rows = sheets.read(excel(["UID", "標籤"], [], [" Uabc ", 2026], [1234567890123456, "會員"]))
    assert [row.number for row in rows] == [1, 3, 4]
    assert rows[1] == Row(3, ("Uabc", 2026.0))
    assert (rows[1].text(1), rows[1].is_number(1), rows[1].is_number(0), rows[1].text(9)) == ("2026", True, False, "")
    assert rows[2].is_number(0)


def test_the_first_sheet_that_can_be_seen_is_read() -> None:
    assert texts(excel(["看得到"], hidden_first=True)) == [["看得到"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_csv_is_read_in_every_encoding_that_excel_in_taiwan_writes(encoding: str) -> None:
    assert texts('UID,標籤\r\nU1,"嬰兒, 副食品"\r\n'.encode(encoding)) == [["UID", "標籤"], ["U1", "嬰兒, 副食品"]]


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_columns_may_be_parted_by_tab_semicolon_or_comma(mark: str) -> None:
    assert texts(f"U1{mark}會員{mark}移除\nU2{mark}會員".encode()) == [["U1", "會員", "移除"], ["U2", "會員"]]


def test_a_pasted_column_is_read_line_by_line() -> None:
    assert [(row.number, row.text(0)) for row in sheets.read(b"U1\n\n  U2  \n")] == [(1, "U1"), (3, "U2")]


def test_what_is_no_table_is_refused_with_the_reason() -> None:
    unpacked = io.BytesIO()
    with zipfile.ZipFile(unpacked, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    assert "沒有任何資料" in refusal(b"")
    assert "沒有任何資料" in refusal(b"\n , \n")
    assert "無法開啟" in refusal(b"PK\x03\x04 no archive")
    assert "無法開啟" in refusal(b"\xd0\xcf\x11\xe0 no workbook")
    assert "最多" in refusal(unpacked.getvalue())
    assert "最多" in refusal(b"U\n" * (sheets.MOST_ROWS + 1))
    assert "最多" in refusal(b"x" * (sheets.MOST_BYTES + 1))
    assert "UTF-8" in refusal(b"\xff\xff\xff\x81")
    assert "不是" in refusal(b'"' + b"x" * 200_000)
