"""What the heartbeat stores: slots, jobs first seen, reminders, lines brought up, a pause.

Rows never leave the package; readers give frozen values.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import DateTime, Dialect, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets zones, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store UTC; a moment without a zone is a bug."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SlotRow(SQLModel, table=True):
    """One slot of one job and what came of it."""

    __tablename__ = "heartbeat_slot"
    __table_args__ = (UniqueConstraint("job_id", "key", name="uq_heartbeat_slot_job_key"),)

    number: int | None = Field(default=None, primary_key=True)
    job_id: str
    key: str
    purpose: str
    planned_at: datetime = Field(sa_type=Instant)
    local_date: date = Field(index=True)
    closes_at: datetime | None = Field(default=None, sa_type=Instant)
    state: str = Field(index=True)
    reason: str = ""
    message_id: str | None = None
    changed_at: datetime = Field(sa_type=Instant)
    repeated: bool = False


class WatchRow(SQLModel, table=True):
    """When a job was first seen; nothing before that is owed."""

    __tablename__ = "heartbeat_watch"

    job_id: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant)


class BroughtUpRow(SQLModel, table=True):
    """A line of HEARTBEAT.md that was brought up, by the slot of job `job_id` named `key`."""

    __tablename__ = "heartbeat_brought_up"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)
    job_id: str
    key: str


class PauseRow(SQLModel, table=True):
    """Until when the person wants nothing unasked; there is one row at most."""

    __tablename__ = "heartbeat_pause"

    id: int = Field(default=1, primary_key=True)
    until: datetime | None = Field(default=None, sa_type=Instant)


class ReminderRow(SQLModel, table=True):
    """Something to say at a moment that the person named."""

    __tablename__ = "heartbeat_reminder"

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    text: str
    task_id: str | None = None
    state: str = Field(index=True)
    created_at: datetime = Field(sa_type=Instant)
    times_put_off: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    repeats: str | None = None
