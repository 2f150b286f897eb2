"""What people add to an evaluation: locked rules, entries after the lock, blind reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from evaluations.database import JSON_VALUE, ROW_ID, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "rules",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=True),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rule_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_runs_rule_id"), "rules", ["rule_id"], ["id"])
    _create_entries()
    _create_reviews()


def _create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("values", JSON_VALUE, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_entries_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_run_id_kind"), "entries", ["run_id", "kind"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("left_arm", sa.Text(), nullable=False),
        sa.Column("right_arm", sa.Text(), nullable=False),
        sa.Column("shown_at", UtcDateTime(), nullable=True),
        sa.Column("vote", sa.String(length=16), nullable=True),
        sa.Column("wrong", sa.String(length=16), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("voted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reviews_run_id")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_reviews_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_document_id"), "reviews", ["document_id"])
    op.create_index(
        op.f("ix_reviews_run_id_reviewer_document_id_position"),
        "reviews",
        ["run_id", "reviewer", "document_id", "position"],
        unique=True,
    )


def downgrade() -> None:
    """Back to the schema before; the new rows are lost."""
    op.drop_table("reviews")
    op.drop_table("entries")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_runs_rule_id"), type_="foreignkey")
        batch_op.drop_column("rule_id")
    op.drop_table("rules")
