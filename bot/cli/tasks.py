"""`touchbase tasks`: the list from the command line, through the same door as the chat."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Home, Json, app_for, fail, print_json

if TYPE_CHECKING:
    from bot.actions import Action
    from bot.app import App
    from tasks_sync import Task, TaskList

app = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="Id, the beginning of it, or words of the title.")]
ListName = Annotated[str | None, typer.Option("--list", help="Title or id of a list.")]
Due = Annotated[
    str | None,
    typer.Option("--due", help="YYYY-MM-DD, today, tomorrow, friday ...; 'none' clears."),
]


@app.command("list")
def list_tasks(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    in_list: ListName = None,
) -> None:
    """Show the tasks, subtasks below their parents."""
    with opened(context, home) as touchbase:
        lists = {found.id: found for found in touchbase.library.tasks.lists()}
        wanted = find_list(touchbase, in_list).id if in_list else None
        tasks = touchbase.library.tasks.tasks(wanted, include_completed=everything or as_json)
        if as_json:
            print_json([as_object(task, lists) for task in tasks])
            return
        for task in tasks:
            typer.echo(line_of(task, lists))
        if not tasks:
            typer.echo("Nothing is open. `touchbase tasks add ...` puts something on the list.")


@app.command()
def add(
    context: typer.Context,
    title: Annotated[list[str], typer.Argument(help="The task's words.")],
    home: Home = None,
    due: Due = None,
    notes: Annotated[str, typer.Option("--notes")] = "",
    in_list: ListName = None,
    parent: Annotated[
        str | None, typer.Option("--parent", help="Make it a subtask of this.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a task on a list."""
    from bot.actions import AddTask

    with opened(context, home) as touchbase:
        action = AddTask(
            " ".join(title),
            due=read_day(touchbase, due),
            notes=notes,
            list_id=find_list(touchbase, in_list).id if in_list else None,
            parent_id=find(touchbase, parent).id if parent else None,
        )
        do(touchbase, action, as_json=as_json)


