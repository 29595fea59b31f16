"""`touchbase tasks`: the list from the command line, through the same door as the chat."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import tasks_agree
from bot.cli.doing import as_object, do, opened
from bot.cli.naming import SHORT_ID, find, find_list, read_day, refuse
from bot.cli.output import Home, Json, print_json

if TYPE_CHECKING:
    from bot.actions import Action
    from bot.app import App
    from tasks_sync import Task, TaskList

app = typer.Typer(no_args_is_help=True)
app.add_typer(tasks_agree.app)

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
    with opened(context, home, as_json=as_json) as touchbase:
        lists = {found.id: found for found in touchbase.library.tasks.lists()}
        wanted = find_list(touchbase, in_list).id if in_list is not None else None
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

    with opened(context, home, as_json=as_json) as touchbase:
        above = find(touchbase, parent) if parent is not None else None
        action = AddTask(
            " ".join(title),
            due=read_day(touchbase, due),
            notes=notes,
            list_id=list_beside(touchbase, in_list, above),
            parent_id=above.id if above else None,
        )
        do(touchbase, action, as_json=as_json)


@app.command()
def done(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Tick a task off."""
    from bot.actions import CompleteTask

    with opened(context, home, as_json=as_json) as touchbase:
        do(touchbase, CompleteTask(find(touchbase, task).id), as_json=as_json)


@app.command()
def reopen(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Take the tick off again."""
    from bot.actions import ReopenTask

    with opened(context, home, as_json=as_json) as touchbase:
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

    with opened(context, home, as_json=as_json) as touchbase:
        if title is None and notes is None and due is None:
            refuse("nothing to change; give --title, --notes or --due")
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

    with opened(context, home, as_json=as_json) as touchbase:
        found = find(touchbase, task)
        above = find(touchbase, under) if under is not None else None
        beside = find(touchbase, after) if after is not None else None
        parent_id = above.id if above else beside.parent_id if beside else None
        if above and beside and beside.parent_id != above.id:
            refuse(f"“{beside.title}” is not under “{above.title}”; leave --under or --after out")
        to_id = list_beside(touchbase, to_list, above or beside) or found.list_id
        place = PlaceTask(found.id, to_id, parent_id, beside.id if beside else None)
        do(touchbase, place, as_json=as_json)


@app.command()
def delete(context: typer.Context, task: Which, home: Home = None, as_json: Json = False) -> None:
    """Remove a task and its subtasks; undo brings them back."""
    from bot.actions import DeleteTask

    with opened(context, home, as_json=as_json) as touchbase:
        do(touchbase, DeleteTask(find(touchbase, task).id), as_json=as_json)


@app.command()
def undo(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Take back the last thing done; once more does it again."""
    from bot.actions import Undo

    with opened(context, home, as_json=as_json) as touchbase:
        do(touchbase, Undo(), as_json=as_json)


@app.command()
def lists(
    context: typer.Context,
    home: Home = None,
    as_json: Json = False,
    add_named: Annotated[str | None, typer.Option("--add", help="Make a list.")] = None,
    renamed: Annotated[
        tuple[str, str] | None,
        typer.Option("--rename", metavar="LIST TITLE", help="Give a list another title."),
    ] = None,
    delete_named: Annotated[str | None, typer.Option("--delete", help="Remove a list.")] = None,
    clear_named: Annotated[
        str | None, typer.Option("--clear", help="Put a list's finished tasks out of sight.")
    ] = None,
) -> None:
    """Show the lists, or make, rename, remove or clear one."""
    with opened(context, home, as_json=as_json) as touchbase:
        action = list_change(touchbase, add_named, renamed, delete_named, clear_named)
        found = touchbase.library.tasks.lists()
        if action:
            do(touchbase, action, as_json=as_json)
        elif as_json:
            print_json([asdict(each) for each in found])
        else:
            for each in found:
                default = "  (default)" if each.is_default else ""
                typer.echo(f"{each.id[:SHORT_ID]}  {each.title}{default}")


def list_change(
    touchbase: App,
    add_named: str | None,
    renamed: tuple[str, str] | None,
    delete_named: str | None,
    clear_named: str | None,
) -> Action | None:
    """Read what is to become of a list; one thing at a time."""
    from bot.actions import AddList, ClearCompleted, DeleteList, RenameList

    wanted: list[Action] = []
    if add_named is not None:
        wanted.append(AddList(add_named))
    if renamed is not None:
        wanted.append(RenameList(find_list(touchbase, renamed[0]).id, renamed[1]))
    if delete_named is not None:
        wanted.append(DeleteList(find_list(touchbase, delete_named).id))
    if clear_named is not None:
        wanted.append(ClearCompleted(find_list(touchbase, clear_named).id))
    if len(wanted) > 1:
        refuse("one thing at a time: give one of --add, --rename, --delete and --clear")
    return wanted[0] if wanted else None


def list_beside(touchbase: App, name: str | None, beside: Task | None) -> str | None:
    """Give the list that is named, or the one of the task beside; they may not differ."""
    named = find_list(touchbase, name) if name is not None else None
    if named and beside and named.id != beside.list_id:
        refuse(f"“{beside.title}” is not on the list “{named.title}”; leave --list out")
    return named.id if named else beside.list_id if beside else None


def line_of(task: Task, lists: dict[str, TaskList]) -> str:
    """Write a task in one line."""
    tick = " " if task.is_open else "x"
    due = f"  ({task.due:%a %d %b})" if task.due else ""
    place = lists.get(task.list_id)
    where = f"  #{place.title}" if place and not place.is_default else ""
    return (
        f"{task.id[:SHORT_ID]}  {'   ' if task.parent_id else ''}[{tick}] {task.title}{due}{where}"
    )
