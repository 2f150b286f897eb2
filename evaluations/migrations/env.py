"""How Alembic reaches the database: through the connection that `evaluations.database` hands it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from evaluations.database import UtcDateTime, metadata


def _render_item(_type: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own column types as a migration writes them."""
    if isinstance(item, UtcDateTime):
        autogen.imports.add("from evaluations.database import UtcDateTime")
        return "UtcDateTime()"
    if isinstance(item, JSON):
        autogen.imports.add("from evaluations.database import JSON_VALUE")
        return "JSON_VALUE"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render_item,
    transactional_ddl=True,  # SQLite too: its transactions are begun by us
)
with context.begin_transaction():
    context.run_migrations()
