"""How Alembic reaches the database: the connection is handed in, never configured here."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from models import Base
from models.base import UtcDateTime


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own types with their import."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from models.base import UtcDateTime")
        return "UtcDateTime()"
    return False


def compare_type(_context: object, _column: object, _metadata: object, found: object, wanted: object) -> bool | None:
    """Text is text: an enum kept as text is no difference. None leaves the rest to Alembic."""
    names = {type(found).__name__, type(wanted).__name__}
    return False if "Enum" in names else None


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=render_item,
    compare_type=compare_type,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
