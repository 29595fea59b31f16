"""The study sessions."""

import sqlalchemy as sa
from alembic import op

revision = "study_0001"
down_revision = None
branch_labels = ("study",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_session",
        sa.Column("id", sa.String(), primary_key=True, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("saved_for", sa.Date(), nullable=True),
        sa.Column("started_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=True),
    )
    op.create_index("ix_study_session_phase", "study_session", ["phase"])
