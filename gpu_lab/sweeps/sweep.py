"""Running cells over processes or a cluster, each result kept as a file as soon as it is there.

A sweep that was stopped, by hand, by a full disk or by a worker that died, goes on with the same
command: cells that have a file of the same protocol are not run again.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, assert_never

from joblib import Parallel, delayed, parallel_config

from gpu_lab.sweeps.cells import BadSweep, Cell, Figures, Protocol, run


@dataclass(frozen=True)
class Processes:
    """So many processes on this machine."""

    workers: int = 2


@dataclass(frozen=True)
class Dask:
    """A Dask scheduler by its address, as in tcp://10.0.0.1:8786 (extra `dask`)."""

    address: str


@dataclass(frozen=True)
class Ray:
    """A Ray cluster by its address, as in 10.0.0.1:6379 or ray://... (extra `ray`)."""

    address: str


Where = Processes | Dask | Ray


class SweepStopped(Exception):
    """The sweep stopped: {problem}. What is done is kept; the same command goes on."""

    def __init__(self, problem: str, done: int, of: int) -> None:
        kept = f"{done} of {of} cells are kept; the same command goes on from there"
        super().__init__(f"{problem}; {kept}")


class ExtraNeeded(Exception):
    """The extra {name} is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed; install touchbase[{name}]")


def sweep(
    wanted: Sequence[Cell],
    protocol: Protocol,
    folder: Path,
    where: Where,
    done: Callable[[Cell], None] = lambda _: None,
) -> dict[Cell, Figures]:
    """Run every cell that has no result in `folder` yet, and give all results.

    `done` is told of each cell as it ends, those found finished first. Raises `SweepStopped`
    when the disk is full or a worker dies, `ExtraNeeded`, `BadSweep`.
    """
    found = {
        cell: figures for cell in wanted if (figures := kept(folder, cell, protocol)) is not None
    }
    for cell in found:
        done(cell)
    todo = [cell for cell in wanted if cell not in found]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _cluster(where) as pool:
            for cell, figures in pool(todo, protocol):
                keep(folder, cell, protocol, figures)
                found[cell] = figures
                done(cell)
    except OSError as failed:
        if failed.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SweepStopped(f"the disk of {folder} is full", len(found), len(wanted)) from failed
    except Exception as failed:
        if not _is_death(failed):
            raise
        problem = "a worker died (killed, or out of memory)"
        raise SweepStopped(problem, len(found), len(wanted)) from failed
    return {cell: found[cell] for cell in wanted}


def kept(folder: Path, cell: Cell, protocol: Protocol) -> Figures | None:
    """Read a cell's kept result; missing, torn or of another protocol it counts as not run."""
    try:
        result = json.loads((folder / f"{cell.key}.json").read_text("utf-8"))
        return Figures(**result["figures"]) if result["protocol"] == repr(protocol) else None
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None


def keep(folder: Path, cell: Cell, protocol: Protocol, figures: Figures) -> None:
    """Write a cell's result whole or not at all."""
    path = folder / f"{cell.key}.json"
    fresh = path.with_suffix(".part")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"protocol": repr(protocol), "figures": asdict(figures)}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


Pool = Callable[[Sequence[Cell], Protocol], Iterable[tuple[Cell, Figures]]]


@contextmanager
def _cluster(where: Where) -> Iterator[Pool]:
    match where:
        case Processes(workers=workers):
            with parallel_config(backend="loky", n_jobs=workers):
                yield _as_they_end
        case Dask(address=address):
            with _dask(address):
                yield _as_they_end
        case Ray(address=address):
            with _ray(address):
                yield _in_batches
        case unknown:
            assert_never(unknown)


def _task(cell: Cell, protocol: Protocol) -> tuple[Cell, Figures]:
    return cell, run(cell, protocol)


def _as_they_end(todo: Sequence[Cell], protocol: Protocol) -> Iterable[tuple[Cell, Figures]]:
    pool = Parallel(return_as="generator_unordered")
    results: Iterable[tuple[Cell, Figures]] = pool(delayed(_task)(c, protocol) for c in todo)
    return results


def _in_batches(todo: Sequence[Cell], protocol: Protocol) -> Iterator[tuple[Cell, Figures]]:
    # This backend gives results only all at once, so a sweep is cut small enough to be kept.
    size = 16
    for start in range(0, len(todo), size):
        yield from Parallel()(delayed(_task)(c, protocol) for c in todo[start : start + size])


@contextmanager
def _dask(address: str) -> Iterator[None]:
    try:
        from distributed import Client
    except ImportError as missing:
        raise ExtraNeeded("dask") from missing
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as failed:
        raise BadSweep(f"no Dask scheduler answers at {address}: {failed}") from failed
    with client, parallel_config(backend="dask"):
        yield


@contextmanager
def _ray(address: str) -> Iterator[None]:
    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError as missing:
        raise ExtraNeeded("ray") from missing
    joined = not ray.is_initialized()
    try:
        if joined:
            ray.init(address=address, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as failed:
        raise BadSweep(f"no Ray cluster answers at {address}: {failed}") from failed
    try:
        register_ray()  # type: ignore[no-untyped-call]
        with parallel_config(backend="ray"):
            yield
    finally:
        if joined:
            ray.shutdown()


def _is_death(failed: BaseException) -> bool:
    # Each backend has its own name for a worker that is gone; none shares a base with another.
    deaths = {"TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "WorkerCrashedError"}
    return bool(deaths & {kind.__name__ for kind in type(failed).__mro__})


def as_rows(results: dict[Cell, Figures]) -> list[dict[str, Any]]:
    """Give one flat row per cell, for a table."""
    return [asdict(cell) | asdict(figures) for cell, figures in results.items()]
