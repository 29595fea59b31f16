"""`touchbase lab paper` and `sweep`: many runs at once, a published table among them.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.cli.lab_options import (
    MOST_NODES,
    Json,
    Reader,
    Sequence_,
    Trace,
    clear_errors,
    numbers,
)
from bot.cli.output import fail, print_json

app = typer.Typer(no_args_is_help=True)
paper = typer.Typer(no_args_is_help=True)
app.add_typer(paper, name="paper", help="Run a published table again: paper, ours, difference.")


@paper.command("fgd")
def paper_fgd(
    trace: Trace = None,
    sequence: Sequence_ = None,
    workload: Annotated[
        list[str] | None, typer.Option(help="May be repeated; the paper's seventeen by default.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="As in 42-51, or 42,45.")] = "42-51",
    policy: Annotated[list[str] | None, typer.Option(help="May be repeated; all six.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    as_json: Json = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="This one seed only.")] = None,
) -> None:
    """Run the FGD paper's table again from a trace folder: paper, ours, difference."""
    from gpu_lab.placement.protocol.published import AT_130
    from gpu_lab.placement.protocol.world import Policy
    from gpu_lab.sweeps.paper import table
    from gpu_lab.sweeps.worlds import orders_beside

    if trace is None:
        fail(
            "`lab paper fgd` needs --trace DIR, an openb folder; `touchbase lab traces` says where"
        )
    with clear_errors():
        orders = sequence or orders_beside(trace)
        if orders is None:
            typer.echo("no published arrival orders; orders are drawn here and differ", err=True)
        chosen = [Policy.of(name) for name in policy] if policy else list(Policy)
        wanted = [seed] if seed is not None else numbers(seeds)
        rows = table(trace, orders, workload or tuple(AT_130), wanted, chosen, workers=workers)
        if as_json:
            print_json(
                [
                    {
                        "workload": row.workload,
                        "policy": row.policy.label,
                        "paper": row.paper,
                        "ours": row.ours,
                        "difference": row.difference,
                        "spread": row.spread,
                    }
                    for row in rows
                ]
            )
            return
        typer.echo(f"GPU allocation in % at 130 % arrivals, mean of {len(wanted)} seeds")
        typer.echo(f"{'workload':<14}{'policy':<14}{'paper':>8}{'ours':>8}{'difference':>12}")
        for row in rows:
            known = row.paper is not None
            theirs = f"{row.paper:.2f}" if known else "-"
            apart = f"{row.difference:+.2f}" if known else "-"
            label = row.policy.label
            typer.echo(f"{row.workload:<14}{label:<14}{theirs:>8}{row.ours:>8.2f}{apart:>12}")


@app.command()
def sweep(
    out: Annotated[Path, typer.Argument(help="Folder of the results; a stopped sweep goes on.")],
    protocol: Annotated[str, typer.Option(help="fgd or events.")] = "fgd",
    trace: Trace = None,
    reader: Reader = "",
    sequence: Sequence_ = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(help="May be repeated; for events ORDER/BACKFILL, as in fifo/easy."),
    ] = None,
    workload: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    seeds: Annotated[str, typer.Option(help="As in 42-51, or 42,45.")] = "42-43",
    load: Annotated[
        list[float] | None,
        typer.Option(help="May be repeated; offered load, or time pressed by this factor."),
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, max=MOST_NODES, help="Nodes, for events.")] = 64,
    gpus: Annotated[int, typer.Option(min=1, max=64, help="GPUs of a node, for events.")] = 8,
    cpus: Annotated[int, typer.Option(min=0, help="CPUs of a node, for events.")] = 0,
    make: Annotated[int, typer.Option(min=1, help="Made jobs per run, without a trace.")] = 10_000,
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 2,
    dask: Annotated[str, typer.Option(help="A Dask scheduler instead, tcp://HOST:PORT.")] = "",
    ray: Annotated[str, typer.Option(help="A Ray cluster instead, HOST:PORT.")] = "",
    as_json: Json = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="This one seed only.")] = None,
) -> None:
    """Run policies x workloads x seeds x loads; results, Parquet and a page in one folder."""
    from gpu_lab.sweeps.cells import Inflation, InTime, cells
    from gpu_lab.sweeps.report import write_page, write_parquet
    from gpu_lab.sweeps.sweep import Dask, Processes, Ray, Where, as_rows
    from gpu_lab.sweeps.sweep import sweep as run

    if dask and ray:
        fail("--dask and --ray exclude each other")
    where: Where = Dask(dask) if dask else Ray(ray) if ray else Processes(workers)
    with clear_errors():
        chosen = [seed] if seed is not None else numbers(seeds)
        if protocol == "fgd":
            if trace is None:
                fail("--protocol fgd needs --trace DIR, an openb folder")
            how: Inflation | InTime = Inflation(trace.resolve(), sequence and sequence.resolve())
            names, places = policy or ["best-fit", "fgd"], workload or ["default"]
        elif protocol == "events":
            how = InTime(nodes, gpus, make, trace and trace.resolve(), reader, cpus)
            names = policy or ["fifo/none", "fifo/skip", "fifo/easy"]
            places = workload or [trace.stem if trace else "made"]
        else:
            fail(f"no protocol {protocol!r}; there are: fgd, events")
        wanted = list(cells(names, places, chosen, load or [1.0]))
        with typer.progressbar(
            length=len(wanted), label=f"{len(wanted)} runs", file=_stderr()
        ) as bar:
            results = run(wanted, how, out / "cells", where, lambda _: bar.update(1))
        write_parquet(out / "results.parquet", results)
        write_page(out / "report.html", f"Sweep: {protocol}", results)
    if as_json:
        print_json(as_rows(results))
        return
    typer.echo(f"{out / 'report.html'}  {out / 'results.parquet'}")


def _stderr() -> TextIO:
    import sys

    return sys.stderr
