"""`touchbase lab bound`: a result, what nothing could beat, and the distance.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.lab_options import Json, Seed, Sequence_, Workload
from bot.cli.lab_place import Load, PolicyName, Scene, clear_errors, place_all, read
from bot.cli.output import fail, print_json

if TYPE_CHECKING:
    from gpu_lab.bounds import Gap

app = typer.Typer(no_args_is_help=True)


@app.command()
def bound(
    scene: Scene = "seed",
    trace: Annotated[
        Path | None, typer.Option(metavar="DIR", help="An openb folder, for the packing bound.")
    ] = None,
    workload: Workload = "default",
    sequence: Sequence_ = None,
    nodes: Annotated[
        int, typer.Option(min=0, max=8, help="The exact optimum on so few nodes instead.")
    ] = 0,
    policy: PolicyName = "topology",
    load: Load = 0.0,
    as_json: Json = False,
    seed: Seed = 42,
) -> None:
    """Show a result, what nothing could beat, and the distance: all-reduce, or packing openb."""
    with clear_errors():
        if trace is None:
            gaps = _all_reduce_gaps(scene, policy, load, seed)
        elif nodes:
            gaps = [_small_gap(trace, workload, nodes, seed)]
        else:
            from gpu_lab.sweeps.gaps import workload_gaps

            gaps = workload_gaps(trace, workload, seed, sequence)
    if as_json:
        print_json([_gap_values(gap) for gap in gaps])
        return
    for gap in gaps:
        typer.echo(str(gap))


def _all_reduce_gaps(scene: str, policy: str, load: float, seed: int) -> list[Gap]:
    from gpu_lab.bounds.allreduce import all_reduce_gap
    from gpu_lab.fleet import Placement
    from gpu_lab.placement.allreduce import GIB

    described, jobs = read(scene)
    state, placed = place_all(described, jobs, policy, load, seed)
    found = [answer for answer in placed if isinstance(answer, Placement) and answer.gpus > 1]
    if not found:
        fail("no gang of 2 or more GPUs found a place; there is nothing to bound")
    return [all_reduce_gap(state.fleet, answer, 10 * GIB) for answer in found]


def _small_gap(trace: Path, workload: str, count: int, seed: int) -> Gap:
    from gpu_lab.sweeps.gaps import few_nodes_gap

    gap, best = few_nodes_gap(trace, workload, count, seed, seconds=60)
    if not best.is_proven:
        typer.echo(f"best found {best.percent:.2f} %; the bound is not closed in 60 s", err=True)
    return gap


def _gap_values(gap: Gap) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(gap) | {"distance": gap.distance}
