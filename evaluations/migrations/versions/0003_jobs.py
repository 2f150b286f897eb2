"""Tasks of every kind, pausing, outputs, notifications, and documents that were erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from evaluations.database import JSON_VALUE, ROW_ID, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema here."""
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("run_documents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_run_documents_document_id"), ["document_id"], unique=False
        )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column("run_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.alter_column("document_id", existing_type=sa.String(length=64), nullable=True)
        batch_op.alter_column("arm", existing_type=sa.Text(), nullable=True)
        batch_op.add_column(sa.Column("name", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("request", JSON_VALUE, nullable=True))
        batch_op.add_column(sa.Column("result", JSON_VALUE, nullable=True))
        batch_op.add_column(sa.Column("requested_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_tasks_document_id"), ["document_id"], unique=False)
    op.execute(
        "UPDATE tasks SET requested_at = (SELECT created_at FROM runs WHERE runs.id = tasks.run_id)"
    )
    _create_outputs()
    _create_notifications()


def _create_outputs() -> None:
    op.create_table(
        "outputs",
        sa.Column("task_id", ROW_ID, nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("settings", JSON_VALUE, nullable=False),
        sa.Column("generated", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False),
        sa.Column("nll", sa.LargeBinary(), nullable=True),
        sa.Column("details", JSON_VALUE, nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.Column("work_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_outputs_document_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_outputs_run_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_outputs_task_id")),
        sa.PrimaryKeyConstraint("task_id", "item", name=op.f("pk_outputs")),
    )
    with op.batch_alter_table("outputs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outputs_document_id"), ["document_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_outputs_run_id_document_id"), ["run_id", "document_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_outputs_work_key"), ["work_key"], unique=False)


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("task_id", ROW_ID, nullable=True),
        sa.Column("values", JSON_VALUE, nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_notifications_run_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_notifications_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notifications_channel_state"), ["channel", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_notifications_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notifications_task_id"), ["task_id"], unique=False)


def downgrade() -> None:
    """Take it back: jobs without a run, outputs and notifications are lost."""
    op.drop_table("notifications")
    op.drop_table("outputs")
    op.execute("DELETE FROM tasks WHERE run_id IS NULL OR document_id IS NULL OR arm IS NULL")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tasks_document_id"))
        batch_op.drop_column("requested_at")
        batch_op.drop_column("result")
        batch_op.drop_column("request")
        batch_op.drop_column("name")
        batch_op.alter_column("arm", existing_type=sa.Text(), nullable=False)
        batch_op.alter_column("document_id", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("run_id", existing_type=sa.String(length=32), nullable=False)
    with op.batch_alter_table("run_documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_documents_document_id"))
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_column("priority")
        batch_op.drop_column("paused_at")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_column("erased_at")
