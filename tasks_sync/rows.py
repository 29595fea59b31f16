"""The tables of this package. Private: outside it, only the values of `model` are seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Index, TypeDecorator
from sqlmodel import Column, Field, SQLModel, String


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: stored as UTC without a zone, given back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive instant: its meaning would depend on the machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant cannot be stored: {value}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """Give the instant back with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


def instant(*, nullable: bool = True) -> Any:  # noqa: ANN401 - SQLModel fields are typed by the annotation
    """Declare a column that holds an instant."""
    if nullable:
        return Field(default=None, sa_type=UtcDateTime)
    return Field(sa_type=UtcDateTime)


def key_of(target: str, *, nullable: bool = False, **column: Any) -> Any:  # noqa: ANN401 - as above
    """Declare a reference that is checked at commit, so that rows may be written in any order."""
    where = ForeignKey(target, deferrable=True, initially="DEFERRED", **column.pop("key", {}))
    sa_column = Column(String, where, nullable=nullable, **column)
    return Field(default=None, sa_column=sa_column) if nullable else Field(sa_column=sa_column)


class OpKind(StrEnum):
    """What Google is to be told."""

    INSERT = "insert"
    PATCH = "patch"
    MOVE = "move"
    DELETE = "delete"
    LIST_INSERT = "list_insert"
    LIST_RENAME = "list_rename"
    LIST_DELETE = "list_delete"
    CLEAR = "clear"


class OpState(StrEnum):
    """How far the telling has come; an acknowledged operation has no row any more."""

    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


class TaskListRow(SQLModel, table=True):
    """A list here, and its title and version as last agreed with Google."""

    __tablename__ = "task_list"

    id: str = Field(primary_key=True)
    remote_id: str | None = Field(default=None, unique=True)
    title: str
    is_default: bool = False
    rank: int = Field(default=0, sa_type=BigInteger)
    deleted_at: datetime | None = instant()
    title_at: datetime | None = instant()
    base_title: str | None = None
    base_etag: str | None = None
    created_at: datetime = instant(nullable=False)
    updated_at: datetime = instant(nullable=False)


class TaskRow(SQLModel, table=True):
    """A task here. The `*_at` of a field is when the person changed it, until Google agrees."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_siblings", "list_id", "parent_id", "rank"),
        Index("ix_task_completed_at", "completed_at"),
    )

    id: str = Field(primary_key=True)
    remote_id: str | None = Field(default=None, unique=True)
    list_id: str = key_of("task_list.id")
    parent_id: str | None = key_of("task.id", nullable=True, index=True)
    rank: int = Field(sa_type=BigInteger)
    title: str
    notes: str = ""
    due: date | None = None
    status: str = "needsAction"
    completed_at: datetime | None = instant()
    hidden: bool = False
    assigned: bool = False
    deleted_at: datetime | None = instant()
    deleted_with: str | None = None
    web_link: str | None = None
    links_json: str | None = None
    local_rev: int = 0
    title_at: datetime | None = instant()
    notes_at: datetime | None = instant()
    due_at: datetime | None = instant()
    status_at: datetime | None = instant()
    place_at: datetime | None = instant()
    created_at: datetime = instant(nullable=False)
    updated_at: datetime = instant(nullable=False)


class TaskBaseRow(SQLModel, table=True):
    """A task as Google last showed it. Written from Google's answers and nothing else."""

    __tablename__ = "task_base"

    task_id: str = key_of("task.id", primary_key=True, key={"ondelete": "CASCADE"})
    etag: str
    updated: datetime | None = instant()
    list_id: str = key_of("task_list.id")
    parent_remote_id: str | None = None
    position: str = ""
    title: str = ""
    notes: str = ""
    due: date | None = None
    status: str = "needsAction"
    completed_at: datetime | None = instant()
    hidden: bool = False
    deleted: bool = False


class TaskOutboxRow(SQLModel, table=True):
    """One thing Google is to be told; what exactly is worked out when it is sent."""

    __tablename__ = "task_outbox"
    __table_args__ = (
        Index("ix_task_outbox_task_id", "task_id"),
        Index("ix_task_outbox_state", "state", "next_at"),
    )

    seq: int | None = Field(default=None, primary_key=True)
    op_id: str = Field(unique=True)
    kind: str
    list_id: str = key_of("task_list.id")
    task_id: str | None = key_of("task.id", nullable=True)
    state: str = OpState.QUEUED
    local_rev: int = 0
    attempts: int = 0
    refusals: int = 0
    probes: int = 0
    queued_at: datetime = instant(nullable=False)
    next_at: datetime = instant(nullable=False)
    sent_at: datetime | None = instant()
    timed_out: bool = False
    fingerprint: str | None = None
    nonce: str | None = None
    based_on_etag: str | None = None
    trouble: str | None = None


class TaskCursorRow(SQLModel, table=True):
    """How far a list has been read from Google, by Google's clock."""

    __tablename__ = "task_cursor"

    list_id: str = key_of("task_list.id", primary_key=True)
    seen_until: datetime | None = instant()
    last_full_at: datetime | None = instant()
    list_etag: str | None = None
    removal: str = "ask"


class TaskAccountRow(SQLModel, table=True):
    """The one linked account and how it stands; a single row, numbered 1."""

    __tablename__ = "task_account"

    id: int = Field(default=1, primary_key=True)
    account_key: str | None = None
    link_id: str | None = None
    standing: str = "unlinked"
    clock_offset_seconds: float = 0.0
    paused_until: datetime | None = instant()
    budget_day: date | None = None
    budget_used: int = 0
    last_run_at: datetime | None = instant()
    last_agreed_at: datetime | None = instant()


class TaskConflictRow(SQLModel, table=True):
    """A value that lost: what it was, what won, and whether the person has settled it."""

    __tablename__ = "task_conflict"

    id: str = Field(primary_key=True)
    task_id: str | None = key_of("task.id", nullable=True, index=True)
    list_id: str | None = key_of("task_list.id", nullable=True)
    field: str
    lost: str
    kept: str
    lost_side: str
    at: datetime = instant(nullable=False)
    settled_at: datetime | None = instant()


class TaskResentRow(SQLModel, table=True):
    """An insert that was sent again: its first copy may still surface as a twin."""

    __tablename__ = "task_resent"

    id: str = Field(primary_key=True)
    task_id: str = key_of("task.id")
    list_id: str = key_of("task_list.id")
    fingerprint: str
    nonce: str | None = None
    sent_at: datetime = instant(nullable=False)
    probed_at: datetime = instant(nullable=False)
    twin_remote_id: str | None = None
    twin_etag: str | None = None


class TaskEventRow(SQLModel, table=True):
    """What the sync did that a person may ask about; only ever added to."""

    __tablename__ = "task_event"

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    kind: str
    task_id: str | None = None
    text: str


TABLES = (
    "task_list",
    "task",
    "task_base",
    "task_outbox",
    "task_cursor",
    "task_account",
    "task_conflict",
    "task_resent",
    "task_event",
)
