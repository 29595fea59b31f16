"""`touchbase lab fleet`, `place` and `plot`: where gangs go.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.lab_options import Json, Seed
from bot.cli.output import fail, print_json

if TYPE_CHECKING:
    from gpu_lab.fleet import Fleet, FleetState, Placement
    from gpu_lab.jobs import Job
    from gpu_lab.placement import NoPlace

app = typer.Typer(no_args_is_help=True)

Scene = Annotated[
    str, typer.Argument(help="A fleet with jobs (TOML or YAML), or: seed, nvl72, shared.")
]
Load = Annotated[
    float, typer.Option("--load", min=0, max=1, help="Share of the fleet in use beforehand.")
]
PolicyName = Annotated[str, typer.Option("--policy", help="Who chooses; a wrong name lists all.")]


@app.command()
def fleet(scene: Scene = "seed", as_json: Json = False, seed: Seed = 0) -> None:
    """Show a fleet: its levels, its machines, its NVLink, and whether its jobs could ever run."""
    del seed  # a description has nothing random; the option is there as on every lab verb
    from gpu_lab.placement.feasibility import why_impossible

    with clear_errors():
        described, jobs = read(scene)
        refusals = {job.name: why_impossible(job, described) for job in jobs}
    if as_json:
        print_json(
            _fleet_values(described)
            | {"jobs": {name: str(why) if why else "possible" for name, why in refusals.items()}}
        )
        return
    for line in _fleet_lines(described):
        typer.echo(line)
    for name, why in refusals.items():
        typer.echo(str(why) if why else f"job {name!r} can run here")


@app.command()
def place(
    scene: Scene = "seed",
    cases: Annotated[
        Path | None, typer.Option(help="Topology cases as JSON; answers them and nothing else.")
    ] = None,
    policy: PolicyName = "topology",
    load: Load = 0.0,
    picture: Annotated[Path | None, typer.Option(help="Write a PNG for a chat here.")] = None,
    as_json: Json = False,
    seed: Seed = 0,
) -> None:
    """Place a scene's jobs one after another, or answer a file of topology cases."""
    with clear_errors():
        if cases is not None:
            _answer_cases(cases)
            return
        described, jobs = read(scene)
        state, placed = place_all(described, jobs, policy, load, seed)
        if picture is not None:
            _write(picture, _drawing(described, placed, load, seed))
    if as_json:
        print_json({"policy": policy, "seed": seed, "load": load, "jobs": _answers(state, placed)})
        return
    for answer in placed:
        typer.echo(_line(state, answer))
    if any(_is_refused(answer) for answer in placed):
        raise typer.Exit(1)


