"""`touchbase lab traces`: where traces are had, making jobs, checking a file.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.lab_options import Json, Reader, Seed, clear_errors
from bot.cli.output import fail, print_json

app = typer.Typer(no_args_is_help=True)


@app.command()
def traces(
    make: Annotated[int, typer.Option(min=0, help="Make so many jobs like Philly's.")] = 0,
    gpus: Annotated[int, typer.Option(min=1, help="The fleet that they are made for.")] = 512,
    load: Annotated[float, typer.Option(help="Offered load of made jobs.")] = 0.9,
    out: Annotated[Path | None, typer.Option(help="Where made jobs are written (CSV).")] = None,
    check: Annotated[Path | None, typer.Option(help="Read this file of jobs and say so.")] = None,
    reader: Reader = "",
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Say where each public trace is had and its licence; or make jobs; or check a file."""
    with clear_errors():
        if check is not None:
            _check_trace(check, reader, as_json=as_json)
        elif make:
            _make_trace(make, gpus, load, out, seed)
        else:
            _list_traces(as_json=as_json)


def _list_traces(*, as_json: bool) -> None:
    from gpu_lab.traces.sources import SOURCES

    if as_json:
        print_json([asdict(source) for source in SOURCES])
        return
    for source in SOURCES:
        typer.echo(f"{source.name}  [{source.licence}]")
        typer.echo(f"  where:  {source.where}\n  holds:  {source.holds}")
        typer.echo(f"  beware: {source.beware}")


def _make_trace(make: int, gpus: int, load: float, out: Path | None, seed: int) -> None:
    import numpy as np

    from gpu_lab.traces.own import write_own
    from gpu_lab.traces.synthetic import Wanted, generate

    if out is None:
        fail("--make needs --out FILE.csv")
    write_own(out, generate(Wanted(make, gpus, load), np.random.default_rng(seed)))
    typer.echo(f"{make} jobs written to {out}")


def _check_trace(path: Path, reader: str, *, as_json: bool) -> None:
    from gpu_lab.traces.read import read_jobs, recognised

    kind = reader or recognised(path)
    jobs = read_jobs(path, kind)
    days = float(jobs.submit.max() - jobs.submit.min()) / 86_400
    work = float((jobs.gpus * jobs.seconds).sum()) / 86_400
    if as_json:
        print_json({"trace": kind, "jobs": len(jobs), "days": days, "gpu_days": work})
        return
    typer.echo(f"{path}: {kind}, {len(jobs)} jobs over {days:.1f} days, {work:.0f} GPU-days")
