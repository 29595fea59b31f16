"""Everything that can be looked at, and the pages made of it. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import overload
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session

from bot.conversation.situation import Situation
from bot.conversation.speak.answers import (
    DoneToday,
    Found,
    Help,
    Hit,
    Lists,
    OneTask,
    Open,
    OpenStudy,
    Page,
    Status,
    Today,
    Why,
)
from bot.mailbox import Arrival, LetterState, Mailbox, SaidFirst
from bot.offers import Offer, Offers
from bot.proposals import Proposal
from bot.questions import Questions
from bot.sessions import Sitting, Sittings
from gpu_lab.study import StudyPhase, StudyReader, StudyState
from heartbeat.ledger import Ledger
from heartbeat.reads import ReminderReader, pause_until
from heartbeat.slots import Job, next_slot
from memory import MemoryReader
from memory.dumps import NoteItem, TaskItem, sorted_item
from memory.found import shipped_actions
from memory.minutes import Minutes
from memory.minutes_page import briefs_page, loops_page
from memory.resume import resume_page
from memory.review import review
from memory.transcripts import read_transcript
from memory.worth_keeping import worth_keeping
from tasks_sync import Task, TaskList, TaskReader
from tasks_sync.standing import state_of

LAST_STUDY_WITHIN = timedelta(hours=12)
HITS = 4


@dataclass(frozen=True)
class Library:
    """The readers of every package, side by side."""

    engine: Engine
    tasks: TaskReader
    studies: StudyReader
    reminders: ReminderReader
    notes: MemoryReader
    said: Callable[[str], tuple[str, ...]]
    search: Callable[[str, int], Sequence[Hit]]
    jobs: Sequence[Job]
    zone: ZoneInfo
    now: Callable[[], datetime]
    linked: Callable[[], bool]
    proposals: Callable[[], tuple[Proposal, ...]]
    minutes: Callable[[], Minutes]

    def situation(self, now: datetime) -> Situation:
        """Gather what understanding a message may need; `now` is in the person's zone."""
        with Session(self.engine) as session:
            questions = self._questions(session).open()
            sitting = self._sittings(session).current()
        return Situation(
            now=now,
            open_tasks=Later(self.tasks.open_tasks),
            done_tasks=Later(lambda: self._done_lately(now)),
            lists=tuple(self.tasks.lists()),
            questions=tuple(questions),
            study=self.studies.current(),
            last_study=self._last_study(now),
            session_id=sitting.id if sitting else None,
            proposals=self.proposals(),
            offers=self.offers,
            lists_to_clear=self.lists_to_clear,
            remembered=tuple((line.block, line.text) for line in self.notes.remembered()),
        )

    def today_date(self) -> date:
        """Give the person's date."""
        return self.now().astimezone(self.zone).date()

    # --- pages ---

    @staticmethod
    def help() -> Help:
        """What can be said."""
        return Help()

    def today(self, now: datetime) -> Today:
        """What the day holds; `now` is in the person's zone."""
        open_tasks = self.tasks.open_tasks()
        day = now.date()
        due = sorted(
            (task for task in open_tasks if task.due and task.due <= day),
            key=lambda task: (task.due or day, task.position),
        )
        reminders = [
            each for each in self.reminders.pending() if each.at.astimezone(self.zone).date() == day
        ]
        return Today(day, due, len(open_tasks), self.done_on(now), reminders)

    def open(self, list_id: str | None, title: str | None) -> Open:
        """What is open, on one list or on all."""
        return Open(self.tasks.open_tasks(list_id), title)

    def task(self, task_id: str) -> OneTask:
        """One task, with its subtasks."""
        everything = self.tasks.tasks()
        [found] = [task for task in everything if task.id == task_id]
        below = [task for task in everything if task.parent_id == task_id and not task.hidden]
        [listed] = [one for one in self.tasks.lists() if one.id == found.list_id]
        return OneTask(found, below, listed.title)

    def lists(self) -> Lists:
        """The lists, and how much is open on each."""
        listed, open_tasks = self.tasks.lists(), self.tasks.open_tasks()
        counts = [sum(task.list_id == one.id for task in open_tasks) for one in listed]
        return Lists(tuple(zip((one.title for one in listed), counts, strict=True)))

    def done_today(self, now: datetime) -> DoneToday:
        """What was finished today."""
        return DoneToday(self.done_on(now))

    def why(self, now: datetime) -> Why:
        """What became of today's slots."""
        with Session(self.engine) as session:
            return Why(Ledger(session, now=self.now).why(now.date()))

    def status(self, now: datetime) -> Status:
        """What is running and what waits."""
        with Session(self.engine) as session:
            waiting = Mailbox(session, now=self.now).count(LetterState.QUEUED, LetterState.SENDING)
            google = state_of(session) if self.linked() else None
            paused_until = pause_until(session)
        return Status(
            open_count=len(self.tasks.open_tasks()),
            unsynced=self.tasks.unsynced(),
            waiting_letters=waiting,
            google=google,
            paused_until=paused_until,
            next_slots=self.next_slots(now),
        )

    def study(self) -> OpenStudy:
        """The study question that waits."""
        state = self.studies.current()
        assert state is not None, "asked only while one is open"
        return OpenStudy(state)

    def loops(self, now: datetime) -> Page:
        """What is open in notes and sessions, oldest first."""
        return Page(loops_page(self.minutes().loops(now.date())))

    def resume(self) -> Page:
        """Where the person was."""
        return Page(resume_page(self.minutes().resume()))

    def briefs(self, now: datetime) -> Page:
        """How each undertaking stands."""
        return Page(briefs_page(self.minutes().briefs(now.date())))

    def worth_keeping(self, since: datetime) -> list[str]:
        """Quote what the sessions since a moment said that lasts."""
        found: list[str] = []
        for path, archive in self.notes.sessions():
            if archive.started < since:
                continue
            transcript = read_transcript(self.notes.note_text(path) or "", path)
            minutes = review(transcript, shipped_actions())
            found += [quote.text for quote in worth_keeping(transcript, minutes)]
        return list(dict.fromkeys(found))

    def items_of(self, list_title: str) -> list[Task]:
        """List the open items of a list by its title; none when there is no such list."""
        named = [found.id for found in self.tasks.lists() if found.title == list_title]
        return self.tasks.open_tasks(named[0]) if named else []

    def sorted_item(self, item: Task) -> TaskItem | NoteItem:
        """Say what an item of the notes list becomes."""
        return sorted_item(item.title, item.notes, shipped_actions(), self.today_date())

    def offers(self) -> tuple[Offer, ...]:
        """What was offered and may be taken."""
        with Session(self.engine) as session:
            return Offers(session, now=self.now, new_id=never).newest()

    def lists_to_clear(self) -> tuple[TaskList, ...]:
        """List the lists that have finished tasks in sight."""
        holding = {
            task.list_id
            for task in self.tasks.tasks()
            if not (task.is_open or task.hidden or task.assigned)
        }
        return tuple(listed for listed in self.tasks.lists() if listed.id in holding)

    def recall(self, words: str) -> Found:
        """What the notes and past sessions hold about some words."""
        return Found(words, self.search(words, HITS))

    # --- parts of them ---

    def done_on(self, now: datetime) -> list[Task]:
        """List what was finished on the local day of `now`."""
        start = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return self.tasks.completed_between(start, now + timedelta(seconds=1))

    def next_slots(self, now: datetime) -> list[tuple[str, datetime]]:
        """Name the next spoken slots, the nearest first."""
        slots = [next_slot(job, after=now, timezone=self.zone) for job in self.jobs]
        found = [(slot.job_id, slot.planned_at) for slot in slots if slot]
        found += [(f"reminder “{each.text}”", each.at) for each in self.reminders.pending()]
        return sorted(found, key=lambda pair: pair[1])[:5]

    def sitting(self) -> Sitting | None:
        """Give the session that is going on."""
        with Session(self.engine) as session:
            return self._sittings(session).current()

    def last_heard(self) -> datetime | None:
        """Tell when the person last wrote."""
        with Session(self.engine) as session:
            return Mailbox(session, now=self.now).last_heard()

    def waiting(self) -> list[Arrival]:
        """List messages that have no answer yet."""
        with Session(self.engine) as session:
            return Mailbox(session, now=self.now).waiting()

    def letters_wait(self, channel: str) -> bool:
        """Tell whether a channel has letters to carry, or to drop."""
        with Session(self.engine) as session:
            return Mailbox(session, now=self.now).has_queued(channel)

    def said_first(self, since: datetime) -> list[SaidFirst]:
        """List what was said unasked since a moment."""
        with Session(self.engine) as session:
            return Mailbox(session, now=self.now).said_first(since)

    def _done_lately(self, now: datetime) -> Sequence[Task]:
        """List what was finished lately, the newest first."""
        until = now + timedelta(seconds=1)
        return self.tasks.completed_between(now - timedelta(days=30), until)[::-1]

    def _last_study(self, now: datetime) -> StudyState | None:
        finished = self.studies.finished_between(
            now - LAST_STUDY_WITHIN, now + timedelta(seconds=1)
        )
        waiting = self.studies.waiting()
        return (
            finished[-1]
            if finished
            else waiting
            if waiting and waiting.phase is StudyPhase.SAVED
            else None
        )

    def _questions(self, session: Session) -> Questions:
        return Questions(session, now=self.now, new_id=never)

    def _sittings(self, session: Session) -> Sittings:
        return Sittings(session, now=self.now, new_id=never)


class Later(Sequence[Task]):
    """Tasks that are read when they are first looked at: most messages need none of them."""

    def __init__(self, read: Callable[[], Sequence[Task]]) -> None:
        self._read = read

    @cached_property
    def _tasks(self) -> tuple[Task, ...]:
        return tuple(self._read())

    @overload
    def __getitem__(self, index: int) -> Task: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Task]: ...

    def __getitem__(self, index: int | slice) -> Task | Sequence[Task]:
        """Give one, or some."""
        return self._tasks[index]

    def __len__(self) -> int:
        """Count them."""
        return len(self._tasks)


def never() -> str:
    """Make no id: nothing is written here."""
    raise AssertionError("reading makes no ids")
