"""What a task is, seen from outside: values only. Nothing here is stored or sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field


class Status(StrEnum):
    """Open or ticked off, in Google's words."""

    NEEDS_ACTION = "needsAction"
    COMPLETED = "completed"


class Unset(Enum):
    """The mark of a field to leave alone, apart from every value a field can have.

    Its value is a private-use character, so that a title read back from JSON is never mistaken
    for it.
    """

    UNSET = "\ue000unset"


UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET

# Left to right, because a plain `str` would swallow the mark when it is read back from JSON.
TextChange: TypeAlias = Annotated[Unset | str, Field(union_mode="left_to_right")]
DayChange: TypeAlias = Annotated[Unset | date | None, Field(union_mode="left_to_right")]


@dataclass(frozen=True)
class TaskList:
    """A list of tasks."""

    id: str
    title: str
    is_default: bool


@dataclass(frozen=True)
class Task:
    """A task; `position` orders it among its siblings, as text."""

    id: str
    list_id: str
    title: str
    notes: str
    status: Status
    due: date | None
    completed_at: datetime | None
    parent_id: str | None
    position: str
    created_at: datetime
    updated_at: datetime
    hidden: bool
    assigned: bool

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to do."""
        return self.status is Status.NEEDS_ACTION


@dataclass(frozen=True)
class Place:
    """Where a task stands: in a list, under a parent or at the top, after a sibling or first."""

    list_id: str
    parent_id: str | None = None
    after_id: str | None = None


@dataclass(frozen=True)
class TaskChanges:
    """New values for some fields; `UNSET` leaves one alone, `""` and `None` clear it.

    With `while_still`, a field is changed only while it has the value named there: an undo must
    not trample what the phone wrote since.
    """

    title: TextChange = UNSET
    notes: TextChange = UNSET
    due: DayChange = UNSET
    while_still: TaskChanges | None = None
