"""What the GPUs of this machine are, what is free, who holds it. Never through CUDA.

The face is values, the simulator and the replay; it loads no driver library. The real driver is
`gpu_lab.probe.nvml`, and the views are the modules `table`, `prometheus` and `picture`.
"""

from gpu_lab.probe.driver import Driver
from gpu_lab.probe.errors import (
    NoDriver,
    NotATape,
    ProbeRefused,
    ProbeUnavailable,
    TapeEnded,
    UnknownFault,
    UnknownShape,
    WrongBinding,
)
from gpu_lab.probe.findings import Finding, findings, headline
from gpu_lab.probe.node import ProbedGpu, ProbedNode, probed_node
from gpu_lab.probe.probe import Probe, ProbeThread
from gpu_lab.probe.scripts import Scenario, parse_scenario
from gpu_lab.probe.simulator import Simulator
from gpu_lab.probe.surroundings import read_surroundings
from gpu_lab.probe.tape import Recorder, Replay, Tape, read_tape
from gpu_lab.probe.values import (
    Gpu,
    Instant,
    Memory,
    Missing,
    Reason,
    Snapshot,
    Surroundings,
    UnreachableGpu,
)
from gpu_lab.probe.visible import Candidate, Visible, visible_devices

__all__ = [
    "Candidate",
    "Driver",
    "Finding",
    "Gpu",
    "Instant",
    "Memory",
    "Missing",
    "NoDriver",
    "NotATape",
    "Probe",
    "ProbeRefused",
    "ProbeThread",
    "ProbeUnavailable",
    "ProbedGpu",
    "ProbedNode",
    "Reason",
    "Recorder",
    "Replay",
    "Scenario",
    "Simulator",
    "Snapshot",
    "Surroundings",
    "Tape",
    "TapeEnded",
    "UnknownFault",
    "UnknownShape",
    "UnreachableGpu",
    "Visible",
    "WrongBinding",
    "findings",
    "headline",
    "parse_scenario",
    "probed_node",
    "read_surroundings",
    "read_tape",
    "visible_devices",
]
