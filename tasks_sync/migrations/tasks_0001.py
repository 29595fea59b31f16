"""The tables of the task list, the mirror of Google Tasks and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "tasks_0001"
down_revision = None
branch_labels = ("tasks",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_key", sa.String(), nullable=True),
        sa.Column("link_id", sa.String(), nullable=True),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("clock_offset_seconds", sa.Float(), nullable=False),
        sa.Column("paused_until", sa.DateTime(), nullable=True),
        sa.Column("budget_day", sa.Date(), nullable=True),
        sa.Column("budget_used", sa.Integer(), nullable=False),
        sa.Column("last_run_at", sa.DateTime(), nullable=True),
        sa.Column("last_agreed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "task_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "task_list",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("title_at", sa.DateTime(), nullable=True),
        sa.Column("base_title", sa.String(), nullable=True),
        sa.Column("base_etag", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("remote_id"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_with", sa.String(), nullable=True),
        sa.Column("web_link", sa.String(), nullable=True),
        sa.Column("links_json", sa.String(), nullable=True),
        sa.Column("local_rev", sa.Integer(), nullable=False),
        sa.Column("title_at", sa.DateTime(), nullable=True),
        sa.Column("notes_at", sa.DateTime(), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("status_at", sa.DateTime(), nullable=True),
        sa.Column("place_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["task.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("remote_id"),
    )
    op.create_index("ix_task_completed_at", "task", ["completed_at"], unique=False)
    op.create_index("ix_task_parent_id", "task", ["parent_id"], unique=False)
    op.create_index("ix_task_siblings", "task", ["list_id", "parent_id", "rank"], unique=False)
    op.create_table(
        "task_cursor",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("seen_until", sa.DateTime(), nullable=True),
        sa.Column("last_full_at", sa.DateTime(), nullable=True),
        sa.Column("list_etag", sa.String(), nullable=True),
        sa.Column("removal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("list_id"),
    )
    op.create_table(
        "task_base",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("parent_remote_id", sa.String(), nullable=True),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], ondelete="CASCADE", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("task_id"),
    )
    op.create_table(
        "task_conflict",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("lost", sa.String(), nullable=False),
        sa.Column("kept", sa.String(), nullable=False),
        sa.Column("lost_side", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_conflict_task_id", "task_conflict", ["task_id"], unique=False)
    op.create_table(
        "task_outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("local_rev", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("timed_out", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("based_on_etag", sa.String(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("op_id"),
    )
    op.create_index("ix_task_outbox_state", "task_outbox", ["state", "next_at"], unique=False)
    op.create_index("ix_task_outbox_task_id", "task_outbox", ["task_id"], unique=False)
    op.create_table(
        "task_resent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("probed_at", sa.DateTime(), nullable=False),
        sa.Column("twin_remote_id", sa.String(), nullable=True),
        sa.Column("twin_etag", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("task_resent")
    op.drop_table("task_outbox")
    op.drop_table("task_conflict")
    op.drop_table("task_base")
    op.drop_table("task_cursor")
    op.drop_table("task")
    op.drop_table("task_list")
    op.drop_table("task_event")
    op.drop_table("task_account")
