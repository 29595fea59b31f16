"""`touchbase lab fit` and `pack`: the batch that memory holds, and packing under a capacity.

Internal imports are late, so that `lab` starts without NumPy, Numba or pydantic.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import Json, fail, one_line, print_json

if TYPE_CHECKING:
    from gpu_lab.packing import Packing
    from gpu_lab.vram import Activations, Fit, Measured, Overrun, Room

app = typer.Typer(no_args_is_help=True)

MIB = 1 << 20


class Attention(StrEnum):
    """How the model computes attention."""

    EAGER = "eager"
    FUSED = "fused"


class Dtype(StrEnum):
    """In what the model computes."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class Oversized(StrEnum):
    """What to do with an item that costs more than a bin holds."""

    REFUSE = "refuse"
    OWN_BIN = "own-bin"


@app.command()
def fit(
    model: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A model's name, a .toml, or a config.json.")
    ],
    seq: Annotated[int, typer.Option(metavar="TOKENS", help="Tokens of the longest request.")],
    gpu: Annotated[
        str, typer.Option(metavar="NAME|INDEX", help="h200 of the catalogue, or 0 of this machine.")
    ] = "0",
    free_mib: Annotated[int | None, typer.Option(help="What is free on a catalogue's GPU.")] = None,
    sim: Annotated[str | None, typer.Option(metavar="SHAPE", help="A simulated machine.")] = None,
    attention: Attention = Attention.FUSED,
    dtype: Annotated[Dtype | None, typer.Option(help="Instead of the model's own.")] = None,
    safety_mib: Annotated[
        int | None, typer.Option(min=0, help="Kept free; else 2 %, at least 256.")
    ] = None,
    has_context: Annotated[
        bool, typer.Option("--has-context", help="The process has its CUDA context already.")
    ] = False,
    measured: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NxTOKENS=MIB", help="A measured peak of activations; give two to calibrate."
        ),
    ] = None,
    total: Annotated[
        bool, typer.Option("--total", help="Size from total memory: see the accident.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say the largest safe batch of an encoder on a GPU, and why."""
    from gpu_lab import vram

    with _clear_errors():
        encoder = vram.read_encoder(model, None if dtype is None else vram.Dtype(dtype))
        room = _room(gpu, free_mib, sim)
        form = _calibrated(vram.closed_form(encoder, vram.Attention(attention)), measured or [])
        given = vram.budget(
            room.total if total else room.free,
            0 if has_context else room.context,
            encoder,
            None if safety_mib is None else safety_mib * MIB,
        )
        sized = vram.largest_batch(encoder, form, seq, given)
        accident = vram.overrun(sized, room.free) if total else None
        if as_json:
            print_json(_fit_row(sized, room, encoder.name, accident, attention, total=total))
        else:
            _print_fit(sized, room, encoder.name, accident, total=total)


@app.command()
def pack(
    capacity: Annotated[float, typer.Option(help="What a bin holds, in the items' unit.")],
    file: Annotated[
        Path, typer.Argument(help="Text, .npy or Parquet; - is standard input.")
    ] = Path("-"),
    column: Annotated[str | None, typer.Option(help="The column of a Parquet file.")] = None,
    oversized: Annotated[
        Oversized, typer.Option(help="Items larger than a bin: refused, or alone in one.")
    ] = Oversized.REFUSE,
    assignment: Annotated[
        bool, typer.Option("--assignment", help="Print the bin of each item too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Pack lengths or costs into as few bins as best-fit decreasing needs."""
    from gpu_lab import packing

    with _clear_errors():
        if str(file) == "-":
            costs = packing.costs_of(sys.stdin.buffer.read(), "standard input", column)
        else:
            costs = packing.read_costs(file, column)
        alone = packing.Oversized(oversized)
        held = int(capacity) if capacity.is_integer() else 0
        if costs.dtype.kind == "f" or not held:
            costs, held = packing.in_units(costs.astype("float64"), capacity, alone)
        packed = packing.pack(costs, held, alone)
        bound = packing.lower_bound(costs, held)
        fitting = costs[costs <= held] if packed.oversized else costs
        bins = packed.bins - packed.oversized
        efficiency = float(fitting.sum(dtype="float64")) / (bins * held) if bins else 0.0
    row: dict[str, object] = {
        "items": costs.size,
        "capacity": int(capacity) if capacity.is_integer() else capacity,
        "bins": packed.bins,
        "efficiency": round(efficiency, 6),
        "lower_bound": bound,
        "oversized": packed.oversized,
    }
    _print_packing(row, packed, assignment=assignment, as_json=as_json)


@contextmanager
def _clear_errors() -> Iterator[None]:
    from gpu_lab.packing import PackingRefused
    from gpu_lab.probe import ProbeRefused, ProbeUnavailable
    from gpu_lab.vram import VramRefused

    try:
        yield
    except (PackingRefused, VramRefused, ProbeRefused, ProbeUnavailable) as why:
        fail(one_line(why))


def _calibrated(form: Activations, measured: list[str]) -> Activations:
    from gpu_lab.vram import calibrated_eager, calibrated_fused

    if not measured:
        return form
    if len(measured) != 2:
        fail(f"--measured was given {len(measured)} times; two points calibrate")
    one, other = map(_point, measured)
    if form.crossover is None:
        return calibrated_fused(one, other)
    return calibrated_eager(form, one, other)


def _point(text: str) -> Measured:
    from gpu_lab.vram import Measured

    found = re.fullmatch(r"(\d{1,9})x(\d{1,9})=(\d{1,9}(?:\.\d{1,6})?)", text)
    if found is None:
        fail(f"--measured {text} is not of the form 32x512=265.5 (requests x tokens = MiB)")
    return Measured(int(found[1]), int(found[2]), round(float(found[3]) * MIB))


def _room(gpu: str, free_mib: int | None, sim: str | None) -> Room:
    from gpu_lab.vram import room_of_catalogue, room_of_snapshot

    if not gpu.isdecimal():
        if sim is not None:
            fail(f"--sim {sim} needs the index of one of its GPUs, not --gpu {gpu}; give --gpu 0")
        return room_of_catalogue(gpu, free_mib)
    if free_mib is not None:
        fail(f"--free-mib {free_mib} needs a GPU of the catalogue, such as --gpu h200")
    from bot.cli.lab_probe import opened

    with opened(sim, None) as (_, looking):
        return room_of_snapshot(looking.snapshot(), int(gpu))


def _fit_row(
    sized: Fit, room: Room, model: str, accident: Overrun | None, attention: str, *, total: bool
) -> dict[str, object]:
    given = sized.budget
    row: dict[str, object] = {
        "model": model,
        "gpu": room.gpu,
        "seq": sized.longest,
        "attention": attention,
        "batch": sized.batch,
        "sized_from": "total" if total else "free",
        "source": room.source,
        "total_bytes": room.total,
        "free_bytes": room.free,
        "context_bytes": given.context,
        "slack_bytes": given.slack,
        "safety_bytes": given.safety,
        "usable_bytes": given.usable,
        "weight_bytes": given.weights,
        "activation_bytes": sized.peak_bytes,
        "held_bytes": sized.held_bytes,
        "peak_is": "scores" if sized.scores_decide else "ffn",
    }
    if total:
        row["accident"] = accident and {
            "needed_bytes": accident.needed,
            "free_bytes": accident.free,
            "short_bytes": accident.short,
        }
    return row


def _print_fit(
    sized: Fit, room: Room, model: str, accident: Overrun | None, *, total: bool
) -> None:
    given = sized.budget
    named = f"{model}, {sized.longest} tokens, on {room.gpu}"
    if sized.batch:
        typer.echo(f"Largest {'' if total else 'safe '}batch: {sized.batch} requests ({named})")
    else:
        typer.echo(f"Not one request fits ({named})")
    each = sized.activations.peak_bytes(1, sized.longest)
    peak = "attention's scores" if sized.scores_decide else "the FFN's GELU"
    lines = (
        (f"{'total' if total else 'free'} ({room.source})", given.free),
        ("- CUDA context", given.context),
        ("- allocator slack", given.slack),
        ("- safety", given.safety),
        ("- weights", given.weights),
        ("= for activations", given.for_activations),
        (f"a request, at the peak in {peak}", each),
        ("the batch's activations", sized.peak_bytes),
    )
    for name, amount in lines:
        typer.echo(f"  {name:<46} {amount / MIB:>12,.1f} MiB")
    if accident is not None:
        typer.echo(
            f"The accident: it needs {accident.needed / MIB:,.0f} MiB where"
            f" {accident.free / MIB:,.0f} are free: out of memory,"
            f" {accident.short / MIB:,.0f} MiB short. Leave --total out."
        )
    elif total:
        typer.echo("This time what is free is enough for it; with a neighbour it is not.")


def _print_packing(
    row: dict[str, object], packed: Packing, *, assignment: bool, as_json: bool
) -> None:
    if as_json:
        print_json(row | ({"assignment": packed.bin_of.tolist()} if assignment else {}))
        return
    typer.echo(
        f"{row['items']} items in {row['bins']} bins of {row['capacity']}, of which"
        f" {row['oversized']} for oversized items; at least {row['lower_bound']} are needed;"
        f" efficiency {row['efficiency']}"
    )
    if assignment:
        sys.stdout.write("\n".join(map(str, packed.bin_of.tolist())) + "\n")
