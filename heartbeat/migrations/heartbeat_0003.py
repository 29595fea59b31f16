"""How often a reminder was put off, and which one it says once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "heartbeat_0003"
down_revision = "heartbeat_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    times = sa.Column("times_put_off", sa.Integer(), nullable=False, server_default="0")
    op.add_column("heartbeat_reminder", times)
    op.add_column("heartbeat_reminder", sa.Column("repeats", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("heartbeat_reminder", "repeats")
    op.drop_column("heartbeat_reminder", "times_put_off")