@app.command()
def done(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Tick a task off."""
    from bot.actions import CompleteTask

    with opened(context, home) as touchbase:
        do(touchbase, CompleteTask(find(touchbase, task).id), as_json=as_json)


@app.command()
def reopen(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Take the tick off again."""
    from bot.actions import ReopenTask

    with opened(context, home) as touchbase:
        do(touchbase, ReopenTask(find(touchbase, task, finished=True).id), as_json=as_json)


@app.command()
def edit(
    context: typer.Context,
    task: Which,
    home: Home = None,
    title: Annotated[str | None, typer.Option("--title")] = None,
    notes: Annotated[str | None, typer.Option("--notes", help="'' clears them.")] = None,
    due: Due = None,
    as_json: Json = False,
) -> None:
    """Change a task's title, notes or day."""
    from bot.actions import EditTask
    from tasks_sync import UNSET, TaskChanges

    with opened(context, home) as touchbase:
        if title is None and notes is None and due is None:
            fail("nothing to change; give --title, --notes or --due")
        changes = TaskChanges(
            title=UNSET if title is None else title,
            notes=UNSET if notes is None else notes,
            due=UNSET if due is None else read_day(touchbase, due),
        )
        do(touchbase, EditTask(find(touchbase, task).id, changes), as_json=as_json)


@app.command()
def move(
    context: typer.Context,
    task: Which,
    home: Home = None,
    to_list: Annotated[str | None, typer.Option("--list", help="Another list.")] = None,
    under: Annotated[str | None, typer.Option("--under", help="Make it a subtask of this.")] = None,
    after: Annotated[
        str | None, typer.Option("--after", help="Behind this one; else first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a task elsewhere: another list, under a task, behind a task."""
    from bot.actions import PlaceTask

    with opened(context, home) as touchbase:
        found = find(touchbase, task)
        place = PlaceTask(
            found.id,
            find_list(touchbase, to_list).id if to_list else found.list_id,
            find(touchbase, under).id if under else None,
            find(touchbase, after).id if after else None,
        )
        do(touchbase, place, as_json=as_json)


@app.command()
def delete(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Remove a task and its subtasks; undo brings them back."""
    from bot.actions import DeleteTask

    with opened(context, home) as touchbase:
        do(touchbase, DeleteTask(find(touchbase, task, finished=None).id), as_json=as_json)


@app.command()
def undo(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Take back the last thing done; once more does it again."""
    from bot.actions import Undo

    with opened(context, home) as touchbase:
        do(touchbase, Undo(), as_json=as_json)


@app.command()
def lists(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    add_named: Annotated[str | None, typer.Option("--add", help="Make a list.")] = None,
    delete_named: Annotated[str | None, typer.Option("--delete", help="Remove a list.")] = None,
    clear_named: Annotated[
        str | None, typer.Option("--clear", help="Put a list's finished tasks out of sight.")
    ] = None,
) -> None:
    """Show the lists, or make, remove or clear one."""
    from bot.actions import AddList, ClearCompleted, DeleteList

    with opened(context, home) as touchbase:
        if add_named:
            do(touchbase, AddList(add_named))
        if delete_named:
            do(touchbase, DeleteList(find_list(touchbase, delete_named).id))
        if clear_named:
            do(touchbase, ClearCompleted(find_list(touchbase, clear_named).id))
        if add_named or delete_named or clear_named:
            return
        found = touchbase.library.tasks.lists()
        if as_json:
            print_json([vars(each) for each in found])
            return
        for each in found:
            typer.echo(f"{each.id[:8]}  {each.title}{'  (default)' if each.is_default else ''}")


@app.command()
def sync(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Bring the list in step with Google now."""
    from bot.conversation.speak.google import say_notice

    with opened(context, home) as touchbase:
        report = touchbase.syncing.once()
        if report is None:
            fail("Google is not linked; `touchbase setup google` links it. The list is kept here.")
        if as_json:
            print_json(
                {
                    "pulled": report.pulled,
                    "pushed": report.pushed,
                    "waiting": report.waiting,
                    "conflicts": list(report.conflicts),
                    "notices": [type(notice).__name__ for notice in report.notices],
                    "requests": report.requests,
                    "complete": report.complete,
                }
            )
        else:
            rest = f", {report.waiting} waiting" if report.waiting else ""
            typer.echo(f"{report.pulled} taken from Google, {report.pushed} sent{rest}.")
            for notice in report.notices:
                said = say_notice(notice, touchbase.assistant.local_now())
                typer.echo(said.text if said else " ".join(str(notice).split()))
        if not report.complete:
            raise typer.Exit(1)


@app.command()
def conflicts(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    restore: Annotated[
        str | None, typer.Option("--restore", help="Bring the lost value of this one back.")
    ] = None,
    dismiss: Annotated[
        str | None, typer.Option("--dismiss", help="Leave this one as it is.")
    ] = None,
) -> None:
    """Show what lost when both sides changed a task, or settle one."""
    from bot.actions import LetLostGo, RestoreLost
    from tasks_sync.conflicts import ConflictReader

    with opened(context, home) as touchbase:
        listed = ConflictReader(touchbase.engine).open()
        for wanted, action in ((restore, RestoreLost), (dismiss, LetLostGo)):
            if wanted:
                matching = [each.id for each in listed if each.id.startswith(wanted)]
                if len(matching) != 1:
                    fail(
                        f"{wanted!r} names {len(matching)} conflicts; `tasks conflicts` shows them"
                    )
                do(touchbase, action(matching[0]))
                return
        if as_json:
            print_json([vars(each) for each in listed])
            return
        for each in listed:
            typer.echo(
                f"{each.id[:8]}  “{each.title}”: {each.field} is {each.kept!r}, "
                f"{each.lost!r} ({each.lost_side}) lost"
            )
        if not listed:
            typer.echo("No conflicts.")


@app.command("export")
def export_everything(
    context: typer.Context,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="The only form there is.")] = True,  # noqa: ARG001
) -> None:
    """Print everything about the tasks as JSON; `import` restores it."""
    from sqlmodel import Session

    from tasks_sync.archive import export_tasks

    with opened(context, home) as touchbase, Session(touchbase.engine) as session:
        typer.echo(export_tasks(session, at=touchbase.now()))


@app.command("import")
def import_everything(
    context: typer.Context,
    file: Annotated[typer.FileText, typer.Argument(help="What `export` printed; - for a pipe.")],
    home: Home = None,
) -> None:
    """Restore what `export` printed into a folder that has no tasks yet."""
    from tasks_sync.archive import Imported, import_tasks

    brought: list[Imported] = []
    text = file.read()
    with opened(context, home) as touchbase:
        touchbase.door.write(lambda writers: brought.append(import_tasks(writers.session, text)))
    typer.echo(f"Restored {brought[0].lists} lists and {brought[0].tasks} tasks.")


# --- what the verbs share ---


class opened:  # noqa: N801 -- used as a context manager, like `open`
    """The application for one verb, closed afterwards."""

    def __init__(self, context: typer.Context, home: object) -> None:
        self._app = app_for(context, home)  # type: ignore[arg-type]

    def __enter__(self) -> App:
        return self._app

    def __exit__(self, *_: object) -> None:
        self._app.close()


def do(touchbase: App, action: Action, *, as_json: bool = False) -> None:
    """Do an action and print what came of it; a refusal is one line and exit status 2."""
    from bot.conversation.speak import speak
    from bot.outcomes import Done, Refused, TaskFacts

    outcome = touchbase.door.do(action, key=f"cli:{touchbase.new_id()}")
    if isinstance(outcome, Refused):
        fail(speak(outcome, touchbase.assistant.local_now()).text)
    if as_json and isinstance(outcome, Done) and isinstance(outcome.facts, TaskFacts):
        shown = touchbase.library.tasks.tasks()
        lists = {found.id: found for found in touchbase.library.tasks.lists()}
        match = [as_object(task, lists) for task in shown if task.id == outcome.facts.task_id]
        print_json(match[0] if match else {"id": outcome.facts.task_id, "deleted": True})
        return
    typer.echo(speak(outcome, touchbase.assistant.local_now()).text)


def find(touchbase: App, words: str, *, finished: bool | None = False) -> Task:
    """Find the one task that an id or words name; `finished=None` looks everywhere."""
    from bot.conversation.meaning import Unclear
    from bot.conversation.picking import pick

    tasks = [
        task
        for task in touchbase.library.tasks.tasks()
        if finished is None or task.is_open is not finished
    ]
    by_id = [
        task
        for task in tasks
        if task.id == words or (len(words) >= 6 and task.id.startswith(words))
    ]
    found = by_id[0] if len(by_id) == 1 else pick(words, tasks, "")
    if isinstance(found, Unclear):
        fail(f"{found.says} `touchbase tasks list --all` shows them.")
    return found


def find_list(touchbase: App, name: str) -> TaskList:
    """Find a list by title or id."""
    for found in touchbase.library.tasks.lists():
        if name in (found.id, found.title) or found.title.casefold() == name.casefold():
            return found
    titles = ", ".join(repr(found.title) for found in touchbase.library.tasks.lists())
    fail(f"there is no list {name!r}; there is: {titles}")


def read_day(touchbase: App, words: str | None) -> date | None:
    """Read a day; none or no words is no day."""
    from bot.conversation.dates import day_named

    if words is None or words.casefold() in ("none", ""):
        return None
    day = day_named(words, touchbase.assistant.local_now().date())
    if day is None:
        fail(f"--due {words!r} is no day; use YYYY-MM-DD, today, tomorrow, a weekday, or none")
    return day


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


def line_of(task: Task, lists: dict[str, TaskList]) -> str:
    """Write a task in one line."""
    tick = " " if task.is_open else "x"
    due = f"  ({task.due:%a %d %b})" if task.due else ""
    place = lists.get(task.list_id)
    where = f"  #{place.title}" if place and not place.is_default else ""
    return f"{task.id[:8]}  {'   ' if task.parent_id else ''}[{tick}] {task.title}{due}{where}"
