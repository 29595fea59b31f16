"""Make the tables of the heartbeat: slots, first sightings of jobs, reminders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "heartbeat_0001"
down_revision = None
branch_labels = ("heartbeat",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat_slot",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("job_id", "key", name="uq_heartbeat_slot_job_key"),
    )
    op.create_index("ix_heartbeat_slot_local_date", "heartbeat_slot", ["local_date"])
    op.create_index("ix_heartbeat_slot_state", "heartbeat_slot", ["state"])
    op.create_table(
        "heartbeat_watch",
        sa.Column("job_id", sa.String(), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "heartbeat_reminder",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_heartbeat_reminder_at", "heartbeat_reminder", ["at"])
    op.create_index("ix_heartbeat_reminder_state", "heartbeat_reminder", ["state"])


def downgrade() -> None:
    op.drop_table("heartbeat_reminder")
    op.drop_table("heartbeat_watch")
    op.drop_table("heartbeat_slot")
