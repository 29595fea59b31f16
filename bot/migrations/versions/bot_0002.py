"""What the Telegram channel must not forget."""

import sqlalchemy as sa
from alembic import op

revision = "bot_0002"
down_revision = "bot_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_offset",
        sa.Column("bot_id", sa.BigInteger(), primary_key=True, nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=True),
        sa.Column("moved_at", sa.DateTime(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("menu", sa.String(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
    )
    op.create_table(
        "telegram_arrival",
        sa.Column("bot_id", sa.BigInteger(), primary_key=True, nullable=False),
        sa.Column("identity", sa.String(), primary_key=True, nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_telegram_arrival_at", "telegram_arrival", ["at"])
    op.create_table(
        "telegram_part",
        sa.Column("letter", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("part", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
    )
