"""Whether a letter sounds, and which letter carries it when several went into one."""

import sqlalchemy as sa
from alembic import op

revision = "bot_0004"
down_revision = "bot_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.false()
    op.add_column("outbox", sa.Column("sounds", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("outbox", sa.Column("carried_by", sa.Integer(), nullable=True))
    op.create_index("ix_outbox_carried_by", "outbox", ["carried_by"])
    op.execute("UPDATE outbox SET sounds = 1 WHERE kind = 'reminder'")
