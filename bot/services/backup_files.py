"""The file of a backup: gzipped lines of JSON, readable with `zcat`, and checked to its last line.

First a line about the file, then for each table a line with its columns and a line for each
row, at the end the number of rows by table and a checksum over everything before.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from bot.errors import BotError

FORMAT = 1
COMPRESSION = 5
ROWS_AT_ONCE = 1000
ONLY_OURS = 0o600  # it holds what friends said


def _plain(value: object) -> str:
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"no place in a backup for {type(value).__name__}")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


class BackupFileError(BotError):
    """The file cannot be restored; nothing was changed."""


@dataclass(frozen=True)
class Batch:
    """Some rows of one table, in the order of its columns."""

    table: str
    columns: list[str]
    rows: list[list[Any]]


class Writer:
    """Writes one backup, line by line, in constant memory."""

    def __init__(self, stream: BinaryIO, *, revision: str | None, made_at: datetime) -> None:
        self._stream = stream
        self._checksum = hashlib.sha256()
        self.counts: dict[str, int] = {}
        self._write({"yanglai_backup": FORMAT, "revision": revision, "made_at": made_at})

    def write_table(self, table: str, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
        """Write a table's columns and all of its rows."""
        self._write({"table": table, "columns": columns})
        count = 0
        for row in rows:
            self._write(list(row))
            count += 1
        self.counts[table] = count

    def close(self) -> None:
        """Write the last line, without which nobody takes the file."""
        self._write({"end": self.counts, "sha256": self._checksum.hexdigest()})

    def _write(self, value: object) -> None:
        line = _encode(value).encode("utf-8", "surrogatepass") + b"\n"  # JSON text may hold half a pair
        self._checksum.update(line)
        self._stream.write(line)


@contextmanager
def write(file: Path, *, revision: str | None, made_at: datetime) -> Iterator[Writer]:
    """Open a backup for writing; `file` appears, or is replaced, only once it is whole. Raises OSError."""
    part = file.with_name(file.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ONLY_OURS)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.GzipFile("", "wb", COMPRESSION, raw) as stream:
                writer = Writer(cast("BinaryIO", stream), revision=revision, made_at=made_at)
                yield writer
                writer.close()
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def read(file: Path, *, revision: str | None, columns: Mapping[str, Sequence[str]]) -> Iterator[Batch]:
    """Yield the rows in batches, tables in the order of the file.

    Raises BackupFileError for a file of another schema at once, and for one that is broken or
    cut at the latest after its last row: take nothing for granted before the end.
    """
    try:
        with gzip.open(file, "rb") as stream:
            yield from _Reading(cast("Iterator[bytes]", stream), columns).batches(revision)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BackupFileError("備份檔已損毀或不完整，無法還原。") from error
    except OSError as error:
        raise BackupFileError("備份檔無法讀取：%(reason)s", reason=error.strerror or type(error).__name__) from error


class _Reading:
    def __init__(self, lines: Iterator[bytes], columns: Mapping[str, Sequence[str]]) -> None:
        self._lines = lines
        self._columns = columns
        self._checksum = hashlib.sha256()
        self._counts: dict[str, int] = {}

    def batches(self, revision: str | None) -> Iterator[Batch]:
        self._check_header(self._next(), revision)
        line = self._next()
        while isinstance(line, dict) and "table" in line:
            table, names = self._check_table(line)
            rows: list[list[Any]] = []
            while isinstance(line := self._next(), list):
                rows.append(line)
                if len(rows) == ROWS_AT_ONCE:
                    yield Batch(table, names, rows)
                    self._counts[table] += len(rows)
                    rows = []
            if rows:
                yield Batch(table, names, rows)
                self._counts[table] += len(rows)
        self._check_end(line)

    def _next(self) -> Any:
        line = next(self._lines, b"")
        self._before = self._checksum.hexdigest() if line.startswith(b'{"end"') else ""
        self._checksum.update(line)
        try:
            return json.loads(line)
        except ValueError as error:
            raise BackupFileError("備份檔已損毀或不完整，無法還原。") from error

    def _check_header(self, line: object, revision: str | None) -> None:
        if not isinstance(line, dict) or "yanglai_backup" not in line:
            raise BackupFileError("這不是仰賴的備份檔。")
        if line["yanglai_backup"] != FORMAT:
            raise BackupFileError("備份檔的格式版本 %(found)s 不受支援。", found=line["yanglai_backup"])
        if line.get("revision") != revision:
            raise BackupFileError(
                "備份檔的資料庫版本是 %(found)s，程式需要 %(wanted)s；請用製作備份時的程式還原，再執行 migrate。",
                found=line.get("revision"),
                wanted=revision,
            )

    def _check_table(self, line: Mapping[str, Any]) -> tuple[str, list[str]]:
        table, names = line["table"], line.get("columns")
        if table not in self._columns or table in self._counts or names != list(self._columns[table]):
            raise BackupFileError("備份檔的資料表 %(table)s 與目前的資料庫不符。", table=table)
        self._counts[table] = 0
        return table, names

    def _check_end(self, line: object) -> None:
        whole = isinstance(line, dict) and line.get("end") == self._counts and line.get("sha256") == self._before
        if not whole or set(self._counts) != set(self._columns) or next(self._lines, b""):
            raise BackupFileError("備份檔已損毀或不完整，無法還原。")
