"""What a look at the GPUs costs: cold, warm, simulated, and through the real binding.

The real binding and the peers (gpustat, nvitop) run on the fake driver library of the tests, so
no time of a real driver is in these figures: they are what Python adds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gpu_lab.probe import Instant, Probe, Recorder, Replay, Simulator, parse_scenario
from gpu_lab.probe.prometheus import metrics
from gpu_lab.probe.surroundings import read_surroundings
from gpu_lab.probe.tape import Entry, Tape
from tests.fakes.nvml.libraries import SCENARIOS, Machine, build, compiler

ROOT = Path(__file__).parents[1]
PYTHON = [sys.executable, "-W", "ignore"]

TIMED = """
import statistics, time
def report(act, times=60):
    for _ in range(3):
        act()
    walls, cpus = [], []
    for _ in range(times):
        begun, used = time.perf_counter(), time.process_time()
        act()
        cpus.append(time.process_time() - used)
        walls.append(time.perf_counter() - begun)
    print(1000 * statistics.median(cpus), 1000 * min(walls))
"""
OURS = f"""{TIMED}
from gpu_lab.probe import Probe, read_surroundings
from gpu_lab.probe.nvml import open_nvml
from tests.fakes.nvml.looks import instant
around = read_surroundings({{}})
"""
# Each reader in a process of its own: gpustat changes pynvml for everybody in its process.
WARM = {
    "ours": f"{OURS}report(Probe(open_nvml(around, instant)).snapshot)",
    "ours with init each time": f"""{OURS}
def anew():
    with Probe(open_nvml(around, instant)) as probe:
        probe.snapshot()
report(anew)""",
    "gpustat": f"{TIMED}import gpustat; report(gpustat.GPUStatCollection.new_query)",
    "nvitop": f"""{TIMED}
import nvitop
devices = nvitop.Device.all()
report(lambda: [device.as_snapshot() for device in devices])""",
}


def instant() -> Instant:
    return Instant(datetime.now(UTC), time.monotonic_ns())


def main() -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    simulated()
    cc = compiler()
    if cc is None:
        print("no C compiler: the real binding and the peers were not measured")
        cold({})
        return
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(build(Path(folder), cc), without_own_process(Path(folder)))
        warm(machine)
        cold(machine.environment)


def without_own_process(folder: Path) -> Path:
    # gpustat waits a tenth of a second for the load of each process that it finds.
    text = (SCENARIOS / "h200x8-busy.txt").read_text()
    scenario = folder / "h200x8.txt"
    scenario.write_text(text.replace("process C self", "process C 4001"))
    return scenario


def recorded_anew(driver: Simulator) -> None:
    entries: list[Entry] = []
    Probe(Recorder(driver, entries.append, time.perf_counter_ns)).snapshot()


def simulated() -> None:
    driver = Simulator(parse_scenario("h200x8,busy"), read_surroundings({}), instant)
    probe = Probe(driver)
    entries: list[Entry] = []
    snapshot = Probe(Recorder(driver, entries.append, time.perf_counter_ns)).snapshot()
    tape = Tape("sim", "", driver.surroundings, tuple(entries))
    best, middle = timed(probe.snapshot, 300)
    print(f"snapshot of 8 simulated GPUs with topology, {len(entries)} calls:")
    print(f"  {middle:.2f} ms median, {best:.2f} ms best (goal: under 2 ms)")
    for name, act in (
        ("recorded", lambda: recorded_anew(driver)),
        ("replayed", lambda: Probe(Replay(tape, None)).snapshot()),
        ("as Prometheus metrics", lambda: list(metrics(snapshot, "node"))),
    ):
        print(f"  {timed(act, 60)[1]:.2f} ms {name}")


def warm(machine: Machine) -> None:
    print("a look at 8 GPUs through pynvml and the fake library, process kept:")
    ours = None
    for name, code in WARM.items():
        done = machine.python(code)
        if done.returncode:
            print(f"  {name} does not run here: {done.stderr.splitlines()[-1]}")
            continue
        cpu, wall = map(float, done.stdout.splitlines()[-1].split())
        ours = ours or cpu
        ratio = cpu / ours
        print(f"  {name}: {cpu:.2f} ms of CPU = {ratio:.2f} x ours; {wall:.2f} ms wall at best")
    print(
        "  (gpustat sleeps 0.1 s for each GPU with processes; neither peer reads links or health)"
    )


def cold(environment: dict[str, str]) -> None:
    start = "import sys; from bot.cli import main; sys.argv[0] = 'touchbase'; main()"
    ours = [*PYTHON, "-c", start, "lab", "probe", "--sim", "h200x8"]
    real = [part for part in ours if part not in {"--sim", "h200x8"}]
    rows: list[tuple[str, Sequence[str]]] = [
        ("python alone", [*PYTHON, "-c", "pass"]),
        ("lab probe --sim h200x8", ours),
    ]
    if environment:
        rows += [
            ("lab probe, fake library", real),
            ("gpustat, fake library", [*PYTHON, "-m", "gpustat"]),
            ("nvitop --once, fake library", [*PYTHON, "-m", "nvitop", "--once"]),
        ]
    print("cold start, 9 runs (goal: lab probe under 0.4 s):")
    for name, command in rows:
        print("  " + cold_line(name, command, environment))


def cold_line(name: str, command: Sequence[str], environment: dict[str, str]) -> str:
    env = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    walls, cpus = [], []
    for _ in range(9):
        before, begun = os.times(), time.perf_counter()
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        walls.append(time.perf_counter() - begun)
        after = os.times()
        cpus.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    failed = f" (status {done.returncode})" if done.returncode else ""
    best, middle, cpu = min(walls), statistics.median(walls), statistics.median(cpus)
    return f"{name}: {best:.2f} s best, {middle:.2f} s median, {cpu:.2f} s of CPU{failed}"


def timed(act: Callable[[], object], times: int) -> tuple[float, float]:
    """Best and median in milliseconds."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - begun))
    return min(took), statistics.median(took)
