"""Which function does which action; a test holds it against the action page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot import actions
from bot.actions import TakeBack, Together, Undo
from bot.door import Handler, Job
from bot.handlers import memory, pauses, questions, reminders, someday, study, tasks
from bot.journal import NothingToUndo
from bot.outcomes import Done


def together(action: Together, job: Job) -> Done:
    """Do all of them; the opposite is their opposites, last first."""
    parts = tuple(
        HANDLERS[type(part)](part, replace(job, block=f"{job.block}-{number}"))
        for number, part in enumerate(action.actions)
    )
    back = tuple(part.undo for part in reversed(parts) if part.undo)
    name = ", ".join(part.name for part in parts)
    return Done(action, name, Together(back) if back else None, parts=parts)


def take_back(action: TakeBack, job: Job) -> Done:
    """Do the opposite of what was done under a key; raise NothingToUndo where nothing was."""
    done = job.writers.journal.find(action.key)
    if done is None or done.undo is None:
        raise NothingToUndo
    opposite = HANDLERS[type(done.undo)](done.undo, job)
    return Done(action, done.name, opposite.undo, opposite.facts, parts=(done,))


def undo(action: Undo, job: Job) -> Done:
    """Do the opposite of the last thing done; undoing that in turn does it again."""
    last = job.writers.journal.last()
    assert last.undo is not None, "the journal gives only what can be undone"
    done = HANDLERS[type(last.undo)](last.undo, job)
    # What was undone is kept as the undo of the undo; the opposite that ran gives it, since ids
    # made on the way (a task added again) are known only to it.
    back = done.undo or last.action
    return Done(action, last.name, back, done.facts, parts=(last,))


HANDLERS: Mapping[type[Any], Handler] = {
    actions.AddTask: tasks.add,
    actions.CompleteTask: tasks.complete,
    actions.ReopenTask: tasks.reopen,
    actions.EditTask: tasks.edit,
    actions.PlaceTask: tasks.place,
    actions.PutAside: someday.put_aside,
    actions.DeleteTask: tasks.delete,
    actions.RestoreTask: tasks.restore,
    actions.AddList: tasks.add_list,
    actions.RenameList: tasks.rename_list,
    actions.DeleteList: tasks.delete_list,
    actions.RestoreList: tasks.restore_list,
    actions.ClearCompleted: tasks.clear,
    actions.ShowCleared: tasks.show_cleared,
    actions.RestoreLost: tasks.restore_lost,
    actions.LetLostGo: tasks.let_lost_go,
    actions.ListConflict: tasks.list_conflict,
    actions.AnswerRemoval: tasks.answer_removal,
    actions.AskCheckOff: questions.ask,
    actions.CheckOff: questions.check_off,
    actions.NoteProgress: questions.note_progress,
    actions.KeepOpen: questions.keep_open,
    actions.AskAgain: questions.ask_again,
    actions.Withdraw: questions.withdraw,
    actions.EndSession: memory.end_session,
    actions.Remember: memory.remember,
    actions.Forget: memory.forget,
    actions.TakeNote: memory.take_note,
    actions.TakeDump: memory.take_dump,
    actions.DropNote: memory.drop_note,
    actions.StartStudy: study.start,
    actions.AnswerStudy: study.answer,
    actions.SaveStudy: study.save,
    actions.UnsaveStudy: study.unsave,
    actions.StopStudy: study.stop,
    actions.RewindStudy: study.rewind,
    actions.SetReminder: reminders.set_reminder,
    actions.CancelReminder: reminders.cancel,
    actions.RestoreReminder: reminders.restore,
    actions.PutOffReminder: reminders.put_off,
    actions.Pause: pauses.pause,
    actions.Together: together,
    actions.TakeBack: take_back,
    actions.Undo: undo,
}