@app.command()
def plot(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="A scene, or results of `lab simulate --json` as FILE.json ..."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="A PNG for a chat, or .html to look into.")
    ] = Path("plot.png"),
    curve: Annotated[str, typer.Option(help="Of results: allocation or fragmentation.")] = (
        "allocation"
    ),
    policy: PolicyName = "topology",
    load: Load = 0.96,
    as_json: Json = False,
    seed: Seed = 3,
) -> None:
    """Draw a fleet in use with where its last job goes, or the curves of results; 1280 x 960."""
    named = what or ["seed"]
    with clear_errors():
        if all(name.endswith(".json") for name in named):
            drawn = _curves_drawing(named, curve, as_page=out.suffix == ".html")
        elif len(named) > 1:
            fail(f"one scene at a time, or results ending in .json; given: {', '.join(named)}")
        else:
            described, jobs = read(named[0])
            _, placed = place_all(described, jobs, policy, load, seed)
            drawn = _drawing(described, placed, load, seed, as_page=out.suffix == ".html")
        _write(out, drawn)
    if as_json:
        print_json({"picture": str(out), "policy": policy, "seed": seed, "load": load})
    else:
        typer.echo(f"drawn: {out}")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what cannot be done into one line: the thing, the value, the way out."""
    from gpu_lab.bounds import BoundUnavailable
    from gpu_lab.fleet import FleetRefused
    from gpu_lab.placement.protocol.world import BadWorld
    from gpu_lab.placement.topology import CaseNotReadable
    from gpu_lab.traces.errors import TraceMalformed, TraceNotFound

    refusals = (
        FleetRefused, CaseNotReadable, BoundUnavailable, BadWorld, TraceMalformed, TraceNotFound,
    )  # fmt: skip
    try:
        yield
    except refusals as why:
        fail(str(why))
    except OSError as why:
        fail(f"{why.filename}: {why.strerror}")


def read(scene: str) -> tuple[Fleet, tuple[Job, ...]]:
    """Read a fleet with its jobs, by the name of an example or of a file."""
    from gpu_lab.examples import scene_path
    from gpu_lab.fleet import read_scene

    return read_scene(scene_path(scene))


def _fleet_lines(described: Fleet) -> Iterator[str]:
    counts = ", ".join(f"{len(level):,} {level.name}s" for level in described.levels)
    yield f"fleet {described.name}: {described.total_gpus:,} GPUs in {counts}"
    for place_, (name, kind) in enumerate(
        zip(described.type_names, described.node_types, strict=True)
    ):
        count = int((described.type_of == place_).sum())
        link = f"NVLink inside each {kind.nvlink}" if kind.nvlink else "PCIe only"
        yield (
            f"  {count:,} x {name}: {kind.gpus} x {kind.gpu} {kind.gpu_memory_gib:g} GB, {link},"
            f" {kind.cpus} cores, {kind.ram_gib:g} GiB, {kind.nics} NICs of {kind.nic_gbps:g} Gb/s"
        )


def _fleet_values(described: Fleet) -> dict[str, object]:
    return {
        "name": described.name,
        "gpus": described.total_gpus,
        "levels": {level.name: len(level) for level in described.levels},
        "node_types": {
            name: kind.model_dump() | {"nodes": int((described.type_of == number).sum())}
            for number, (name, kind) in enumerate(
                zip(described.type_names, described.node_types, strict=True)
            )
        },
    }


def place_all(
    described: Fleet, jobs: tuple[Job, ...], policy: str, load: float, seed: int
) -> tuple[FleetState, list[Placement | NoPlace]]:
    """Place each job on a fleet in use; a job that could never run fails with the reason."""
    import numpy as np

    from gpu_lab.fleet import FleetState, Placement
    from gpu_lab.placement.background import fill_to
    from gpu_lab.placement.feasibility import why_impossible
    from gpu_lab.placement.policies import UnknownPolicy, policy_named

    try:
        chooser = policy_named(policy)
    except UnknownPolicy as unknown:
        fail(str(unknown))
    for job in sorted(jobs, key=lambda job: -job.priority):
        impossible = why_impossible(job, described)
        if impossible is not None:
            fail(str(impossible))
    rng = np.random.default_rng(seed)
    state = FleetState(described)
    fill_to(state, load, rng)
    placed: list[Placement | NoPlace] = []
    for job in sorted(jobs, key=lambda job: -job.priority):
        answer = chooser.choose(job, state, rng)
        if isinstance(answer, Placement):
            state.take(answer)
        placed.append(answer)
    return state, placed


def _is_refused(answer: Placement | NoPlace) -> bool:
    from gpu_lab.placement import NoPlace

    return isinstance(answer, NoPlace)


def _line(state: FleetState, answer: Placement | NoPlace) -> str:
    from gpu_lab.placement import NoPlace
    from gpu_lab.placement.allreduce import report

    if isinstance(answer, NoPlace):
        return f"{answer.job}: no place now; {answer.reason}"
    names = state.fleet.node_names
    holds = [f"{names[hold.node]} GPUs {','.join(map(str, hold.gpus))}"
             for hold in answer.holds if hold.gpus]  # fmt: skip
    shown = "; ".join(holds[:4]) + (f"; and {len(holds) - 4} more nodes" if holds[4:] else "")
    near = report(state.fleet, answer)
    spans = ", ".join(f"{count} {level}" for level, count in near.spanned.items())
    return f"{answer.job}: {shown} ({spans}; all-reduce of 10 GiB {near.step_seconds * 1e3:.1f} ms)"


def _answers(state: FleetState, placed: list[Placement | NoPlace]) -> list[dict[str, object]]:
    from dataclasses import asdict

    from gpu_lab.placement import NoPlace
    from gpu_lab.placement.allreduce import report

    answers: list[dict[str, object]] = []
    for answer in placed:
        if isinstance(answer, NoPlace):
            answers.append({"job": answer.job, "placed": False, "reason": answer.reason})
            continue
        holds = [
            asdict(hold) | {"node": state.fleet.node_names[hold.node]} for hold in answer.holds
        ]
        near = asdict(report(state.fleet, answer))
        answers.append({"job": answer.job, "placed": True, "holds": holds, "locality": near})
    return answers


def _answer_cases(path: Path) -> None:
    from gpu_lab.placement.topology import answer_case, read_cases

    print_json(
        [
            {
                "id": case.id,
                "pod_sets": [answer.model_dump(mode="json") for answer in answer_case(case, gates)],
            }
            for case, gates in read_cases(_json_at(path))
        ]
    )


def _drawing(
    described: Fleet,
    placed: list[Placement | NoPlace],
    load: float,
    seed: int,
    *,
    as_page: bool = False,
) -> bytes:
    """Draw the last placed job on the fleet as it was before any of the scene's jobs."""
    import numpy as np

    from gpu_lab.fleet import FleetState, Placement
    from gpu_lab.placement.background import fill_to, first_free

    found = [answer for answer in placed if isinstance(answer, Placement) and answer.gpus]
    if not found:
        fail(f"nothing to draw: {placed[-1].job if placed else 'no job'} has no GPUs placed")
    before = FleetState(described)
    fill_to(before, load, np.random.default_rng(seed))
    naive = first_free(before, found[-1].gpus) if load else []
    if as_page:
        from gpu_lab.pictures.page import placement_page

        return placement_page(before, found[-1], naive).encode()
    from gpu_lab.pictures.placement import placement_card

    return placement_card(before, found[-1], naive).png()


