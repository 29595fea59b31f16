"""How the command line answers: JSON for programs, one clear line for what cannot be done."""

from __future__ import annotations

import json
import logging
import sys
from typing import NoReturn

import typer


def print_json(value: object) -> None:
    """Print `value` as JSON, dates in ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def fail(message: str, *, status: int = 2) -> NoReturn:
    """Say in one line what cannot be done (the thing, the value, the way out) and exit."""
    typer.echo(f"touchbase: {message}", err=True)
    raise typer.Exit(status)


def report_bug(bug: Exception) -> NoReturn:
    """Give the person one line and the log the traceback; exit status 1."""
    logging.getLogger("touchbase").exception("unexpected error", exc_info=bug)
    typer.echo(f"touchbase: unexpected error: {type(bug).__name__}: {bug}", err=True)
    sys.exit(1)
