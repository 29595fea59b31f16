"""The `touchbase` command. Each area of verbs is a module beside this one.

Internal imports inside the verbs are late on purpose: `touchbase lab --help` must not pay for
what only `touchbase run` needs.
"""

from __future__ import annotations

import typer

from bot.cli import lab, memory, memory_review, setup, tasks
from bot.cli.daily import chat, demo, doctor, run, settings, status
from bot.cli.mcp import mcp
from bot.cli.output import Home, Options, Set, report

app = typer.Typer(
    name="touchbase",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Your tasks, your notes and a GPU-scheduler lab, in one chat.",
)
for verb in (run, chat, demo, status, doctor, settings, mcp):
    app.command()(verb)
app.add_typer(tasks.app, name="tasks", help="The task list.")
memory.app.add_typer(memory_review.app)
app.add_typer(memory.app, name="memory", help="Notes: search, links, health, reviews.")
app.add_typer(lab.app, name="lab", help="The GPU-scheduler lab.")
app.add_typer(setup.app, name="setup", help="Link Telegram or Google.")


@app.callback()
def options(context: typer.Context, home: Home = None, change: Set = None) -> None:
    """Take what every command understands."""
    context.obj = Options(home, tuple(change or ()))


def main() -> None:
    """Run the command line; what cannot be done is one line, a traceback goes to the log."""
    try:
        app()
    except Exception as why:  # noqa: BLE001 -- the one boundary of the command line
        report(why)
