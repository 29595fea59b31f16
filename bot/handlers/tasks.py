"""How the list is changed."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import (
    Action,
    AddList,
    AddTask,
    AnswerRemoval,
    ClearCompleted,
    CompleteTask,
    DeleteList,
    DeleteTask,
    EditTask,
    LetLostGo,
    ListConflict,
    PlaceTask,
    RenameList,
    ReopenTask,
    RestoreList,
    RestoreLost,
    RestoreTask,
    ShowCleared,
    Together,
)
from bot.door import Job
from bot.handlers.memory import ASSISTANT
from bot.outcomes import ConflictFacts, Done, ListFacts, TaskFacts
from tasks_sync import ListNotFound, Place, Status, Task, TaskChanges, TaskList
from tasks_sync.conflicts import Conflict
from tasks_sync.settlement import Before


def facts_of(task: Task, job: Job) -> TaskFacts:
    """Give what a sentence about a task may need."""
    place = list_of(task.list_id, job)
    title = None if place.is_default else place.title
    under = job.writers.look.task(task.parent_id).title if task.parent_id else None
    return TaskFacts(task.id, task.title, task.due, title, under)


def list_of(list_id: str, job: Job) -> TaskList:
    """Give a list by id. Raises ListNotFound."""
    for found in job.writers.look.lists():
        if found.id == list_id:
            return found
    raise ListNotFound(list_id)


def log_done(task: Task, job: Job) -> None:
    """Leave a line in the day's log, so that the notes tell what the day was spent on."""
    line = f"Done: {task.title}"
    job.writers.memory.log(line, author=ASSISTANT, source="tasks", block=f"{job.block}-log")


def add(action: AddTask, job: Job) -> Done:
    task = job.writers.tasks.add(
        action.title,
        list_id=action.list_id or (None if action.parent_id else job.writers.new_items_list()),
        notes=action.notes,
        due=action.due,
        parent_id=action.parent_id,
    )
    return Done(action, task.title, DeleteTask(task.id), facts_of(task, job))


def complete(action: CompleteTask, job: Job) -> Done:
    task = job.writers.tasks.complete(action.task_id)
    log_done(task, job)
    return Done(action, task.title, ReopenTask(task.id), facts_of(task, job))


def reopen(action: ReopenTask, job: Job) -> Done:
    task = job.writers.tasks.reopen(action.task_id)
    return Done(action, task.title, CompleteTask(task.id), facts_of(task, job))


def edit(action: EditTask, job: Job) -> Done:
    before = job.writers.look.task(action.task_id)
    task, back = job.writers.tasks.edit(action.task_id, action.changes)
    return Done(action, before.title, EditTask(task.id, back), facts_of(task, job))


def place(action: PlaceTask, job: Job) -> Done:
    to = Place(action.list_id, action.parent_id, action.after_id)
    task, before = job.writers.tasks.move(action.task_id, to)
    back = PlaceTask(task.id, before.list_id, before.parent_id, before.after_id)
    behind = job.writers.look.task(action.after_id).title if action.after_id else None
    stays = before.list_id == task.list_id
    list_title = None if stays else list_of(task.list_id, job).title
    facts = replace(facts_of(task, job), list_title=list_title, behind=behind)
    return Done(action, task.title, back, facts)


def delete(action: DeleteTask, job: Job) -> Done:
    task = job.writers.tasks.delete(action.task_id)
    return Done(action, task.title, RestoreTask(task.id), facts_of(task, job))


def restore(action: RestoreTask, job: Job) -> Done:
    task = job.writers.tasks.restore(action.task_id)
    return Done(action, task.title, DeleteTask(task.id), facts_of(task, job))


def add_list(action: AddList, job: Job) -> Done:
    made = job.writers.tasks.add_list(action.title)
    return Done(action, made.title, DeleteList(made.id), ListFacts(made.id, made.title))


def rename_list(action: RenameList, job: Job) -> Done:
    renamed, before = job.writers.tasks.rename_list(action.list_id, action.title)
    facts = ListFacts(renamed.id, renamed.title)
    return Done(action, before, RenameList(renamed.id, before), facts)


def delete_list(action: DeleteList, job: Job) -> Done:
    gone = job.writers.tasks.delete_list(action.list_id)
    return Done(action, gone.title, RestoreList(gone.id), ListFacts(gone.id, gone.title))


def restore_list(action: RestoreList, job: Job) -> Done:
    back = job.writers.tasks.restore_list(action.list_id)
    return Done(action, back.title, DeleteList(back.id), ListFacts(back.id, back.title))


def clear(action: ClearCompleted, job: Job) -> Done:
    place = list_of(action.list_id, job)
    cleared = job.writers.tasks.clear_completed(action.list_id)
    facts = ListFacts(place.id, place.title, len(cleared))
    return Done(action, place.title, ShowCleared(cleared), facts)


def show_cleared(action: ShowCleared, job: Job) -> Done:
    job.writers.tasks.unclear(action.task_ids)
    place = job.writers.look.default_list()
    facts = ListFacts(place.id, place.title, len(action.task_ids))
    return Done(action, place.title, None, facts)


def restore_lost(action: RestoreLost, job: Job) -> Done:
    conflict, before = job.writers.settlement.restore(action.conflict_id)
    facts = ConflictFacts(conflict.title, conflict.field, conflict.lost)
    back = Together((taken_away(conflict, before), ListConflict(conflict.id)))
    return Done(action, conflict.title, back, facts)


def taken_away(conflict: Conflict, before: Before) -> Action:
    """Give the opposite of bringing a lost value back."""
    task_id, list_id = str(conflict.task_id), str(conflict.list_id)
    match before:
        case TaskChanges():
            return EditTask(task_id, before)
        case Place():
            return PlaceTask(task_id, before.list_id, before.parent_id, before.after_id)
        case str():
            return RenameList(list_id, before)
    if conflict.field == "status":
        done = conflict.lost == Status.COMPLETED
        return ReopenTask(task_id) if done else CompleteTask(task_id)
    return RestoreTask(task_id) if conflict.lost == "deleted" else DeleteTask(task_id)


def let_lost_go(action: LetLostGo, job: Job) -> Done:
    conflict = job.writers.settlement.dismiss(action.conflict_id)
    facts = ConflictFacts(conflict.title, conflict.field, conflict.lost)
    return Done(action, conflict.title, ListConflict(conflict.id), facts)


def list_conflict(action: ListConflict, job: Job) -> Done:
    conflict = job.writers.settlement.reopen(action.conflict_id)
    facts = ConflictFacts(conflict.title, conflict.field, conflict.lost)
    return Done(action, conflict.title, LetLostGo(conflict.id), facts)


def answer_removal(action: AnswerRemoval, job: Job) -> Done:
    place = list_of(action.list_id, job)
    job.writers.settlement.answer_removal(action.list_id, allow=action.allow)
    return Done(action, place.title, None, ListFacts(place.id, place.title))
