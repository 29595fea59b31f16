"""`touchbase lab probe`, `record`, `context` and `gpu-check`: the GPUs of this machine.

Internal imports are late, so that a look costs what it needs and no more; `bot.app` with its
clock would double the time of `lab probe`, therefore this module reads clock and environment.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from bot.cli.output import fail

if TYPE_CHECKING:
    from gpu_lab.probe import Driver, Instant, Probe, Snapshot
    from gpu_lab.probe.context import Verdict

app = typer.Typer(no_args_is_help=True)

Sim = Annotated[
    str | None,
    typer.Option(metavar="SHAPE", help="A simulated machine: h200x8, or h200x8,busy,lost:5@30"),
]
Tape = Annotated[
    Path | None, typer.Option("--replay", metavar="TAPE", help="What an earlier look recorded.")
]
Every = Annotated[float, typer.Option("--every", min=0.05, help="Seconds between looks.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, schema gpulab.snapshot/1.")]


@app.command()
def probe(
    sim: Sim = None,
    replay: Tape = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look until Ctrl-C.")] = False,
    every: Every = 1.0,
    as_json: Json = False,
    fleet: Annotated[bool, typer.Option("--fleet", help="Print a fleet file for the lab.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Write a PNG for a chat here.")] = None,
    prometheus: Annotated[
        int | None, typer.Option(metavar="PORT", min=0, max=65535, help="Serve metrics.")
    ] = None,
    address: Annotated[str, typer.Option(help="Where --prometheus listens.")] = "127.0.0.1",
) -> None:
    """Show this machine's GPUs: what is free, who holds it, how they connect, what is unhealthy."""
    with clear_errors(), opened(sim, replay) as (driver, looking):
        if prometheus is not None:
            _serve(looking, prometheus, address)
        elif watch:
            _watch(looking, every, as_json=as_json)
        elif fleet:
            _print_fleet(looking.snapshot())
        elif as_json:
            sys.stdout.write(_look_with_tape(driver) + "\n")
        else:
            _show(looking.snapshot(), picture)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="The tape to write; it must not exist yet.")],
    sim: Sim = None,
    looks: Annotated[int, typer.Option(min=1, help="How many snapshots.")] = 1,
    every: Every = 1.0,
) -> None:
    """Record what the driver answers, codes and timing included, for --replay."""
    from gpu_lab.probe import Probe, Recorder
    from gpu_lab.probe.tape import write_tape

    with clear_errors(), opened(sim, None) as (driver, _), _new_file(file) as lines:
        recorder = Recorder(driver, write_tape(lines, driver), time.perf_counter_ns)
        recording = Probe(recorder)
        for look in range(looks):
            if look:
                time.sleep(every)
            recording.snapshot()
    typer.echo(f"{looks} look(s) recorded. Replay: touchbase lab probe --replay {file}")


@app.command(context_settings={"ignore_unknown_options": True})
def context(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="What to run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 3 if CUDA was touched.")] = False,
    every: Annotated[float, typer.Option(min=0.001, help="Seconds between looks.")] = 0.02,
) -> None:
    """Run a command and say whether it made a CUDA context, initialised CUDA, or did neither."""
    from gpu_lab.probe.context import Clean, judge
    from gpu_lab.probe.context_run import watch_command

    with clear_errors():
        seen = watch_command(command, _environment(), _probe_or_reason(), every)
        verdict = judge(seen)
        (_print_verdict_json if as_json else _print_verdict)(verdict, seen.exit_status)
        if check and not isinstance(verdict, Clean):
            raise typer.Exit(3)
        raise typer.Exit(seen.exit_status if seen.exit_status >= 0 else 128 - seen.exit_status)


