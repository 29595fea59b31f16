"""`touchbase lab simulate`, `paper`, `traces`, `sweep`, `ops`, `explore`, `bench`: runs in time.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from bot.cli.output import fail, print_json

if TYPE_CHECKING:
    from gpu_lab.ops.report import Outcome
    from gpu_lab.simulate.jobs import Jobs
    from gpu_lab.simulate.rules import Failure, Rules

app = typer.Typer(no_args_is_help=True)
paper = typer.Typer(no_args_is_help=True)
app.add_typer(paper, name="paper", help="Run a published table again: paper, ours, difference.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", metavar="DIR", help="An openb folder, or a file of jobs."),
]
Workload = Annotated[str, typer.Option(help="NAME as in openb_pod_list_NAME.csv.")]
Sequence_ = Annotated[
    Path | None, typer.Option("--sequence", metavar="FILE.npz", help="Published arrival orders.")
]


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what cannot be done into one line and exit status 2."""
    from gpu_lab.ops.values import BadOperation
    from gpu_lab.placement.protocol.world import BadWorld, UnknownPolicy
    from gpu_lab.simulate.jobs import BadJob
    from gpu_lab.simulate.room import ImpossibleJob
    from gpu_lab.sweeps.cells import BadSweep
    from gpu_lab.sweeps.sweep import ExtraNeeded, SweepStopped
    from gpu_lab.traces.errors import TraceMalformed, TraceNotFound
    from gpu_lab.traces.read import UnknownTrace
    from gpu_lab.traces.synthetic import BadRequest

    refusals = (
        BadWorld, UnknownPolicy, BadJob, ImpossibleJob, TraceMalformed, TraceNotFound,
        UnknownTrace, BadRequest, BadOperation, BadSweep, SweepStopped, ExtraNeeded,
    )  # fmt: skip
    try:
        yield
    except refusals as refused:
        fail(str(refused))
    except ValueError as wrong:
        fail(str(wrong))


