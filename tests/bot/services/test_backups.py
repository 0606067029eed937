"""Backups: what went in comes out, on either database, or nothing happens at all."""

import gzip
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import JSON, Column, Connection, Enum, Table, func, insert, select, text

from bot import schema
from bot.database import Database, connect
from bot.errors import ConflictError
from bot.services import audit, backups
from bot.services.audit import OPERATOR
from bot.services.backup_files import BackupFileError
from models import (
    Account,
    AnswerState,
    AuditEntry,
    Base,
    ChatMessage,
    ChatSource,
    EventState,
    ForwardedWebhook,
    ForwardState,
    Friend,
    FriendState,
    JobRun,
    KeywordRule,
    RosterSync,
    Tag,
    WebhookEvent,
)
from models.base import UtcDateTime

NOW = datetime(2026, 11, 20, 4, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
TABLES = Base.metadata.sorted_tables


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A second empty database, of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "other.sqlite3")
        url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres").make("other")
    other = connect(url, pool_size=2)
    yield other
    other.dispose()


def a_value(column: Column[Any], number: int) -> Any:
    if column.foreign_keys:
        return number
    if isinstance(column.type, JSON):
        return {"鍵": ["值", number, None, "\ud83d"]}
    if isinstance(column.type, Enum):
        return next(iter(column.type.python_type))
    if isinstance(column.type, UtcDateTime):
        return NOW + timedelta(seconds=number)
    values: dict[type, Any] = {
        int: number,
        str: f"{column.name} 仰賴 {number} 'quoted' \\ \n 😀",
        bool: number % 2 == 0,
        date: NOW.date(),
        bytes: b"\x00\xff\x80 bytes",
    }
    return values[column.type.python_type]


def fill_every_table(db: Database) -> None:
    """Two rows in each table: one with every column, one with nothing where nothing may be."""
    with db.begin() as session:
        for table in reversed(TABLES):
            session.execute(table.delete())
        for table in TABLES:
            session.execute(insert(table), [{column.name: a_value(column, 1) for column in table.columns}])
            bare = {column.name: a_value(column, 2) for column in table.columns if not column.nullable}
            session.execute(insert(table), [bare])
        mend_ids(session.connection())


