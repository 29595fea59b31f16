"""`touchbase lab`: the GPU-scheduler lab. Its verbs are grouped by what they look at."""

from __future__ import annotations

import typer

from bot.cli import (
    lab_bound,
    lab_ops,
    lab_pack,
    lab_place,
    lab_probe,
    lab_simulate,
    lab_sweep,
    lab_traces,
)

PARTS = (
    lab_place,
    lab_bound,
    lab_simulate,
    lab_sweep,
    lab_traces,
    lab_ops,
    lab_probe,
    lab_pack,
)

app = typer.Typer(no_args_is_help=True)
for part in PARTS:
    app.add_typer(part.app)