@app.command()
def simulate(
    trace: Trace = None,
    workload: Workload = "default",
    policy: Annotated[
        str, typer.Option(help="random, dot-product, clustering, packing, best-fit, fgd.")
    ] = "fgd",
    sequence: Sequence_ = None,
    protocol: Annotated[
        str, typer.Option(help="fgd: pods arrive once and stay; events: jobs in time.")
    ] = "events",
    nodes: Annotated[int, typer.Option(min=1, help="Nodes, for events.")] = 64,
    gpus: Annotated[int, typer.Option(min=1, max=64, help="GPUs of a node, for events.")] = 8,
    order: Annotated[str, typer.Option(help="fifo or shortest.")] = "fifo",
    backfill: Annotated[
        str, typer.Option(help="none, skip, easy, easy-by-counts, conservative.")
    ] = "skip",
    make: Annotated[
        int, typer.Option(min=1, help="How many jobs to make when there is no trace.")
    ] = 10_000,
    load: Annotated[float, typer.Option(help="Offered load of made jobs.")] = 0.9,
    first: Annotated[int, typer.Option(min=0, help="Only the first so many jobs; 0: all.")] = 0,
    preempts: Annotated[
        bool, typer.Option("--preempts", help="A job may stop those of lower priority.")
    ] = False,
    migrate: Annotated[
        float | None, typer.Option(min=0, help="Move jobs to make room; each pauses so many s.")
    ] = None,
    quota: Annotated[
        list[str] | None, typer.Option(metavar="TENANT=GPUS", help="May be repeated; rest is lent.")
    ] = None,
    failures: Annotated[
        int, typer.Option(min=0, help="So many nodes fail for four hours, drawn by the seed.")
    ] = 0,
    picture: Annotated[Path | None, typer.Option(help="Write a PNG for a chat here.")] = None,
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Run the FGD inflation protocol, or jobs in time on a fleet of equal nodes."""
    with clear_errors():
        match protocol:
            case "fgd":
                _simulate_fgd(trace, workload, policy, sequence, seed, picture, as_json=as_json)
            case "events":
                jobs = _jobs(trace, workload, make, nodes * gpus, load, seed)
                jobs = jobs.first(first) if first else jobs
                rules = _rules(order, backfill, quota or [], migrate, preempts=preempts)
                broken = _failures(failures, nodes, jobs, seed)
                _simulate_events(jobs, nodes, gpus, rules, broken, picture, as_json=as_json)
            case unknown:
                fail(f"no protocol {unknown!r}; there are: fgd, events")


def _simulate_fgd(
    trace: Path | None,
    workload: str,
    policy: str,
    sequence: Path | None,
    seed: int,
    picture: Path | None,
    *,
    as_json: bool,
) -> None:
    import numpy as np

    from gpu_lab.placement.protocol import replay
    from gpu_lab.placement.protocol.world import Policy
    from gpu_lab.sweeps.worlds import inflation_world

    if trace is None:
        fail("--protocol fgd needs --trace DIR, an openb folder; `touchbase lab traces` says where")
    chosen = Policy.of(policy)
    world = inflation_world(trace, workload, seed, sequence)
    outcome = replay.run(world, chosen, np.random.default_rng(seed))
    allocation = [_or_none(value) for value in outcome.curves.allocation]
    fragmentation = [_or_none(value) for value in outcome.curves.fragmentation]
    if picture is not None:
        from gpu_lab.pictures.curves import allocation_card

        picture.write_bytes(allocation_card(workload, {policy: outcome.curves}).png())
    if as_json:
        print_json(
            {
                "allocation": allocation,
                "fragmentation": fragmentation,
                "protocol": "fgd",
                "workload": workload,
                "policy": policy,
                "seed": seed,
                "order": "published" if sequence else "drawn",
                "nodes": len(world.names),
                "gpus": outcome.total_milli // 1000,
                "pods": len(outcome.nodes),
                "failed": outcome.failed,
            }
        )
        return
    typer.echo(f"{policy} on {workload}, seed {seed}: {len(outcome.nodes)} pods arrive")
    typer.echo(f"{'arrived %':>10}{'allocated %':>13}{'fragment % of idle':>20}")
    for percent in (*range(10, 131, 10),):
        row = (percent, outcome.curves.allocation[percent], outcome.curves.fragmentation[percent])
        typer.echo(f"{row[0]:>10}{row[1]:>13.2f}{row[2]:>20.2f}")
    typer.echo(f"{outcome.failed} pods found no place")


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _jobs(trace: Path | None, workload: str, make: int, gpus: int, load: float, seed: int) -> Jobs:
    import numpy as np

    from gpu_lab.traces.read import openb_jobs, read_jobs
    from gpu_lab.traces.synthetic import Wanted, generate

    if trace is None:
        return generate(Wanted(make, gpus, load), np.random.default_rng(seed))
    return openb_jobs(trace, workload) if trace.is_dir() else read_jobs(trace)


def _rules(
    order: str, backfill: str, quota: Sequence[str], migrate: float | None, *, preempts: bool
) -> Rules:
    from gpu_lab.simulate.rules import Backfill, Order, Quotas, Rules

    shares: dict[str, int] = {}
    for given in quota:
        tenant, _, count = given.rpartition("=")
        if not count.isdigit() or not tenant:
            fail(f"--quota {given!r} is not of the form TENANT=GPUS, as in team-00=64")
        shares[tenant] = int(count)
    return Rules(
        order=Order(_one_of(order, Order, "--order")),
        backfill=Backfill(_one_of(backfill, Backfill, "--backfill")),
        preempts=preempts,
        migration_seconds=migrate,
        quotas=Quotas(shares) if shares else None,
    )


def _failures(count: int, nodes: int, jobs: Jobs, seed: int) -> list[Failure]:
    import numpy as np

    from gpu_lab.simulate.rules import Failure

    rng = np.random.default_rng(seed)
    last = float(jobs.submit.max()) if len(jobs) else 0.0
    draws = zip(rng.random(count) * last, rng.integers(0, nodes, count), strict=True)
    return [Failure(float(at), int(node), 4 * 3600.0) for at, node in sorted(draws)]


def _simulate_events(
    jobs: Jobs,
    nodes: int,
    gpus: int,
    rules: Rules,
    failures: Sequence[Failure],
    picture: Path | None,
    *,
    as_json: bool,
) -> None:
    from gpu_lab.simulate.replay import simulate as run
    from gpu_lab.simulate.report import queue_curve, summary
    from gpu_lab.simulate.room import uniform

    result = run(jobs, uniform(nodes, gpus), rules, failures)
    figures = asdict(summary(result))
    order, backfill = str(rules.order), str(rules.backfill)
    if picture is not None:
        from gpu_lab.pictures.curves import queue_card

        drawn = queue_card(f"{order}, {backfill}", queue_curve(result), nodes * gpus)
        picture.write_bytes(drawn.png())
    if as_json:
        given = {"nodes": nodes, "gpus_per_node": gpus, "order": order, "backfill": backfill}
        finite = {name: _or_none(value) for name, value in figures.items()}
        print_json(finite | given | {"failures": len(failures), "protocol": "events"})
        return
    typer.echo(f"{len(jobs)} jobs on {nodes} x {gpus} GPUs, {order}, {backfill}")
    for name, value in figures.items():
        typer.echo(f"{name.replace('_', ' '):>20}  {value:,.4g}")


def _one_of(given: str, names: Sequence[str] | type, option: str) -> str:
    known = [str(name) for name in names]  # type: ignore[union-attr]
    if given not in known:
        fail(f"{option} {given!r} is none of: {', '.join(known)}")
    return given


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
        wanted = [seed] if seed is not None else _numbers(seeds)
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


def _numbers(text: str) -> list[int]:
    numbers: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if not low.strip().isdigit() or (dash and not high.strip().isdigit()):
            raise ValueError(f"seeds {text!r} are not of the form 42-51 or 42,45")
        numbers += range(int(low), int(high if dash else low) + 1)
    if not numbers:
        raise ValueError(f"seeds {text!r} name none")
    return numbers


@app.command()
def traces(
    make: Annotated[int, typer.Option(min=0, help="Make so many jobs like Philly's.")] = 0,
    gpus: Annotated[int, typer.Option(min=1, help="The fleet that they are made for.")] = 512,
    load: Annotated[float, typer.Option(help="Offered load of made jobs.")] = 0.9,
    out: Annotated[Path | None, typer.Option(help="Where made jobs are written (CSV).")] = None,
    check: Annotated[Path | None, typer.Option(help="Read this file of jobs and say so.")] = None,
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Say where each public trace is had and its licence; or make jobs; or check a file."""
    with clear_errors():
        if check is not None:
            _check_trace(check, as_json=as_json)
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


def _check_trace(path: Path, *, as_json: bool) -> None:
    from gpu_lab.traces.read import read_jobs, recognised

    kind, jobs = recognised(path), read_jobs(path)
    days = float(jobs.submit.max() - jobs.submit.min()) / 86_400
    work = float((jobs.gpus * jobs.seconds).sum()) / 86_400
    if as_json:
        print_json({"trace": kind, "jobs": len(jobs), "days": days, "gpu_days": work})
        return
    typer.echo(f"{path}: {kind}, {len(jobs)} jobs over {days:.1f} days, {work:.0f} GPU-days")


@app.command()
def sweep(
    out: Annotated[Path, typer.Argument(help="Folder of the results; a stopped sweep goes on.")],
    protocol: Annotated[str, typer.Option(help="fgd or events.")] = "fgd",
    trace: Trace = None,
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
    nodes: Annotated[int, typer.Option(min=1, help="Nodes, for events.")] = 64,
    gpus: Annotated[int, typer.Option(min=1, max=64, help="GPUs of a node, for events.")] = 8,
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
        numbers = [seed] if seed is not None else _numbers(seeds)
        if protocol == "fgd":
            if trace is None:
                fail("--protocol fgd needs --trace DIR, an openb folder")
            how: Inflation | InTime = Inflation(trace.resolve(), sequence and sequence.resolve())
            names, places = policy or ["best-fit", "fgd"], workload or ["default"]
        elif protocol == "events":
            how = InTime(nodes, gpus, make, trace and trace.resolve())
            names = policy or ["fifo/none", "fifo/skip", "fifo/easy"]
            places = workload or [trace.stem if trace else "made"]
        else:
            fail(f"no protocol {protocol!r}; there are: fgd, events")
        wanted = list(cells(names, places, numbers, load or [1.0]))
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
    picture: Annotated[Path | None, typer.Option(help="Write a Gantt chart (PNG) here.")] = None,
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
            name: CONTROLLERS[_one_of(name, list(CONTROLLERS), "--controller")] for name in names
        }
        runs = {name: operate(operation, one, random.Random(seed)) for name, one in chosen.items()}
    if picture is not None:
        from gpu_lab.ops.report import gantt
        from gpu_lab.pictures.curves import rollout_card

        picture.write_bytes(rollout_card(*gantt(runs[names[-1]])).png())
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
        numbers = [seed] if seed is not None else _numbers(seeds)
        variants = lasting_openings() if lasting else openings()
        found = []
        for one in measure(trace, orders, workload, numbers, variants):
            found.append(asdict(one))
            if not as_json:
                typer.echo(
                    f"{one.name:<44}{one.allocation:7.2f} +-{one.spread:5.2f}"
                    f"  gain {one.gain:+6.2f} +-{one.gain_spread:5.2f}  moves {one.moves:.0f}"
                )
        gaps = _bounds(trace, orders, workload, numbers[0]) if bounds and not lasting else []
    if as_json:
        print_json({"openings": found, "bounds": gaps, "seeds": numbers, "workload": workload})
        return
    for gap in gaps:
        typer.echo(f"seed {numbers[0]}: {gap}")


def _bounds(trace: Path, orders: Path | None, workload: str, seed: int) -> list[str]:
    import numpy as np

    from gpu_lab.bounds.openb import openb_gaps
    from gpu_lab.placement.protocol.arrivals import draw_order
    from gpu_lab.traces.openb import read_nodes, read_order, read_pods

    nodes, pods = read_nodes(trace), read_pods(trace, workload)
    rng = np.random.default_rng(seed)
    if orders is None:
        order = draw_order(pods, nodes, rng)
    else:
        published = read_order(orders, workload, seed)
        order = published.pods, published.node_rank
    return [str(gap) for gap in openb_gaps(nodes, pods, order, rng)]


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
