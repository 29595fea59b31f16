"""`touchbase lab simulate`: one run of jobs in time, or of the FGD protocol.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.lab_options import (
    MOST_NODES,
    Json,
    Reader,
    Seed,
    Sequence_,
    Trace,
    Workload,
    clear_errors,
    one_of,
)
from bot.cli.output import fail, print_json

if TYPE_CHECKING:
    from gpu_lab.placement.protocol.replay import Curves
    from gpu_lab.simulate.jobs import Floats, Jobs
    from gpu_lab.simulate.log import Result
    from gpu_lab.simulate.report import QueueCurve
    from gpu_lab.simulate.rules import Disruption, Quotas, Rules
    from gpu_lab.simulate.troubles import Troubles

app = typer.Typer(no_args_is_help=True)
CURVES = ("queue", "completion")


@app.command()
def simulate(
    trace: Trace = None,
    reader: Reader = "",
    workload: Workload = "default",
    policy: Annotated[
        str, typer.Option(help="random, dot-product, clustering, packing, best-fit, fgd.")
    ] = "fgd",
    sequence: Sequence_ = None,
    protocol: Annotated[
        str, typer.Option(help="fgd: pods arrive once and stay; events: jobs in time.")
    ] = "events",
    nodes: Annotated[int, typer.Option(min=1, max=MOST_NODES, help="Nodes, for events.")] = 64,
    gpus: Annotated[int, typer.Option(min=1, max=64, help="GPUs of a node, for events.")] = 8,
    cpus: Annotated[int, typer.Option(min=0, help="CPUs of a node, for events.")] = 0,
    order: Annotated[str, typer.Option(help="fifo, shortest, dominant.")] = "fifo",
    backfill: Annotated[
        str, typer.Option(help="none, skip, easy, easy-by-counts, conservative.")
    ] = "skip",
    fit: Annotated[
        str, typer.Option(help="best-fit, first-fit, worst-fit: whose room a job takes.")
    ] = "best-fit",
    whole_nodes: Annotated[
        bool, typer.Option("--whole-nodes", help="A gang over a node's size takes only whole ones.")
    ] = False,
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
    reclaims: Annotated[
        bool, typer.Option("--reclaims", help="Tenants below their quota take lent GPUs back.")
    ] = False,
    failures: Annotated[
        int, typer.Option(min=0, help="So many nodes fail for four hours, drawn by the seed.")
    ] = 0,
    switch_failures: Annotated[
        int, typer.Option(min=0, help="So many switches fail, with every node behind them.")
    ] = 0,
    switch_nodes: Annotated[int, typer.Option(min=1, help="Nodes behind one switch.")] = 8,
    drains: Annotated[
        int, typer.Option(min=0, help="So many nodes are drained for maintenance, then away.")
    ] = 0,
    drained_at_once: Annotated[
        int, typer.Option(min=1, help="The disruption budget of maintenance, in nodes.")
    ] = 1,
    picture: Annotated[
        Path | None, typer.Option(help="A PNG for a chat, or .html to look into.")
    ] = None,
    curve: Annotated[
        str, typer.Option(help="Of jobs in time the picture shows: queue or completion.")
    ] = "queue",
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Run the FGD inflation protocol, or jobs in time on a fleet of equal nodes."""
    shown = one_of(curve, CURVES, "--curve")
    if reclaims and not quota:
        fail("--reclaims needs --quota TENANT=GPUS; without quotas nothing is lent")
    from gpu_lab.simulate.replay import simulate as run
    from gpu_lab.simulate.room import uniform
    from gpu_lab.simulate.rules import Backfill, Fit, Order, Rules
    from gpu_lab.simulate.troubles import Troubles

    with clear_errors():
        match protocol:
            case "fgd":
                _simulate_fgd(trace, workload, policy, sequence, seed, picture, as_json=as_json)
            case "events":
                jobs = _jobs(trace, reader, workload, make, nodes * gpus, load, seed)
                jobs = jobs.first(first) if first else jobs
                jobs = jobs.in_whole_nodes(gpus) if whole_nodes else jobs
                rules = Rules(
                    order=Order(one_of(order, Order, "--order")),
                    backfill=Backfill(one_of(backfill, Backfill, "--backfill")),
                    fit=Fit(one_of(fit, Fit, "--fit")),
                    preempts=preempts,
                    reclaims=reclaims,
                    quotas=_quotas(quota or []),
                    migration_seconds=migrate,
                    drained_at_once=drained_at_once,
                )
                troubles = Troubles(failures, switch_failures, switch_nodes, drains)
                broken = _disruptions(troubles, nodes, jobs, seed)
                fleet = uniform(nodes, gpus, cpus=cpus)
                result = run(jobs, fleet, rules, broken)
                if picture is not None:
                    _draw_run(picture, shown, result, rules)
                _tell_run(result, rules, len(broken), as_json=as_json)
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
        _draw_allocation(picture, workload, {policy: outcome.curves})
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


