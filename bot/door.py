"""The one way to change anything: one action at a time, once per key, all or nothing.

**Invariant** an action, its journal line and what `then` writes (the answer) are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import RLock
from typing import Any, TypeAlias

from sqlmodel import Session

from bot.actions import Action
from bot.journal import Journal, NothingToUndo
from bot.mailbox import Mailbox
from bot.offers import Offers
from bot.outcomes import Done, Outcome, Refused
from bot.questions import QuestionClosed, Questions
from bot.sessions import NoSession, Sittings
from gpu_lab.study import StudyRefused
from gpu_lab.study.writes import StudyWriter
from heartbeat.errors import ReminderRefused
from heartbeat.ledger import Ledger
from heartbeat.writes import PauseWriter, ReminderWriter
from memory import MemoryRefused, Vault
from memory.sessions import SessionLog
from memory.tasklines import TaskForm
from memory.writes import MemoryWriter
from tasks_sync import TaskReader, TaskRefused
from tasks_sync.settlement import Settlement
from tasks_sync.writes import TaskWriter

REFUSALS = (
    TaskRefused,
    MemoryRefused,
    StudyRefused,
    ReminderRefused,
    NothingToUndo,
    NoSession,
    QuestionClosed,
)


@dataclass(frozen=True)
class Writers:
    """Everything that can change something, inside one transaction; `look` sees its changes."""

    session: Session
    look: TaskReader
    tasks: TaskWriter
    vault: Vault
    memory: MemoryWriter
    words: SessionLog
    study: StudyWriter
    reminders: ReminderWriter
    pauses: PauseWriter
    slots: Ledger
    questions: Questions
    sittings: Sittings
    journal: Journal
    mail: Mailbox
    settlement: Settlement
    offers: Offers
    today: Callable[[], date]
    task_lines: TaskForm
    new_items_list: Callable[[], str | None]


@dataclass(frozen=True)
class Job:
    """What a handler gets: the writers and the name of this change.

    `block` is the same again when a message is worked on again after a crash, so that a line
    that is in a file already is not written twice.
    """

    writers: Writers
    block: str


Handler: TypeAlias = "Callable[[Any, Job], Done]"
Then: TypeAlias = "Callable[[Outcome, Writers], None]"
OpenWriters: TypeAlias = "Callable[[], AbstractContextManager[Writers]]"


def say_nothing(outcome: Outcome, writers: Writers) -> None:
    """Write no answer: the caller prints it."""


@dataclass(frozen=True)
class Door:
    """Does actions one at a time, each at most once."""

    handlers: Mapping[type[Any], Handler]
    open_writers: OpenWriters
    _turn: RLock = field(default_factory=RLock)

    def do(
        self, action: Action, *, key: str, then: Then = say_nothing, by_person: bool = True
    ) -> Outcome:
        """Do `action`, or answer as before when `key` was done already.

        A channel repeats a message until it is confirmed, so one can arrive twice. `then` runs
        inside the transaction; after a refusal it runs in one of its own, with nothing else in it.
        """
        with self._turn:
            try:
                with self.open_writers() as writers:
                    done = writers.journal.find(key)
                    if done is None:
                        done = self._do(action, key, writers, by_person=by_person)
                    then(done, writers)
                    return done
            except REFUSALS as why:
                refused = Refused(why)
                with self.open_writers() as writers:
                    then(refused, writers)
                return refused

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let nobody else in while the block runs, so that what it writes is seen as a whole."""
        with self._turn:
            yield

    def write(self, then: Callable[[Writers], None]) -> None:
        """Write what changes nothing of the person's: letters, slots, the session's words."""
        with self._turn, self.open_writers() as writers:
            then(writers)

    def _do(self, action: Action, key: str, writers: Writers, *, by_person: bool) -> Done:
        done = self.handlers[type(action)](action, Job(writers, block_of(key)))
        writers.journal.record(key, done, by_person=by_person)
        return done


def block_of(key: str) -> str:
    """Make a block id (letters, digits, hyphens) out of a message key."""
    return "tb-" + "".join(char if char.isalnum() else "-" for char in key)
