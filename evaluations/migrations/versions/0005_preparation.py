"""How a document was prepared: columns that were kept, what was masked, whether the upload is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from evaluations.database import JSON_VALUE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("columns", JSON_VALUE, nullable=True))
        batch_op.add_column(sa.Column("masked", JSON_VALUE, nullable=False, server_default="[]"))
        batch_op.add_column(
            sa.Column("original_kept", sa.Boolean(), nullable=False, server_default=sa.true())
        )


def downgrade() -> None:
    """Back to the schema before; how documents were prepared is lost."""
    with op.batch_alter_table("documents", schema=None) as batch_op:
        for column in ("original_kept", "masked", "columns"):
            batch_op.drop_column(column)
