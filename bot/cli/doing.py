"""Doing one action from the command line: the application opened, the outcome said or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.naming import refuse
from bot.cli.output import app_for, one_line, print_json

if TYPE_CHECKING:
    from bot.actions import Action
    from bot.app import App
    from bot.outcomes import Done
    from tasks_sync import Task, TaskList


@contextmanager
def opened(context: typer.Context, home: Path | None, *, as_json: bool) -> Iterator[App]:
    """Open the application for one verb; with `as_json`, what cannot be done is JSON as well."""
    try:
        with closing(app_for(context, home)) as touchbase:
            yield touchbase
    except typer.Exit:
        raise
    except Exception as why:
        if as_json:
            print_json({"error": one_line(why)})
        raise


def do(touchbase: App, action: Action, *, as_json: bool = False) -> None:
    """Do an action and print what came of it."""
    from bot.conversation.speak import speak

    done = carry_out(touchbase, action)
    said = speak(done, touchbase.assistant.local_now()).text
    if as_json:
        print_json(outcome_object(touchbase, done, said))
    else:
        typer.echo(said)


def carry_out(touchbase: App, action: Action) -> Done:
    """Do an action; raise TaskRefused with the sentence for the person."""
    from bot.conversation.speak import speak
    from bot.outcomes import Refused

    outcome = touchbase.door.do(action, key=f"cli:{touchbase.new_id()}")
    if isinstance(outcome, Refused):
        refuse(speak(outcome, touchbase.assistant.local_now()).text)
    return outcome


def outcome_object(touchbase: App, done: Done, said: str) -> dict[str, object]:
    """Give what came of an action as JSON shows it: the task, or the facts and the sentence."""
    from bot.outcomes import TaskFacts

    if not isinstance(done.facts, TaskFacts):
        return {**asdict(done.facts), "says": said}
    lists = {found.id: found for found in touchbase.library.tasks.lists()}
    for task in touchbase.library.tasks.tasks():
        if task.id == done.facts.task_id:
            return as_object(task, lists)
    return {"id": done.facts.task_id, "title": done.facts.title, "deleted": True}


def as_object(task: Task, lists: dict[str, TaskList]) -> dict[str, object]:
    """Give a task as JSON shows it."""
    place = lists.get(task.list_id)
    return {
        "id": task.id,
        "list": place.title if place else task.list_id,
        "list_id": task.list_id,
        "title": task.title,
        "notes": task.notes,
        "status": task.status.value,
        "due": task.due.isoformat() if task.due else None,
        "parent": task.parent_id,
        "position": task.position,
        "completed": task.completed_at.isoformat() if task.completed_at else None,
        "updated": task.updated_at.isoformat(),
        "hidden": task.hidden,
        "assigned": task.assigned,
    }
