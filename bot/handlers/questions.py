"""How the question whether something is done is put and answered.

**Invariant** a task is ticked off here only by CheckOff, and CheckOff comes only from the person.
"""

from __future__ import annotations

from bot.actions import AskAgain, AskCheckOff, CheckOff, KeepOpen, NoteProgress, Withdraw
from bot.door import Job
from bot.handlers.tasks import log_done
from bot.outcomes import Done, QuestionFacts
from bot.questions import Question, QuestionState
from tasks_sync import TaskChanges


def facts_of(question: Question) -> QuestionFacts:
    return QuestionFacts(question.id, question.title, question.whole, question.evidence)


def ask(action: AskCheckOff, job: Job) -> Done:
    task = job.writers.look.task(action.task_id)
    question = job.writers.questions.ask(
        task.id, task.title, whole=action.whole, evidence=action.evidence
    )
    return Done(action, task.title, Withdraw(question.id), facts_of(question))


def check_off(action: CheckOff, job: Job) -> Done:
    question = job.writers.questions.close(action.question_id, QuestionState.YES)
    task = job.writers.tasks.complete(question.task_id)
    log_done(task, job)
    return Done(action, task.title, AskAgain(question.id), facts_of(question))


def note_progress(action: NoteProgress, job: Job) -> Done:
    """Write what was done into the task's notes; the task stays open."""
    question = job.writers.questions.close(action.question_id, QuestionState.PART)
    task = job.writers.look.task(question.task_id)
    job.writers.questions.keep_notes(question.id, task.notes)
    line = f"Partly done: {question.evidence}"
    notes = f"{task.notes}\n{line}" if task.notes else line
    job.writers.tasks.edit(task.id, TaskChanges(notes=notes))
    return Done(action, task.title, AskAgain(question.id), facts_of(question))


def keep_open(action: KeepOpen, job: Job) -> Done:
    question = job.writers.questions.close(action.question_id, QuestionState.NO)
    return Done(action, question.title, AskAgain(question.id), facts_of(question))


def ask_again(action: AskAgain, job: Job) -> Done:
    question, answer = job.writers.questions.answer_of(action.question_id)
    job.writers.questions.reopen(action.question_id)
    match answer:
        case QuestionState.YES:
            job.writers.tasks.reopen(question.task_id)
            back: CheckOff | NoteProgress | KeepOpen = CheckOff(question.id)
        case QuestionState.PART:
            before = job.writers.questions.kept_notes(question.id)
            job.writers.tasks.edit(question.task_id, TaskChanges(notes=before))
            back = NoteProgress(question.id)
        case _:
            back = KeepOpen(question.id)
    return Done(action, question.title, back, facts_of(question))


def withdraw(action: Withdraw, job: Job) -> Done:
    question = job.writers.questions.close(action.question_id, QuestionState.WITHDRAWN)
    return Done(action, question.title, AskAgain(question.id), facts_of(question))
