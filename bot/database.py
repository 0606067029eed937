"""The road to either database: SQLite for one machine, PostgreSQL for many."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError
from sqlalchemy.orm import Session, sessionmaker

WRITING = {"writing": True}
SQLITE_BUSY_SECONDS = 30
HASTY_TURN_SECONDS, HASTY_BUSY_SECONDS = 1.1, 0.6  # together less than LINE waits
HASTY_LOCKS = "SET LOCAL lock_timeout = 1500"  # milliseconds
TURN_SECONDS = 5.0  # in the queue of this process's writers: threads that wait longer would leave none for the webhook
PATIENCE = {  # a server that vanished must not hold the one thread that writes
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}


class Database(sessionmaker[Session]):
    """`db()` reads one snapshot; `db.begin()` writes and commits.

    SQLite has one writer: the writers of this process queue at a lock, because SQLite's
    own waiting polls, and take the write lock at BEGIN, so that nobody upgrades in mid-way.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.engine = engine
        self._in_haste = engine.execution_options(busy_seconds=HASTY_BUSY_SECONDS, **WRITING)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._write_lock = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction that may write; commit at the end, roll back on an exception."""
        with self._turn(), super().begin() as session:
            session.connection(execution_options=WRITING)
            yield session

    @contextmanager
    def begin_in_haste(self) -> Iterator[Connection]:
        """Like `begin`, for somebody who waits at most two seconds: a connection alone, and short waits for others.

        Raises what `begin` does, soon.
        """
        with self._turn(HASTY_TURN_SECONDS), self._in_haste.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(HASTY_LOCKS)
            yield connection

    @contextmanager
    def _turn(self, patience: float = TURN_SECONDS) -> Iterator[None]:
        """Wait for this process's turn to write. Raises SQLAlchemy's TimeoutError when it does not come."""
        if self._write_lock is None:
            yield
            return
        if not self._write_lock.acquire(timeout=patience):
            raise TimeoutError("the database is busy writing")
        try:
            yield
        finally:
            self._write_lock.release()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def connect(url: str, *, pool_size: int = 20) -> Database:
    """Return the database behind a URL; nothing is opened before its first use."""
    if url.startswith("sqlite"):
        return Database(_sqlite_engine(url, pool_size))
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text must not carry what a friend said
        connect_args=PATIENCE,
    )
    return Database(engine)


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    waiting = {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=waiting, hide_parameters=True, pool_size=pool_size, max_overflow=pool_size)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin too late and by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an event answered with 200 is never sent again
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA cache_size=-1024")  # a mebibyte for each of many connections; the system caches the file
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    busy_seconds = options.get("busy_seconds", SQLITE_BUSY_SECONDS)
    if connection.info.get("busy_seconds", SQLITE_BUSY_SECONDS) != busy_seconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(busy_seconds * 1000)}")
        connection.info["busy_seconds"] = busy_seconds
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")
