"""Which lines of HEARTBEAT.md were brought up, when, and by which slot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "heartbeat_0002"
down_revision = "heartbeat_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat_brought_up",
        sa.Column("name", sa.String(), primary_key=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("heartbeat_brought_up")