def mend_ids(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval('tag_id_seq', 2)"))


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    with db() as session:
        return {table.name: rows_of(session.connection(), table) for table in TABLES}


def rows_of(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def without_hold(content: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    ours = {"held_at", "answers_version"}
    columns = [column.name not in ours for column in Account.__table__.columns]
    kept = [tuple(v for v, keep in zip(row, columns, strict=True) if keep) for row in content["account"]]
    return content | {"account": kept}


def spoil(file: Path, old: bytes, new: bytes) -> None:
    content = gzip.decompress(file.read_bytes())
    assert old in content
    file.write_bytes(gzip.compress(content.replace(old, new, 1)))


def test_what_went_into_a_backup_comes_out_on_either_database(db: Database, other: Database, tmp_path: Path) -> None:
    fill_every_table(db)
    counts = backups.backup(db, tmp_path / "all.gz", now=NOW)
    restored = backups.restore(other, tmp_path / "all.gz", now=LATER)

    assert restored == counts == {table.name: 2 for table in TABLES}
    assert without_hold(everything(other)) == without_hold(everything(db))


def test_new_rows_after_a_restore_get_new_ids(db: Database, other: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        session.add_all([Tag(name=f"標籤{n}", created_at=NOW) for n in range(5)])
    backups.backup(db, tmp_path / "tags.gz", now=NOW)
    backups.restore(other, tmp_path / "tags.gz", now=LATER)

    with other.begin() as session:
        session.add(Tag(name="新的標籤", created_at=NOW))
    with other() as session:
        assert session.scalars(select(func.max(Tag.id))).one() == 6


def test_an_id_that_a_restored_row_only_remembers_is_not_given_again(
    db: Database, other: Database, tmp_path: Path
) -> None:
    with db.begin() as session:
        friend = Friend(line_user_id="U" + "a" * 32, state=FriendState.FOLLOWING, created_at=NOW, listed_in=7)
        session.add(friend)
        session.flush()
        for source, number in ((ChatSource.FRIEND, None), (ChatSource.KEYWORD_RULE, 41)):
            session.add(
                ChatMessage(
                    friend_id=friend.id, source=source, source_id=number, kind="text", said_at=NOW, webhook_event_id=900
                )
            )
        audit.record(session, OPERATOR, "delete", "tag", 88, now=NOW)
        audit.record(session, OPERATOR, "import", "friend", "很多", now=NOW)
    backups.backup(db, tmp_path / "old.gz", now=NOW)
    backups.restore(other, tmp_path / "old.gz", now=LATER)

    with other.begin() as session:
        event = WebhookEvent(line_event_id="e", type="x", payload="{}", received_at=NOW, due_at=NOW)
        rule = KeywordRule(name="新", keywords=[], messages=[], created_at=NOW, updated_at=NOW)
        tag, walk = Tag(name="新", created_at=NOW), RosterSync(started_at=NOW)
        session.add_all([event, rule, tag, walk])
        session.flush()
        assert (event.id, rule.id, tag.id, walk.id) == (901, 42, 89, 8)


def test_a_restored_database_holds_what_is_due_until_an_operator_lets_it_go(db: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        session.add(ForwardedWebhook(body=b"{}", signature="s", received_at=NOW, due_at=NOW))
    backups.backup(db, tmp_path / "due.gz", now=NOW)
    backups.restore(db, tmp_path / "due.gz", now=LATER, replace=True)
    with db() as session:
        assert session.scalars(select(Account.held_at)).one() == LATER

    assert backups.release(db, discard=False, by=OPERATOR, now=LATER)
    with db() as session:
        assert session.scalars(select(Account.held_at)).one() is None
        assert session.scalars(select(ForwardedWebhook.state)).one() is ForwardState.DUE
        assert session.scalars(select(AuditEntry.action)).all() == ["release"]
    assert not backups.release(db, discard=False, by=OPERATOR, now=LATER)


def test_what_was_due_can_be_given_up_instead(db: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        session.add(ForwardedWebhook(body=b"{}", signature="s", received_at=NOW, due_at=NOW))
        session.add(
            WebhookEvent(
                line_event_id="e1",
                type="message",
                payload="{}",
                received_at=NOW,
                due_at=NOW,
                state=EventState.HANDLED,
                answer="[]",
                answer_state=AnswerState.DUE,
                answer_due_at=NOW,
            )
        )
    backups.backup(db, tmp_path / "due.gz", now=NOW)
    backups.restore(db, tmp_path / "due.gz", now=LATER, replace=True)

    backups.release(db, discard=True, by=OPERATOR, now=LATER)
    with db() as session:
        assert session.scalars(select(ForwardedWebhook.state)).one() is ForwardState.FAILED
        assert session.scalars(select(WebhookEvent.answer_state)).one() is AnswerState.EXPIRED


def test_a_restore_changes_the_version_of_the_answers_so_that_running_processes_notice(
    db: Database, tmp_path: Path
) -> None:
    backups.backup(db, tmp_path / "old.gz", now=NOW)
    with db.begin() as session:
        session.scalars(select(Account)).one().answers_version = 40
    backups.restore(db, tmp_path / "old.gz", now=LATER, replace=True)
    with db() as session:
        assert session.scalars(select(Account.answers_version)).one() == 41


def test_a_database_with_friends_in_it_is_not_overwritten_unless_asked(
    db: Database, other: Database, tmp_path: Path
) -> None:
    with db.begin() as session:
        session.add(Friend(line_user_id="U" + "a" * 32, state=FriendState.FOLLOWING, created_at=NOW))
    backups.backup(db, tmp_path / "one.gz", now=NOW)
    with other.begin() as session:
        session.add(Friend(line_user_id="U" + "b" * 32, state=FriendState.FOLLOWING, created_at=NOW))

    before = everything(other)
    with pytest.raises(ConflictError, match="--replace"):
        backups.restore(other, tmp_path / "one.gz", now=LATER)
    assert everything(other) == before

    backups.restore(other, tmp_path / "one.gz", now=LATER, replace=True)
    with other() as session:
        assert session.scalars(select(Friend.line_user_id)).all() == ["U" + "a" * 32]


def test_a_database_that_a_process_works_on_is_not_replaced_unless_somebody_insists(
    db: Database, tmp_path: Path
) -> None:
    backups.backup(db, tmp_path / "one.gz", now=NOW)
    with db.begin() as session:
        session.add(JobRun(name="handle-events", started_at=NOW, finished_at=NOW))
        session.add(Tag(name="新的", created_at=NOW))
    before = everything(db)
    with pytest.raises(ConflictError, match="29 秒前"):
        backups.restore(db, tmp_path / "one.gz", now=NOW + timedelta(seconds=29), replace=True)
    assert everything(db) == before

    backups.restore(db, tmp_path / "one.gz", now=NOW + timedelta(seconds=29), replace=True, force=True)
    with db.begin() as session:
        assert session.scalars(select(Tag)).all() == []
        session.add(JobRun(name="handle-events", started_at=NOW, finished_at=NOW))
    backups.restore(db, tmp_path / "one.gz", now=NOW + timedelta(seconds=30), replace=True)


@pytest.mark.parametrize("kept", [0, 1, 40, 0.5, 0.9, -1])
def test_a_cut_file_is_refused_and_nothing_changes(db: Database, tmp_path: Path, kept: float) -> None:
    fill_every_table(db)
    file = tmp_path / "cut.gz"
    backups.backup(db, file, now=NOW)
    content, before = file.read_bytes(), everything(db)

    file.write_bytes(content[: int(kept * len(content)) if 0 < kept < 1 else int(kept)])
    with pytest.raises(BackupFileError):
        backups.restore(db, file, now=LATER, replace=True)
    assert everything(db) == before


def test_a_file_that_lost_a_row_or_a_word_is_refused(db: Database, tmp_path: Path) -> None:
    fill_every_table(db)
    file = tmp_path / "spoilt.gz"
    before = everything(db)

    backups.backup(db, file, now=NOW)
    spoil(file, "仰賴".encode(), "仰望".encode())
    with pytest.raises(BackupFileError, match="損毀"):
        backups.restore(db, file, now=LATER, replace=True)
    file.write_bytes(gzip.compress(b"\n".join(gzip.decompress(file.read_bytes()).splitlines()[:-2])))
    with pytest.raises(BackupFileError, match="損毀"):
        backups.restore(db, file, now=LATER, replace=True)
    assert everything(db) == before


def test_a_file_of_another_schema_is_refused_by_name(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "old.gz"
    backups.backup(db, file, now=NOW)
    spoil(file, str(schema.newest_revision()).encode(), b"2025_01_01_ancient")
    with pytest.raises(BackupFileError, match="2025_01_01_ancient"):
        backups.restore(db, file, now=LATER)


@pytest.mark.parametrize(
    "content", [b"", b"hello", gzip.compress(b"hello\n", mtime=0), gzip.compress(b'{"a": 1}\n', mtime=0)]
)
def test_something_that_is_no_backup_is_refused(db: Database, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(content)
    with pytest.raises(BackupFileError):
        backups.restore(db, file, now=LATER)


def test_a_missing_file_is_named_as_unreadable(db: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupFileError, match="無法讀取"):
        backups.restore(db, tmp_path / "nowhere.gz", now=LATER)


def test_a_backup_is_readable_by_its_owner_only_and_replaces_an_older_one_whole(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "daily.gz"
    file.write_bytes(b"yesterday's")
    backups.backup(db, file, now=NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("daily")] == ["daily.gz"]
    backups.restore(db, file, now=LATER)


def test_nul_characters_from_sqlite_do_not_stop_a_restore(db: Database, other: Database, tmp_path: Path) -> None:
    if not db.is_sqlite:
        return  # PostgreSQL never holds one
    with db.begin() as session:
        session.add(Tag(name="a\x00b", created_at=NOW))
    backups.backup(db, tmp_path / "nul.gz", now=NOW)
    backups.restore(other, tmp_path / "nul.gz", now=LATER)
    with other() as session:
        assert session.scalars(select(Tag.name)).one() == ("a\x00b" if other.is_sqlite else "a\ufffdb")


def test_what_is_written_during_a_backup_is_not_half_in_it(db: Database, other: Database, tmp_path: Path) -> None:
    """One moment: rows added after the first table was read stay out of every table."""
    file = tmp_path / "moment.gz"
    with db.begin() as session:
        session.add_all([Tag(name=f"標籤{n}", created_at=NOW) for n in range(3000)])
    with backups._snapshot(db) as connection:
        with connection.execute(select(Tag.id).order_by(Tag.id)) as tags:
            first = tags.fetchmany(10)
            with db.begin() as session:
                session.add(Friend(line_user_id="U" + "c" * 32, state=FriendState.FOLLOWING, created_at=NOW))
            assert len(first) + len(tags.all()) == 3000
        assert connection.scalar(select(func.count()).select_from(Friend)) == 0
    backups.backup(db, file, now=NOW)
    assert backups.restore(other, file, now=LATER)["friend"] == 1


def test_a_hundred_thousand_rows_pass_through_little_memory(db: Database, tmp_path: Path) -> None:
    with db.begin() as session:
        row = {"name": "規則" * 20, "keywords": [], "messages": [], "created_at": NOW, "updated_at": NOW}
        session.execute(insert(KeywordRule), [row | {"priority": n} for n in range(100_000)])
    with growth_of_memory() as growth:
        backups.backup(db, tmp_path / "many.gz", now=NOW)
        backups.restore(db, tmp_path / "many.gz", now=LATER, replace=True)
    assert growth() < 40 * 1024 * 1024
    with db() as session:
        assert session.scalar(select(func.count()).select_from(KeywordRule)) == 100_000


@contextmanager
def growth_of_memory() -> Iterator[Callable[[], int]]:
    """Look at this process's memory many times a second; yields what tells the most it grew by."""
    process, seen, ended = psutil.Process(), [psutil.Process().memory_info().rss], threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield lambda: max(seen) - seen[0]
    finally:
        ended.set()
        watcher.join()
