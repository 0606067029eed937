"""The whole database in one file, and back: between SQLite and PostgreSQL as well."""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Insert,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from bot import schema
from bot.database import Database
from bot.errors import BotError, ConflictError
from bot.services import audit, backup_files, id_sequences
from bot.services.audit import Actor
from bot.services.backup_files import BackupFileError, Batch
from models import (
    Account,
    AnswerState,
    Base,
    ForwardedWebhook,
    ForwardState,
    JobRun,
    StaffMessage,
    StaffMessageState,
    WebhookEvent,
)
from models.base import UtcDateTime

ROWS_AT_ONCE = 1000
ALWAYS_THERE = {"account", "greeting", "fallback_answer", "job_run"}  # not quite without rows after a migration
STILL_RUNNING = timedelta(seconds=30)  # a jobs process notes its runs every ten
DISCARDED = "discarded after a restore"


def backup(db: Database, file: Path, *, now: datetime) -> dict[str, int]:
    """Write everything as of one moment to `file`, which appears only when it is whole; return the rows by table.

    Raises ConflictError if the schema is not the newest, BotError if the file cannot be written.
    """
    revision = _require_newest_schema(db)
    try:
        with backup_files.write(file, revision=revision, made_at=now) as writer, _snapshot(db) as connection:
            for table in Base.metadata.sorted_tables:
                with connection.execute(select(table).order_by(*table.primary_key.columns)) as rows:
                    writer.write_table(table.name, table.columns.keys(), iter(rows))
    except OSError as error:
        raise BotError("備份檔無法寫入：%(reason)s", reason=error.strerror or type(error).__name__) from error
    return writer.counts


def restore(db: Database, file: Path, *, now: datetime, replace: bool = False, force: bool = False) -> dict[str, int]:
    """Fill the database from `file` in one transaction and hold whatever is due; return the rows by table.

    Raises BackupFileError for a file that is broken, cut or of another schema, ConflictError if
    there is something in the database already and `replace` is not set, or if it is set while a process evidently
    works on the database and `force` is not. Nothing is changed then.
    """
    revision = _require_newest_schema(db)
    if replace and not force:
        _require_quiet(db, now)
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    columns = {name: table.columns.keys() for name, table in tables.items()}
    for _ in backup_files.read(file, revision=revision, columns=columns):
        pass  # a broken file is found before anything is locked
    counts = dict.fromkeys(tables, 0)
    try:
        with db.begin() as session:
            connection = session.connection()
            version = _make_room(connection, replace=replace)
            for batch in backup_files.read(file, revision=revision, columns=columns):
                _fill(connection, tables[batch.table], batch)
                counts[batch.table] += len(batch.rows)
            id_sequences.mend(connection)
            _hold(connection, now=now, version=version)
    except (SQLAlchemyError, ValueError, binascii.Error) as error:
        raise BackupFileError("備份檔的內容無法存入資料庫（%(kind)s）。", kind=type(error).__name__) from error
    return counts


def release(db: Database, *, discard: bool, by: Actor, now: datetime) -> bool:
    """End the hold after a restore; with `discard` what was due is given up first. False if nothing was held."""
    with db.begin() as session:
        account = session.scalars(select(Account).with_for_update()).one()
        if account.held_at is None:
            return False
        if discard:
            _discard_due(session.connection())
        changes = {"held_at": [account.held_at.isoformat(), None], "discarded": [None, discard]}
        account.held_at = None
        audit.record(session, by, "release", "account", account.id, now=now, changes=changes)
    return True


def _discard_due(connection: Connection) -> None:
    connection.execute(
        update(WebhookEvent)
        .where(WebhookEvent.answer_state == AnswerState.DUE)
        .values(answer_state=AnswerState.EXPIRED, answer_due_at=None)
    )
    for model, due, ended in (
        (StaffMessage, StaffMessageState.DUE, StaffMessageState.REFUSED),
        (ForwardedWebhook, ForwardState.DUE, ForwardState.FAILED),
    ):
        connection.execute(update(model).where(model.state == due).values(state=ended, error=DISCARDED))


def _require_newest_schema(db: Database) -> str | None:
    revision = schema.newest_revision()
    if schema.current_revision(db.engine) != revision:
        raise ConflictError("資料庫不是最新版本，請先執行 migrate。")
    return revision


def _require_quiet(db: Database, now: datetime) -> None:
    """A process that still works would go on with rows, and with numbers, of the database that was."""
    with db() as session:
        last = session.scalar(select(func.max(JobRun.started_at)))
    if last is not None and now - last < STILL_RUNNING:
        raise ConflictError(
            "%(seconds)s 秒前還有程式在使用這個資料庫；請先停止所有程式，或加上 --force。",
            seconds=max(int((now - last).total_seconds()), 0),
        )


@contextmanager
def _snapshot(db: Database) -> Iterator[Connection]:
    """A connection that sees one moment, however long it reads, and holds few rows in memory."""
    options: dict[str, Any] = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
    if not db.is_sqlite:  # an open read transaction of SQLite is a snapshot by itself
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _make_room(connection: Connection, *, replace: bool) -> int:
    """Empty every table, after looking that it may be; return the version of the answers that were there."""
    tables = Base.metadata.sorted_tables
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {_names(tables)} IN ACCESS EXCLUSIVE MODE"))
    for table in tables:
        if not replace and table.name not in ALWAYS_THERE and connection.execute(select(table).limit(1)).first():
            raise ConflictError("資料庫裡已有資料（%(table)s）；若要全部取代，請加上 --replace。", table=table.name)
    version = connection.scalar(select(func.max(Account.answers_version))) or 0
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE {_names(tables)}"))
    else:
        for table in reversed(tables):
            connection.execute(delete(table))
    return version


def _names(tables: list[Table]) -> str:
    return ", ".join(f'"{table.name}"' for table in tables)


def _fill(connection: Connection, table: Table, batch: Batch) -> None:
    decoders = [_decoder(column.type) for column in table.columns]
    keep_nul = connection.dialect.name == "sqlite"
    connection.execute(_statement(table), [_row(batch.columns, decoders, row, keep_nul=keep_nul) for row in batch.rows])


def _decoder(kind: TypeEngine[Any]) -> Callable[[str], Any] | None:
    """Return what turns a value of the file into a column's, None where it is that already."""
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    return base64.b64decode if isinstance(kind, LargeBinary) else None


def _statement(table: Table) -> Insert:
    """An INSERT that writes an absent JSON value as NULL, not as JSON's null."""
    json_columns = [column.name for column in table.columns if isinstance(column.type, JSON)]
    return insert(table).values({name: bindparam(name, type_=JSON(none_as_null=True)) for name in json_columns})


def _row(
    columns: list[str], decoders: list[Callable[[str], Any] | None], row: list[Any], *, keep_nul: bool
) -> dict[str, Any]:
    """Return a row's values by column; PostgreSQL's text cannot hold the character NUL."""
    values = {}
    for name, decode, value in zip(columns, decoders, row, strict=True):
        if value is not None and decode is not None:
            value = decode(value)
        elif not keep_nul and isinstance(value, str) and "\x00" in value:
            value = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        values[name] = value
    return values


def _hold(connection: Connection, *, now: datetime, version: int) -> None:
    """Nothing leaves until an operator says so, and every process sees that the answers are others now."""
    restored = connection.scalar(select(func.max(Account.answers_version))) or 0
    connection.execute(update(Account).values(held_at=now, answers_version=max(restored, version) + 1))
