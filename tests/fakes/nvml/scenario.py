"""Writing a simulated node down as a scenario of the fake library, so that both can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from gpu_lab.probe import calls as c
from gpu_lab.probe.calls import Plain
from gpu_lab.probe.simulated import CUDA, DRIVER, NVML, Key, SimGpu, SimProcess, node_answers
from gpu_lab.probe.values import Missing

ONE_NUMBER = {
    c.MINOR: "minor",
    c.ENCODER: "encoder",
    c.DECODER: "decoder",
    c.NUMA_NODE: "numa_node",
    c.PCIE_REPLAYS: "pcie_replays",
    c.TEMPERATURE: "celsius",
    c.MARGIN: "margin",
    c.POWER: "milliwatts",
    c.POWER_LIMIT: "milliwatts_limit",
    c.CLOCK_REASONS: "clock_reasons",
}
SEVERAL_NUMBERS = {
    c.COMPUTE_CAPABILITY: ("cc_major", "cc_minor"),
    c.UTILIZATION: ("util_gpu", "util_mem"),
    c.MIG_MODE: ("mig_mode", "mig_pending"),
    c.REMAPPED_ROWS: ("remap_corrected", "remap_uncorrected", "remap_pending", "remap_failed"),
}
WORDS = {c.UUID: "uuid", c.NAME: "name", c.SERIAL: "serial", c.PCI: "pci"}
CLOCKS = {(c.CLOCK, c.CLOCK_SM): "clock_sm", (c.CLOCK, c.CLOCK_MEMORY): "clock_memory"} | {
    (c.CLOCK_MAXIMUM, c.CLOCK_SM): "clock_sm_max",
    (c.CLOCK_MAXIMUM, c.CLOCK_MEMORY): "clock_memory_max",
}
Answers = dict[Key, Plain | Missing]


def scenario_text(node: tuple[SimGpu, ...]) -> str:
    answers = node_answers(node)
    lines = [f"driver {DRIVER}", f"nvml {NVML}", f"cuda {CUDA}"]
    for gpu in node:
        lines += _lost(gpu) if gpu.is_lost else _gpu(gpu, answers, len(node))
        if gpu.denies_processes:
            lines += [
                f"fail nvmlDeviceGet{kind}RunningProcesses_v3 {gpu.index} 4"
                for kind in ("Compute", "Graphics", "MPSCompute")
            ]
    return "\n".join(lines) + "\n"


def _lost(gpu: SimGpu) -> list[str]:
    return ["gpu", f"fail * {gpu.index} 15"]


def _gpu(gpu: SimGpu, answers: Answers, size: int) -> list[str]:
    at = str(gpu.index)
    lines = ["gpu", *_common(at, answers), f"total {gpu.total}"]
    lines += [f"reserved {gpu.reserved}", f"used {gpu.used}", "events 1", "ecc 1"]
    lines += [f"ecc_uncorrected {gpu.ecc_uncorrected}", "millijoules 0"]
    for (call, kind), key in CLOCKS.items():
        lines.append(f"{key} {answers[call.symbol, (at, kind)]}")
    (_, links), (code, celsius) = answers[
        c.FIELDS.symbol, (at, c.FIELD_LINK_COUNT, c.FIELD_MEMORY_TEMPERATURE)
    ]
    if links:
        lines += [f"link_count {links}", f"link_version {gpu.model.link_version}"]
        lines += [f"links {links} 1 2", *(f"link {i} 0 2" for i in sorted(gpu.links_down))]
    if not code:
        lines.append(f"memory_celsius {celsius}")
    lines += _fabric(at, answers)
    lines.append("cpus " + _hex(answers[c.CPU_AFFINITY.symbol, (at, c.AFFINITY_WORDS)]))
    nodes = answers[c.MEMORY_AFFINITY.symbol, (at, c.AFFINITY_WORDS, c.NODE_SCOPE)]
    lines.append("nodes " + _hex(nodes))
    lines.append("ancestors " + _row(answers, c.COMMON_ANCESTOR, at, size))
    lines.append("p2ps " + _row(answers, c.P2P_STATUS, at, size, c.P2P_NVLINK))
    lines += [_process(process) for process in gpu.processes]
    for index in range(len(gpu.slices)):
        lines += _slice(gpu, index, answers)
    return lines


def _common(at: str, answers: Answers) -> Iterator[str]:
    for call, key in (WORDS | ONE_NUMBER).items():
        if (call.symbol, (at,)) in answers:
            yield f"{key} {answers[call.symbol, (at,)]}"
    for call, keys in SEVERAL_NUMBERS.items():
        numbers = answers.get((call.symbol, (at,)), ())
        yield from (f"{key} {number}" for key, number in zip(keys, numbers, strict=False))


def _fabric(at: str, answers: Answers) -> list[str]:
    seen = answers.get((c.FABRIC.symbol, (at,)))
    if seen is None:
        return []
    state, status, cluster, clique, health = seen
    lines = [f"fabric_state {state}", f"fabric_status {status}", f"cluster {cluster}"]
    return [*lines, f"fabric_clique {clique}", f"fabric_health {health}"]


def _slice(gpu: SimGpu, index: int, answers: Answers) -> list[str]:
    at = f"{gpu.index}/{index}"
    total, reserved, _, used = answers[c.MEMORY.symbol, (at,)]
    mine = [process for process in gpu.processes if process.slice_index == index]
    return [
        "mig",
        *_common(at, answers),
        *(f"total {total}", f"reserved {reserved}", f"used {used}", f"gi {index + 1}", "ci 0"),
        *(_process(process) for process in mine),
    ]


def _process(process: SimProcess) -> str:
    memory = "hidden" if process.memory is None else process.memory
    instances = "" if process.slice_index is None else f" {process.slice_index + 1} 0"
    return f"process {process.kind} {process.pid} {memory}{instances}"


def _hex(words: tuple[int, ...]) -> str:
    return " ".join(f"{word:x}" for word in words)


def _row(answers: Answers, call: c.Call[int], at: str, size: int, *rest: int) -> str:
    return " ".join(
        str(answers.get((call.symbol, (at, str(other), *rest)), -1)) for other in range(size)
    )