@app.command("gpu-check")
def gpu_check(
    tapes: Annotated[Path, typer.Option(help="Where to record a tape.")] = Path("docs/tapes"),
) -> None:
    """Settle on a real GPU what no simulation can; without one say so and fail nothing."""
    from gpu_lab.probe import Probe, ProbeUnavailable
    from gpu_lab.probe.gpu_check import check_machine
    from gpu_lab.vram.peak_check import check_peaks

    try:
        driver = _open_nvml()
    except ProbeUnavailable as why:
        typer.echo(f"touchbase: {why}\nNothing was checked, nothing failed.")
        return
    with Probe(driver) as looking:
        for line in check_machine(driver, looking, _environment(), tapes):
            typer.echo(line)
        for line in check_peaks(looking, _environment()):
            typer.echo(line)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what cannot be done into one line; Ctrl-C ends a look without noise."""
    from gpu_lab.probe import ProbeRefused, ProbeUnavailable

    try:
        yield
    except (ProbeRefused, ProbeUnavailable) as why:
        fail(str(why))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@contextmanager
def opened(sim: str | None, replay: Path | None) -> Iterator[tuple[Driver, Probe]]:
    """Open the driver that was asked for, with a probe on it, and close it afterwards."""
    from gpu_lab.probe import Probe

    if sim is not None and replay is not None:
        fail("--sim and --replay are two different machines; give one of them")
    driver = _open(sim, replay)
    with Probe(driver) as looking:
        yield driver, looking


def _open(sim: str | None, replay: Path | None) -> Driver:
    from gpu_lab.probe import Replay, Simulator, parse_scenario, read_surroundings, read_tape

    if sim is not None:
        # This host's memory is not the simulated machine's.
        around = replace(read_surroundings(_environment()), ram_bytes=None)
        return Simulator(parse_scenario(sim), around, _instant)
    if replay is not None:
        return Replay(read_tape(replay), time.sleep)
    return _open_nvml()


def _open_nvml() -> Driver:
    from gpu_lab.probe import read_surroundings
    from gpu_lab.probe.nvml import open_nvml

    return open_nvml(read_surroundings(_environment()), _instant)


def _probe_or_reason() -> Probe | str:
    from gpu_lab.probe import Probe, ProbeUnavailable

    try:
        return Probe(_open_nvml())
    except ProbeUnavailable as why:
        return why.why


def _environment() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251 -- CUDA's variables, which are no settings of ours


def _instant() -> Instant:
    from gpu_lab.probe import Instant

    return Instant(datetime.now(UTC), time.monotonic_ns())  # noqa: TID251 -- see above


def _show(snapshot: Snapshot, picture: Path | None) -> None:
    from rich.console import Console

    from gpu_lab.probe.table import snapshot_view

    Console(highlight=False).print(snapshot_view(snapshot))
    if picture is not None:
        from gpu_lab.probe.picture import snapshot_png

        try:
            picture.write_bytes(snapshot_png(snapshot))
        except OSError as refused:
            fail(f"cannot write {picture}: {refused.strerror}; name another file")
        typer.echo(f"Picture: {picture}")


def _print_fleet(snapshot: Snapshot) -> None:
    import platform

    from gpu_lab.probe.node import fleet_toml, probed_node

    node = probed_node(snapshot)
    if not node.gpus:
        fail("no GPU of this machine can be used, so there is no fleet; try --sim h200x8")
    sys.stdout.write(fleet_toml(node, platform.node() or "this-machine"))


def _look_with_tape(driver: Driver) -> str:
    from gpu_lab.probe import Probe, Recorder
    from gpu_lab.probe.snapshot_json import snapshot_row, snapshot_text
    from gpu_lab.probe.tape import Entry, entry_row, header_row

    entries: list[Entry] = []
    recorder = Recorder(driver, entries.append, time.perf_counter_ns)
    snapshot = Probe(recorder).snapshot()
    tape = [entry_row(entry) for entry in entries]
    return snapshot_text(snapshot_row(snapshot, header_row(driver), tape))


def _watch(looking: Probe, every: float, *, as_json: bool) -> None:
    if as_json:
        _each_look(looking, every, _print_line)
        return
    from rich.console import Console
    from rich.live import Live

    from gpu_lab.probe.table import snapshot_view

    console = Console(highlight=False)
    if not console.is_terminal:
        _each_look(looking, every, lambda seen: console.print(snapshot_view(seen)))
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        _each_look(looking, every, lambda seen: live.update(snapshot_view(seen), refresh=True))


def _each_look(looking: Probe, every: float, use: Callable[[Snapshot], None]) -> None:
    while True:
        use(looking.snapshot())
        time.sleep(every)


def _print_line(snapshot: Snapshot) -> None:
    import json

    from gpu_lab.probe.snapshot_json import snapshot_row

    sys.stdout.write(json.dumps(snapshot_row(snapshot), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _serve(looking: Probe, port: int, address: str) -> None:
    import platform
    import threading

    from gpu_lab.probe.prometheus import serve

    looking.snapshot()
    try:
        served = serve(looking.snapshot, platform.node(), port, address)
    except OSError as taken:
        fail(f"cannot listen on {address}:{port}: {taken.strerror}; give another --prometheus PORT")
    typer.echo(f"Metrics at http://{address}:{served.port}/metrics until Ctrl-C")
    try:
        threading.Event().wait()
    finally:
        served.stop()


def _new_file(file: Path) -> TextIO:
    try:
        return file.open("x", encoding="utf-8")
    except FileExistsError:
        fail(f"{file} exists already; name another file")
    except OSError as refused:
        fail(f"cannot write {file}: {refused.strerror}")


def _print_verdict(verdict: Verdict, exit_status: int) -> None:
    from gpu_lab.probe.context import report

    typer.echo(report(verdict, exit_status), err=True)


def _print_verdict_json(verdict: Verdict, exit_status: int) -> None:
    from bot.cli.output import print_json
    from gpu_lab.probe.context import verdict_row

    print_json(verdict_row(verdict, exit_status))
