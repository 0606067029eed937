"""The numbers that a restored database must not give again: rows are gone, others still remember them."""

from typing import Any

from sqlalchemy import Connection, Integer, Table, case, cast, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

from models import AuditEntry, Base, ChatMessage, Friend, FriendTag, StaffMessage, TagMerge

# where a row's id is kept without a foreign key; a column that names rows of several tables counts for each
REMEMBERED: dict[str, tuple[InstrumentedAttribute[Any], ...]] = {
    "api_token": (FriendTag.source_id, AuditEntry.actor_id),
    "game": (FriendTag.source_id,),
    "keyword_rule": (ChatMessage.source_id, FriendTag.source_id),
    "quiz": (FriendTag.source_id,),
    "referral_program": (FriendTag.source_id,),
    "roster_sync": (Friend.listed_in,),
    "staff": (ChatMessage.source_id, FriendTag.source_id, AuditEntry.actor_id),
    "tag": (TagMerge.from_id,),
    "tag_import": (FriendTag.source_id,),
    "tracked_link": (FriendTag.source_id,),
    "webhook_event": (ChatMessage.webhook_event_id, StaffMessage.reply_event_id),
}


def mend(connection: Connection) -> None:
    """Let the next id of every table follow the highest one that any row has or remembers."""
    for table in Base.metadata.sorted_tables:
        if "id" in table.columns:
            mend_table = _mend_postgresql if connection.dialect.name == "postgresql" else _mend_sqlite
            mend_table(connection, table, _highest(connection, table))


def _highest(connection: Connection, table: Table) -> int:
    numeric = AuditEntry.subject_id.regexp_match("^[0-9]{1,9}$")
    subject = case((numeric, cast(AuditEntry.subject_id, Integer)))
    found = [
        connection.scalar(select(func.max(table.columns["id"]))),
        connection.scalar(select(func.max(subject)).where(AuditEntry.subject == table.name)),
        *(connection.scalar(select(func.max(column))) for column in REMEMBERED.get(table.name, ())),
    ]
    return max(number or 0 for number in found)


def _mend_postgresql(connection: Connection, table: Table, highest: int) -> None:
    sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name})
    if sequence:
        connection.execute(
            text("SELECT setval(:sequence, :value, :used)"),
            {"sequence": sequence, "value": highest or 1, "used": highest > 0},
        )


def _mend_sqlite(connection: Connection, table: Table, highest: int) -> None:
    """Where ids are given once, SQLite keeps the highest in a table of its own; elsewhere it looks at the rows."""
    if table.dialect_options["sqlite"]["autoincrement"]:
        values = {"name": table.name, "value": highest}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :value)"), values)
