"""Everything the assistant can be asked to change, on one page.

An action says what is wanted, never how. Each is done by one function in `handlers` and comes
back with its opposite, so that anything done can be undone. The page is at once the chat's
grammar, the command line's verbs and the journal's format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from tasks_sync import TaskChanges

# --- tasks ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddTask:
    """Put a task on a list; no list means the one that takes new items."""

    title: str
    due: date | None = None
    notes: str = ""
    list_id: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True)
class CompleteTask:
    """Tick a task off."""

    task_id: str


@dataclass(frozen=True)
class ReopenTask:
    """Take the tick off again."""

    task_id: str


@dataclass(frozen=True)
class EditTask:
    """Give a task another title, other notes, another day or none."""

    task_id: str
    changes: TaskChanges


@dataclass(frozen=True)
class PlaceTask:
    """Put a task elsewhere: another list, under another task, behind another one."""

    task_id: str
    list_id: str
    parent_id: str | None = None
    after_id: str | None = None


SOMEDAY_LIST = "Someday"
"""The list of what is put aside: no check-in or briefing looks at it."""


@dataclass(frozen=True)
class PutAside:
    """Put a task on the list of someday and take its day off."""

    task_id: str


@dataclass(frozen=True)
class DeleteTask:
    """Remove a task, with its subtasks, without doing it."""

    task_id: str


@dataclass(frozen=True)
class RestoreTask:
    """Put a deleted task back, with its subtasks, where it was."""

    task_id: str


@dataclass(frozen=True)
class AddList:
    """Make a list."""

    title: str


@dataclass(frozen=True)
class RenameList:
    """Give a list another title."""

    list_id: str
    title: str


@dataclass(frozen=True)
class DeleteList:
    """Remove a list with its tasks."""

    list_id: str


@dataclass(frozen=True)
class RestoreList:
    """Put a deleted list back."""

    list_id: str


@dataclass(frozen=True)
class ClearCompleted:
    """Put a list's finished tasks out of sight."""

    list_id: str


@dataclass(frozen=True)
class ShowCleared:
    """Bring finished tasks back into sight."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True)
class RestoreLost:
    """Bring back a value that lost when both sides changed a task."""

    conflict_id: str


@dataclass(frozen=True)
class LetLostGo:
    """Leave a conflict as it was settled and list it no more."""

    conflict_id: str


@dataclass(frozen=True)
class ListConflict:
    """List a settled conflict again."""

    conflict_id: str


@dataclass(frozen=True)
class AnswerRemoval:
    """Say whether many tasks that are gone at Google may go here too."""

    list_id: str
    allow: bool


# --- the question at the end of a session --------------------------------------------------


@dataclass(frozen=True)
class AskCheckOff:
    """Ask whether what was done checks off a task, wholly or in part."""

    task_id: str
    whole: bool
    evidence: str


@dataclass(frozen=True)
class CheckOff:
    """Answer yes: tick off the task that the question is about."""

    question_id: str


@dataclass(frozen=True)
class NoteProgress:
    """Answer that part is done: write it into the task, which stays open."""

    question_id: str


@dataclass(frozen=True)
class KeepOpen:
    """Answer no: the task stays as it is."""

    question_id: str


@dataclass(frozen=True)
class AskAgain:
    """Take an answer back: the question is open again and the task as it was."""

    question_id: str


@dataclass(frozen=True)
class Withdraw:
    """Take a question back before it was answered."""

    question_id: str


# --- sessions and memory -------------------------------------------------------------------


@dataclass(frozen=True)
class EndSession:
    """End the conversation's session and archive it; the next word starts a new one."""

    session_id: str
    reason: str


@dataclass(frozen=True)
class Remember:
    """Keep a line in MEMORY.md."""

    text: str


@dataclass(frozen=True)
class Forget:
    """Take a remembered line out of MEMORY.md."""

    block: str
    text: str


@dataclass(frozen=True)
class TakeNote:
    """Write a note of its own."""

    title: str
    body: str


@dataclass(frozen=True)
class TakeDump:
    """Keep a messy note word for word, sorted, with its actions offered as tasks."""

    raw: str


@dataclass(frozen=True)
class DropNote:
    """Remove a note that was taken."""

    block: str
    title: str
    body: str


# --- study ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartStudy:
    """Begin a study session, or go on with the one that waits."""

    topic: str


@dataclass(frozen=True)
class AnswerStudy:
    """Answer the study question that is open."""

    study_id: str
    text: str


@dataclass(frozen=True)
class SaveStudy:
    """Keep the open study question for a day's briefing."""

    study_id: str
    day: date


@dataclass(frozen=True)
class UnsaveStudy:
    """Take a saved study question out of the briefing again."""

    study_id: str


@dataclass(frozen=True)
class StopStudy:
    """Leave a study session unfinished."""

    study_id: str


@dataclass(frozen=True)
class RewindStudy:
    """Put a study session back to how it stood after so many answers."""

    study_id: str
    answered: int


# --- reminders -----------------------------------------------------------------------------


@dataclass(frozen=True)
class SetReminder:
    """Say something at a moment that the person named."""

    at: datetime
    text: str


@dataclass(frozen=True)
class CancelReminder:
    """Call a reminder off."""

    reminder_id: str


@dataclass(frozen=True)
class RestoreReminder:
    """Set a cancelled reminder again."""

    reminder_id: str


@dataclass(frozen=True)
class PutOffReminder:
    """Say at another moment what a reminder said just now."""

    reminder_id: str
    at: datetime


@dataclass(frozen=True)
class Pause:
    """Say nothing unasked until a moment but reminders; None ends a pause."""

    until: datetime | None


# --- about actions -------------------------------------------------------------------------


@dataclass(frozen=True)
class Together:
    """Do several things as one: all or none, and one undo takes them all back."""

    actions: tuple[Action, ...]


@dataclass(frozen=True)
class TakeBack:
    """Take back one thing that was done unasked, by the key that it was done under."""

    key: str


@dataclass(frozen=True)
class Undo:
    """Take back the last thing done; undone twice it is done again."""


Action: TypeAlias = (
    AddTask
    | CompleteTask
    | ReopenTask
    | EditTask
    | PlaceTask
    | PutAside
    | DeleteTask
    | RestoreTask
    | AddList
    | RenameList
    | DeleteList
    | RestoreList
    | ClearCompleted
    | ShowCleared
    | RestoreLost
    | LetLostGo
    | ListConflict
    | AnswerRemoval
    | AskCheckOff
    | CheckOff
    | NoteProgress
    | KeepOpen
    | AskAgain
    | Withdraw
    | EndSession
    | Remember
    | Forget
    | TakeNote
    | TakeDump
    | DropNote
    | StartStudy
    | AnswerStudy
    | SaveStudy
    | UnsaveStudy
    | StopStudy
    | RewindStudy
    | SetReminder
    | CancelReminder
    | RestoreReminder
    | PutOffReminder
    | Pause
    | Together
    | TakeBack
    | Undo
)
