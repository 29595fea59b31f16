"""What is so at the moment a message is read: everything that understanding may look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.offers import Offer
from bot.proposals import Proposal
from bot.questions import Question
from gpu_lab.study import StudyState
from tasks_sync import Task, TaskList


@dataclass(frozen=True)
class Situation:
    """The moment in the person's zone, the list, and what waits for an answer."""

    now: datetime
    open_tasks: Sequence[Task] = ()
    done_tasks: Sequence[Task] = ()
    lists: tuple[TaskList, ...] = ()
    questions: tuple[Question, ...] = ()
    study: StudyState | None = None
    last_study: StudyState | None = None
    session_id: str | None = None
    proposals: tuple[Proposal, ...] = ()
    offers: Callable[[], tuple[Offer, ...]] = tuple
    lists_to_clear: Callable[[], tuple[TaskList, ...]] = tuple
    remembered: tuple[tuple[str, str], ...] = field(default=())

    @property
    def today(self) -> date:
        """The person's date."""
        return self.now.date()

    @property
    def question(self) -> Question | None:
        """The question that a bare yes or no answers: the newest one."""
        return self.questions[0] if self.questions else None
