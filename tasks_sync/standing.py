"""How the linked account stands, as a value and as the one row it is kept in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from tasks_sync.rows import OpState, TaskAccountRow, TaskConflictRow, TaskOutboxRow


class Standing(StrEnum):
    """What the account is good for."""

    UNLINKED = "unlinked"
    LINKED = "linked"
    SIGN_IN_NEEDED = "sign_in_needed"
    SCOPE_MISSING = "scope_missing"
    OTHER_ACCOUNT = "other_account"
    CLIENT_REJECTED = "client_rejected"


@dataclass(frozen=True)
class SyncState:
    """How far this list and Google's agree."""

    standing: Standing
    last_run_at: datetime | None
    last_agreed_at: datetime | None
    paused_until: datetime | None
    waiting: int
    uncertain: int
    set_aside: int
    open_conflicts: int
    requests_today: int


def account_of(session: Session) -> TaskAccountRow:
    """Give the account's row, made on first use."""
    row = session.get(TaskAccountRow, 1)
    if row is None:
        row = TaskAccountRow(id=1)
        session.add(row)
        session.flush()
    return row


def state_of(session: Session) -> SyncState:
    """Read how far the two lists agree."""
    account = session.get(TaskAccountRow, 1) or TaskAccountRow(id=1)
    states = dict(
        session.exec(
            select(TaskOutboxRow.state, func.count()).group_by(col(TaskOutboxRow.state))
        ).all()
    )
    conflicts = select(func.count()).where(col(TaskConflictRow.settled_at).is_(None))
    return SyncState(
        standing=Standing(account.standing),
        last_run_at=account.last_run_at,
        last_agreed_at=account.last_agreed_at,
        paused_until=account.paused_until,
        waiting=sum(states.values()) - states.get(OpState.REJECTED, 0),
        uncertain=states.get(OpState.UNCERTAIN, 0) + states.get(OpState.SENDING, 0),
        set_aside=states.get(OpState.REJECTED, 0),
        open_conflicts=session.exec(conflicts).one(),
        requests_today=account.budget_used,
    )
