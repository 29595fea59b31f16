"""What came of an action: facts, never prose. `conversation.speak` words them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from bot.actions import Action
from bot.offers import Offer
from gpu_lab.study import Grade, StudyState


@dataclass(frozen=True)
class TaskFacts:
    """A task as it stands after the action; `list_title` is None where the list is plain: the
    default one, or the one that it stays on.

    `under` and `behind` are the titles of its parent and of the task it was put behind.
    """

    task_id: str
    title: str
    due: date | None = None
    list_title: str | None = None
    under: str | None = None
    behind: str | None = None


@dataclass(frozen=True)
class ListFacts:
    """A list, and how many tasks the action touched there."""

    list_id: str
    title: str
    tasks: int = 0


@dataclass(frozen=True)
class ConflictFacts:
    """A value that lost when both sides changed a task."""

    title: str
    field: str
    lost: str


@dataclass(frozen=True)
class QuestionFacts:
    """A question that was put or answered, about one task."""

    question_id: str
    title: str
    whole: bool
    evidence: str


@dataclass(frozen=True)
class SessionFacts:
    """A session that ended: how many turns it had and where it was archived, if it had any."""

    turns: int
    archive: str | None


@dataclass(frozen=True)
class NoteFacts:
    """A line or note that was written: its file, from the top of the notes folder."""

    path: str
    line: int


@dataclass(frozen=True)
class DumpFacts:
    """A messy note that was sorted: its file, what is in it, and the tasks it offers."""

    path: str
    topics: int
    questions: int
    decisions: int
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class StudyFacts:
    """Where a study session stands, and the grade if an answer was just given."""

    state: StudyState
    grade: Grade | None = None
    day: date | None = None


@dataclass(frozen=True)
class ReminderFacts:
    """A reminder: when it will be said, in the person's zone, and what."""

    reminder_id: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Plain:
    """Nothing more to say than the name."""


Facts: TypeAlias = (
    TaskFacts
    | ListFacts
    | ConflictFacts
    | QuestionFacts
    | SessionFacts
    | NoteFacts
    | DumpFacts
    | StudyFacts
    | ReminderFacts
    | Plain
)


@dataclass(frozen=True)
class Done:
    """The action took effect on what `name` names; `undo` takes it back, None where nothing can."""

    action: Action
    name: str
    undo: Action | None
    facts: Facts = Plain()
    parts: tuple[Done, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Nothing changed, because what was asked cannot be done."""

    why: Exception


Outcome: TypeAlias = Done | Refused