def _draw_allocation(out: Path, workload: str, curves: Mapping[str, Curves]) -> None:
    if out.suffix == ".html":
        from gpu_lab.pictures.curve_pages import allocation_page

        out.write_text(allocation_page(workload, curves), "utf-8")
        return
    from gpu_lab.pictures.curves import allocation_card

    out.write_bytes(allocation_card(workload, curves).png())


def _draw_run(out: Path, curve: str, result: Result, rules: Rules) -> None:
    from gpu_lab.simulate.report import completions, queue_curve

    title = f"{rules.order}, {rules.backfill}"
    if curve == "completion":
        _draw_completion(out, {title: completions(result)})
    else:
        _draw_queue(out, title, queue_curve(result), sum(node.gpus for node in result.nodes))


def _draw_queue(out: Path, title: str, curve: QueueCurve, gpus: int) -> None:
    if out.suffix == ".html":
        from gpu_lab.pictures.curve_pages import queue_page

        out.write_text(queue_page(title, curve, gpus), "utf-8")
        return
    from gpu_lab.pictures.curves import queue_card

    out.write_bytes(queue_card(title, curve, gpus).png())


def _draw_completion(out: Path, seconds: Mapping[str, Floats]) -> None:
    if out.suffix == ".html":
        from gpu_lab.pictures.curve_pages import completion_page

        out.write_text(completion_page(seconds), "utf-8")
        return
    from gpu_lab.pictures.curves import completion_card

    out.write_bytes(completion_card(seconds).png())


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _jobs(
    trace: Path | None, reader: str, workload: str, make: int, gpus: int, load: float, seed: int
) -> Jobs:
    import numpy as np

    from gpu_lab.traces.read import openb_jobs, read_jobs
    from gpu_lab.traces.synthetic import Wanted, generate

    if reader and (trace is None or trace.is_dir()):
        fail(f"--reader {reader} needs --trace FILE, a file of jobs")
    if trace is None:
        return generate(Wanted(make, gpus, load), np.random.default_rng(seed))
    return openb_jobs(trace, workload) if trace.is_dir() else read_jobs(trace, reader)


def _quotas(given: Sequence[str]) -> Quotas | None:
    from gpu_lab.simulate.rules import Quotas

    shares: dict[str, int] = {}
    for share in given:
        tenant, _, count = share.rpartition("=")
        if not count.isdigit() or not tenant:
            fail(f"--quota {share!r} is not of the form TENANT=GPUS, as in team-00=64")
        shares[tenant] = int(count)
    return Quotas(shares) if shares else None


def _disruptions(troubles: Troubles, nodes: int, jobs: Jobs, seed: int) -> list[Disruption]:
    import numpy as np

    from gpu_lab.simulate.troubles import drawn

    last = float(jobs.submit.max()) if len(jobs) else 0.0
    return drawn(troubles, nodes, last, np.random.default_rng(seed))


def _tell_run(result: Result, rules: Rules, disruptions: int, *, as_json: bool) -> None:
    from gpu_lab.simulate.report import summary

    nodes, gpus = len(result.nodes), result.nodes[0].gpus
    figures = asdict(summary(result))
    order, backfill = str(rules.order), str(rules.backfill)
    if as_json:
        given = {
            "nodes": nodes,
            "gpus_per_node": gpus,
            "order": order,
            "backfill": backfill,
            "fit": str(rules.fit),
        }
        finite = {name: _or_none(value) for name, value in figures.items()}
        print_json(finite | given | {"disruptions": disruptions, "protocol": "events"})
        return
    typer.echo(
        f"{len(result.jobs)} jobs on {nodes} x {gpus} GPUs, {order}, {backfill}, {rules.fit}"
    )
    for name, value in figures.items():
        typer.echo(f"{name.replace('_', ' '):>20}  {value:,.4g}")
