"""What only a real GPU can settle: measured by `make gpu`, printed line by line, kept as a tape.

Each experiment runs CUDA, if at all, in a process of its own; this one never does.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gpu_lab.probe import calls as c
from gpu_lab.probe.context import judge, title
from gpu_lab.probe.context_run import watch_command
from gpu_lab.probe.driver import Driver
from gpu_lab.probe.polling import check_polling
from gpu_lab.probe.probe import Probe
from gpu_lab.probe.tape import Recorder, write_tape
from gpu_lab.probe.torch_child import has_torch
from gpu_lab.probe.values import Memory, Snapshot

MIB = 2**20
_STAY = "; import time; time.sleep(1.0)"
_CUDA = "import ctypes; cuda = ctypes.CDLL('libcuda.so.1')"
_INIT = f"{_CUDA}; cuda.cuInit(0)"
_RETAIN = f"{_INIT}; held = ctypes.c_void_p(); cuda.cuDevicePrimaryCtxRetain(ctypes.byref(held), 0)"
_ROOM = (
    f"{_RETAIN}; cuda.cuCtxSetCurrent(held); free, total = ctypes.c_size_t(), ctypes.c_size_t();"
    " cuda.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total));"
    " import json; print(json.dumps([free.value, total.value]), flush=True)"
)

_FORK = """
import os, pynvml
pynvml.nvmlInit()
device = pynvml.nvmlDeviceGetHandleByIndex(0)
if os.fork() == 0:
    try:
        print(pynvml.nvmlDeviceGetMemoryInfo(device).free >> 20, "MiB free", flush=True)
    except pynvml.NVMLError as refused:
        print(refused, flush=True)
    os._exit(0)
os.wait()
"""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: what it is called and the Python that takes it."""

    name: str
    code: str


DRIVER_LADDER: tuple[Rung, ...] = (
    Rung("libcuda loaded", _CUDA),
    Rung("cuInit", _INIT),
    Rung("primary context", _RETAIN),
)
_TORCH = "import torch"
TORCH_LADDER: tuple[Rung, ...] = (
    Rung("import torch", _TORCH),
    Rung("is_available", f"{_TORCH}; torch.cuda.is_available()"),
    Rung("device_count", f"{_TORCH}; torch.cuda.device_count()"),
    Rung("init", f"{_TORCH}; torch.cuda.init()"),
    Rung("get_device_properties", f"{_TORCH}; torch.cuda.get_device_properties(0)"),
    Rung("get_device_capability", f"{_TORCH}; torch.cuda.get_device_capability(0)"),
    Rung("current_device", f"{_TORCH}; torch.cuda.current_device()"),
    Rung("set_device", f"{_TORCH}; torch.cuda.set_device(0)"),
    Rung("mem_get_info", f"{_TORCH}; torch.cuda.mem_get_info(0)"),
    Rung("first tensor", f"{_TORCH}; x = torch.zeros(1, device='cuda')"),
)


def check_machine(
    driver: Driver, probe: Probe, environment: Mapping[str, str], tapes: Path
) -> Iterator[str]:
    """Run all experiments and yield what each found; the tape is written at the end."""
    snapshot = probe.snapshot()
    yield from _about_memory(snapshot, environment)
    yield from _about_cost(driver, probe)
    yield from check_polling(probe.snapshot, environment)
    yield from _about_ladder(probe, environment)
    yield _about_fork(environment)
    yield f"tape: {record_tape(driver, snapshot, tapes)}"


def _about_ladder(probe: Probe, environment: Mapping[str, str]) -> Iterator[str]:
    there = has_torch(environment)
    for rung in (*DRIVER_LADDER, *(TORCH_LADDER if there else ())):
        yield climb(rung, probe, environment)
    if not there:
        yield "torch is not installed: its ladder was not climbed"


def climb(rung: Rung, probe: Probe, environment: Mapping[str, str]) -> str:
    """Take one step in a fresh process, stay a second, and say what it did."""
    command = [sys.executable, "-c", rung.code + _STAY]
    seen = watch_command(command, environment, probe, 0.05)
    sizes = (held.memory for held in seen.held)
    held = ", ".join(f"{size // MIB} MiB" for size in sizes if isinstance(size, int))
    failed = f" (the step failed with status {seen.exit_status})" if seen.exit_status else ""
    return f"ladder: {rung.name}: {title(judge(seen))} {held}{failed}".rstrip()


def _about_fork(environment: Mapping[str, str]) -> str:
    child = [sys.executable, "-c", _FORK]
    shown = subprocess.run(
        child, env=dict(environment), capture_output=True, text=True, check=False
    )
    return f"fork: a handle used in a forked child: {shown.stdout.strip() or 'no answer'}"


def _about_memory(snapshot: Snapshot, environment: Mapping[str, str]) -> Iterator[str]:
    for gpu in snapshot.reachable:
        if isinstance(gpu.memory, Memory):
            yield f"memory: {gpu.identity.name} {_amounts(gpu.memory)}"
    shown = subprocess.run(
        [sys.executable, "-c", _ROOM], env=dict(environment), capture_output=True, check=False
    )
    memories = (gpu.memory for gpu in snapshot.reachable)
    first = next((memory for memory in memories if isinstance(memory, Memory)), None)
    if shown.returncode or first is None:
        yield "memory: CUDA's own view could not be asked"
    else:
        yield _against_cuda(first, *json.loads(shown.stdout))


def _amounts(memory: Memory) -> str:
    reserved = f"{memory.reserved // MIB}" if isinstance(memory.reserved, int) else "not told"
    parts = f"total {memory.total // MIB}, reserved {reserved}, used {memory.used // MIB}"
    return f"{parts}, free {memory.free // MIB} MiB ({memory.api})"


def _against_cuda(memory: Memory, free: int, total: int) -> str:
    more_total, more_free = (memory.total - total) // MIB, (memory.free - free) // MIB
    return (
        f"memory: CUDA total {total // MIB}, free {free // MIB} MiB: NVML's total is {more_total}"
        f" more, its free (before that context) {more_free} more"
    )


def _about_cost(driver: Driver, probe: Probe) -> Iterator[str]:
    yield f"cost: snapshot {median_ms(probe.snapshot, 20):.3f} ms"
    for call in (c.MEMORY, c.UTILIZATION, c.COMPUTE_PROCESSES, c.POWER, c.TEMPERATURE, c.FABRIC):
        took = median_ms(partial(driver.ask, call, "0"), 50)
        yield f"cost: {call.symbol} {1000 * took:.1f} us"
    try:
        took = median_ms(lambda: subprocess.run(["nvidia-smi", "-L"], capture_output=True), 5)
        yield f"cost: spawning nvidia-smi {took:.1f} ms"
    except FileNotFoundError:
        yield "cost: nvidia-smi is not here"


def median_ms(act: Callable[[], object], times: int) -> float:
    """Measure how long something takes, in milliseconds."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        took.append(time.perf_counter() - begun)
    return 1000 * statistics.median(took)


def record_tape(driver: Driver, snapshot: Snapshot, tapes: Path) -> Path:
    """Write one look as a tape, named after the machine; an older one is replaced."""
    tapes.mkdir(parents=True, exist_ok=True)
    model = next((str(gpu.identity.name) for gpu in snapshot.reachable), "no GPU")
    name = "-".join(model.lower().split())
    file = tapes / f"{name}-x{len(snapshot.gpus)}.tape"
    with file.open("w", encoding="utf-8") as lines:
        recorder = Recorder(driver, write_tape(lines, driver), time.perf_counter_ns)
        Probe(recorder).snapshot()
    return file
