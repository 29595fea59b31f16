"""How a task is put aside, out of sight of check-ins."""

from __future__ import annotations

from bot.actions import SOMEDAY_LIST, EditTask, PlaceTask, PutAside, Together
from bot.door import Job
from bot.handlers.tasks import facts_of
from bot.outcomes import Done
from tasks_sync import Place, TaskChanges, TaskList


def put_aside(action: PutAside, job: Job) -> Done:
    """Move to the list of someday and take the day off; taken back, it stands first in its list."""
    _, before = job.writers.tasks.move(action.task_id, Place(someday_list(job).id))
    task, day_back = job.writers.tasks.edit(action.task_id, TaskChanges(due=None))
    # Not behind the task that it was behind: by then that one may be gone.
    place_back = PlaceTask(task.id, before.list_id, before.parent_id)
    back = Together((place_back, EditTask(task.id, day_back)))
    return Done(action, task.title, back, facts_of(task, job))


def someday_list(job: Job) -> TaskList:
    """Find the list of what is put aside; it is made when it is first needed."""
    named = (found for found in job.writers.look.lists() if found.title == SOMEDAY_LIST)
    return next(named, None) or job.writers.tasks.add_list(SOMEDAY_LIST)
