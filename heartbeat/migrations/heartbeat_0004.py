"""Until when the person wants nothing unasked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "heartbeat_0004"
down_revision = "heartbeat_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat_pause",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("heartbeat_pause")
