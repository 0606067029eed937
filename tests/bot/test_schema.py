"""The database as it is migrated: of the shape the models say, its ids given once."""

import re
import warnings
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, select, text

from bot.database import Database
from bot.schema import alembic_config, migrate
from models import Base, EventState, FriendTag, TagColour
from tests.conftest import NOW

KEPT_ELSEWHERE: dict[str, dict[str, Any]] = {
    "api_token": {"name": "系統", "role": "owner", "token_hash": "x", "hint": "x", "created_at": NOW},
    "keyword_rule": {"name": "規則", "keywords": [], "messages": [], "created_at": NOW, "updated_at": NOW},
    "roster_sync": {"started_at": NOW},
    "staff": {"name": "小美", "password_hash": "x", "role": "owner", "created_at": NOW},
    "tag": {"name": "標籤", "created_at": NOW},
    "tracked_link": {"code": "x", "name": "海報", "created_at": NOW},
    "webhook_event": {
        "line_event_id": "x",
        "type": "message",
        "payload": "{}",
        "received_at": NOW,
        "due_at": NOW,
        "state": EventState.HANDLED,
    },
}


@pytest.mark.parametrize("name", KEPT_ELSEWHERE)
def test_an_id_that_others_remember_is_never_given_again(db: Database, name: str) -> None:
    table, ids = Base.metadata.tables[name], []
    for _ in range(2):
        with db.begin() as session:
            row = insert(table).values(KEPT_ELSEWHERE[name]).returning(table.c.id)
            ids.append(session.scalar(row))
            session.execute(table.delete())
    assert ids[0] < ids[1]


def test_a_migrated_database_has_the_shape_of_the_models(db: Database) -> None:
    with db.engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an index over an expression is not compared
        options = {"compare_type": False}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    assert [change for change in found if "ix_friend_name_grams" not in str(change)] == []


def test_a_database_of_the_first_release_keeps_its_rows_through_the_migration(db: Database) -> None:
    """Back to the first release's shape, filled there, and forward again."""
    config = alembic_config()
    with db.engine.connect().execution_options(writing=True) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "2026_11_20_first")
        connection.commit()
    with db.begin() as session:
        session.execute(text("INSERT INTO tag (id, name, created_at) VALUES (7, '嬰兒副食品', '2026-11-01 00:00:00')"))
        session.execute(
            text(
                "INSERT INTO friend (id, line_user_id, state, is_returning, profile_attempts, attributes, created_at)"
                " VALUES (1, 'U1', 'following', false, 0, '{}', '2026-11-01 00:00:00')"
            )
        )
        session.execute(
            text(
                "INSERT INTO friend_tag (friend_id, tag_id, source, tagged_at)"
                " VALUES (1, 7, 'staff', '2026-11-01 00:00:00')"
            )
        )
    migrate(db.engine)
    with db() as session:
        [worn] = session.scalars(select(FriendTag))
        assert (worn.friend_id, worn.tag.name, worn.tag.colour, worn.source_detail) == (
            1,
            "嬰兒副食品",
            TagColour.GREY,
            None,
        )


def indexes_used(engine: Engine, statement: str) -> str:
    """How the database would find the rows, if it had many."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return str(connection.execute(text("EXPLAIN QUERY PLAN " + statement)).all())
        connection.execute(text("SET enable_seqscan = off"))
        return str(connection.execute(text("EXPLAIN " + statement)).all())


@pytest.mark.parametrize(
    "statement, index",
    [
        ("SELECT id FROM staff_message WHERE chat_message_id = 7", "ix_staff_message_chat_message_id"),
        ("SELECT id FROM staff_message WHERE created_at < '2026-01-01'", "ix_staff_message_created_at"),
        ("SELECT id FROM staff_message WHERE state = 'due' AND due_at < '2026-01-01'", "ix_staff_message_due"),
        ("SELECT id FROM forwarded_webhook WHERE received_at < '2026-01-01'", "ix_forwarded_webhook_received_at"),
        (
            "SELECT id FROM link_arrival WHERE joined_at IS NULL AND opened_at < '2026-01-01'",
            "ix_link_arrival_unexplained",
        ),
    ],
)
def test_what_is_removed_or_due_is_found_through_an_index(db: Database, statement: str, index: str) -> None:
    assert re.search(rf"\b{index}\b", indexes_used(db.engine, statement))
