"""Losses that were computed once are found again; amendments of a locked rule are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "amendments",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amendment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_amendments_run_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_amendments")),
    )
    with op.batch_alter_table("losses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("work_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("source", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_losses_work_key"), ["work_key"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("losses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_losses_work_key"))
        batch_op.drop_column("source")
        batch_op.drop_column("work_key")
    op.drop_table("amendments")
