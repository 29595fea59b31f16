"""What the lab's verbs in time share: their common options, how these are read, what is refused.

Internal imports are late, so that `lab --help` loads neither the compiler nor the plots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import fail

# What the sets of the compiled replay hold (`gpu_lab.placement.bitmaps`).
MOST_NODES = 1_048_576
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", metavar="DIR", help="An openb folder, or a file of jobs."),
]
Reader = Annotated[
    str,
    typer.Option(
        "--reader", metavar="NAME", help="philly, muri, pai, tiresias, own; else the columns tell."
    ),
]
Workload = Annotated[str, typer.Option(help="NAME as in openb_pod_list_NAME.csv.")]
Sequence_ = Annotated[
    Path | None, typer.Option("--sequence", metavar="FILE.npz", help="Published arrival orders.")
]


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what cannot be done into one line and exit status 2; a bug of ours rises."""
    from gpu_lab.bounds.gap import BoundUnavailable
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
        BoundUnavailable,
    )  # fmt: skip
    try:
        yield
    except refusals as refused:
        fail(str(refused))


def numbers(text: str) -> list[int]:
    """Read seeds written as in 42-51 or 42,45."""
    found: list[int] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if not low.strip().isdigit() or (dash and not high.strip().isdigit()):
            fail(f"seeds {text!r} are not of the form 42-51 or 42,45")
        found += range(int(low), int(high if dash else low) + 1)
    if not found:
        fail(f"seeds {text!r} name none")
    return found


def one_of(given: str, names: Iterable[str], option: str) -> str:
    """Give back what was given when it is one of the names."""
    known = [str(name) for name in names]
    if given not in known:
        fail(f"{option} {given!r} is none of: {', '.join(known)}")
    return given
