"""`touchbase lab ops`, `explore`, `bench`: fleet operations, the protocol opened, speeds.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.lab_options import (
    Json,
    Seed,
    Sequence_,
    Trace,
    Workload,
    clear_errors,
    numbers,
    one_of,
)
from bot.cli.output import fail, print_json

if TYPE_CHECKING:
    from gpu_lab.ops.report import Outcome
    from gpu_lab.ops.world import History

app = typer.Typer(no_args_is_help=True)


@app.command()
def ops(
    nodes: Annotated[int, typer.Option(min=1, help="Nodes in each of two clusters.")] = 32,
    controller: Annotated[str, typer.Option(help="node, cluster, or both to compare.")] = "both",
    budget: Annotated[int, typer.Option(min=1, help="Nodes out of production at once.")] = 8,
    objective: Annotated[float, typer.Option(min=0, max=1, help="Share that must serve.")] = 0.85,
    flaw: Annotated[
        float, typer.Option(min=0, max=1, help="Chance that the new image fails its tests.")
    ] = 0.0,
    transfer: Annotated[int, typer.Option(min=0, help="Nodes that go from a to b.")] = 4,
    copy_quota: Annotated[bool, typer.Option(help="Their quota goes along.")] = True,
    drift: Annotated[int, typer.Option(min=0, help="Nodes changed by hand meanwhile.")] = 2,
    switch_hours: Annotated[
        float, typer.Option(min=0, help="An InfiniBand switch is lost for so long; 0: none.")
    ] = 6.0,
    picture: Annotated[
        Path | None, typer.Option(help="A Gantt chart: a PNG, or .html to look into.")
    ] = None,
    events: Annotated[bool, typer.Option(help="Print every event.")] = False,
    as_json: Json = False,
    seed: Seed = 1,
) -> None:
    """Repave two clusters with a staged rollout under either controller, and compare."""
    import random

    from gpu_lab.ops.controllers import CONTROLLERS
    from gpu_lab.ops.report import outcome
    from gpu_lab.ops.scenario import Scenario, operation_of
    from gpu_lab.ops.world import operate

    names = list(CONTROLLERS) if controller == "both" else [controller]
    with clear_errors():
        operation = operation_of(
            Scenario(nodes, budget, objective, flaw, transfer, copy_quota, drift, switch_hours)
        )
        chosen = {
            name: CONTROLLERS[one_of(name, list(CONTROLLERS), "--controller")] for name in names
        }
        runs = {name: operate(operation, one, random.Random(seed)) for name, one in chosen.items()}
    if picture is not None:
        _draw_rollout(picture, runs[names[-1]])
    results = {name: outcome(history) for name, history in runs.items()}
    if as_json:
        told = {name: [asdict(e) for e in history.events] for name, history in runs.items()}
        print_json(
            {name: asdict(found) | {"events": told[name]} for name, found in results.items()}
        )
        return
    for name, found in results.items():
        _tell_outcome(name, found)
        for event in runs[name].events if events else ():
            typer.echo(f"  {event.at / 3600:8.2f} h  {event.subject:<12} {event.what}")


def _draw_rollout(out: Path, history: History) -> None:
    from gpu_lab.ops.report import gantt

    if out.suffix == ".html":
        from gpu_lab.pictures.curve_pages import rollout_page

        out.write_text(rollout_page(*gantt(history)), "utf-8")
        return
    from gpu_lab.pictures.curves import rollout_card

    out.write_bytes(rollout_card(*gantt(history)).png())


def _tell_outcome(name: str, found: Outcome) -> None:
    fewest = ", ".join(f"{cluster} {count}" for cluster, count in found.fewest_serving.items())
    state = "all as wished" if found.converged else "not done"
    mean, longest = found.handoff_mean / 3600, found.handoff_longest / 3600
    short = found.short_node_seconds / 3600
    typer.echo(f"{name} convergence: {found.stage}, {state} after {found.seconds / 3600:.1f} h")
    typer.echo(f"  fewest serving: {fewest}; under objective for {short:.1f} node-hours")
    typer.echo(f"  {found.handoffs} hand-overs to production, after {mean:.2f} h on average,")
    typer.echo(f"  {longest:.2f} h at worst; quotas in GPUs: {found.quotas}")


@app.command()
def explore(
    trace: Trace = None,
    workload: Workload = "default",
    sequence: Sequence_ = None,
    seeds: Annotated[str, typer.Option(help="As in 42-51, or 42,45.")] = "42-51",
    lasting: Annotated[
        bool, typer.Option(help="Pods leave again: departures, retries, migration.")
    ] = False,
    bounds: Annotated[bool, typer.Option(help="Also compute the bounds of the first seed.")] = True,
    as_json: Json = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="This one seed only.")] = None,
) -> None:
    """Open the FGD protocol and measure how far each opening goes towards its bound."""
    from gpu_lab.sweeps.explore import explore as measure
    from gpu_lab.sweeps.explore import lasting_openings, openings
    from gpu_lab.sweeps.worlds import orders_beside

    if trace is None:
        fail("`lab explore` needs --trace DIR, an openb folder; `touchbase lab traces` says where")
    with clear_errors():
        orders = sequence or orders_beside(trace)
        chosen = [seed] if seed is not None else numbers(seeds)
        variants = lasting_openings() if lasting else openings()
        found = []
        for one in measure(trace, orders, workload, chosen, variants):
            found.append(asdict(one))
            if not as_json:
                typer.echo(
                    f"{one.name:<44}{one.allocation:7.2f} +-{one.spread:5.2f}"
                    f"  gain {one.gain:+6.2f} +-{one.gain_spread:5.2f}  moves {one.moves:.0f}"
                )
        gaps = []
        if bounds and not lasting:
            from gpu_lab.sweeps.gaps import workload_gaps

            gaps = [str(gap) for gap in workload_gaps(trace, workload, chosen[0], orders)]
    if as_json:
        print_json({"openings": found, "bounds": gaps, "seeds": chosen, "workload": workload})
        return
    for gap in gaps:
        typer.echo(f"seed {chosen[0]}: {gap}")


@app.command()
def bench(
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="DIR", help="An openb folder, if there.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=100, help="Made jobs of the replay.")] = 100_000,
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Measure placing and simulating on this machine, each beside its baseline."""
    from time import perf_counter

    import numpy as np

    from gpu_lab.simulate.rules import Backfill, Order
    from gpu_lab.sweeps.speed import Speed, inflation_speed, plain_speed, replay_speed
    from gpu_lab.sweeps.worlds import inflation_world
    from gpu_lab.traces.synthetic import Wanted, generate

    found: list[Speed] = []
    with clear_errors():
        if trace is not None:
            world = inflation_world(trace, "default", seed, None)
            found.append(inflation_speed(world, perf_counter))
        made = generate(Wanted(jobs, 10_240, load=2.0), np.random.default_rng(seed))
        small = generate(Wanted(1000, 64, load=2.0), np.random.default_rng(seed))
        found.append(plain_speed(small, 8, 8, perf_counter))
        for backfill in (Backfill.NONE, Backfill.SKIP):
            found.append(replay_speed(made, 1280, 8, Order.FIFO, backfill, perf_counter))
    if as_json:
        print_json([asdict(one) | {"ratio": one.ratio} for one in found])
        return
    for one in found:
        typer.echo(str(one))