def _curves_drawing(names: list[str], curve: str, *, as_page: bool = False) -> bytes:
    """Draw results of the inflation protocol, one line for each file, named by its policy."""
    from gpu_lab.placement.protocol.replay import Curves

    curves, workloads = {}, set()
    for name in names:
        match _json_at(Path(name)):
            case {
                "allocation": list(up),
                "fragmentation": list(down),
                "policy": str(policy),
                "workload": str(workload),
            }:
                curves[policy] = Curves(_numbers(up), _numbers(down))
                workloads.add(workload)
            case _:
                fail(f"{name} is no result of `lab simulate --protocol fgd --json`")
    if curve not in ("allocation", "fragmentation"):
        fail(f"no curve {curve!r}; there are: allocation, fragmentation")
    title = ", ".join(sorted(workloads))
    if as_page:
        from gpu_lab.pictures import curve_pages as pages

        page = pages.allocation_page if curve == "allocation" else pages.fragmentation_page
        return page(title, curves).encode()
    from gpu_lab.pictures.curves import allocation_card, fragmentation_card

    card = allocation_card if curve == "allocation" else fragmentation_card
    return card(title, curves).png()


def _numbers(values: list[float | None]) -> tuple[float, ...]:
    return tuple(float("nan") if value is None else float(value) for value in values)


def _json_at(path: Path) -> object:
    import json

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        fail(f"{path} is not JSON: {wrong}")


def _write(out: Path, drawn: bytes) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(drawn)
