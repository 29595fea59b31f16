"""The `touchbase` command. Each area of verbs is a module beside this one.

Internal imports inside the verbs are late on purpose: `touchbase lab --help` must not pay for
what only `touchbase run` needs.
"""

import typer

from bot.cli.output import report_bug

app = typer.Typer(name="touchbase", no_args_is_help=True, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line; a bug becomes one line for the person and a traceback in the log."""
    try:
        app()
    except Exception as bug:  # noqa: BLE001 -- the one boundary of the command line
        report_bug(bug)
