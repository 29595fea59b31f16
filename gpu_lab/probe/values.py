"""What a look at the machine's GPUs found, as frozen values. Nothing here asks the driver.

Every value is a value or a `Missing` with its named reason; no zero and no sentinel stands for
"unknown". Memory is in bytes, power in watts, energy in joules, clocks in MHz, utilisation in
percent of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias, TypeVar


class Reason(StrEnum):
    """Why a value is missing; the names are the JSON's."""

    NOT_SUPPORTED = "NOT_SUPPORTED"
    NO_PERMISSION = "NO_PERMISSION"
    LOST = "LOST"
    ABSENT_SYMBOL = "ABSENT_SYMBOL"
    TIMED_OUT = "TIMED_OUT"
    NOT_FOUND = "NOT_FOUND"
    NOT_READY = "NOT_READY"
    RESET_REQUIRED = "RESET_REQUIRED"
    BLOCKED_BY_SYSTEM = "BLOCKED_BY_SYSTEM"
    VERSION_MISMATCH = "VERSION_MISMATCH"
    UNINITIALIZED = "UNINITIALIZED"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    HIDDEN = "HIDDEN"
    TORN = "TORN"
    UNKNOWN = "UNKNOWN"


REASON_WORDS: dict[Reason, str] = {
    Reason.NOT_SUPPORTED: "not supported",
    Reason.NO_PERMISSION: "no permission",
    Reason.LOST: "GPU is lost",
    Reason.ABSENT_SYMBOL: "the driver library is too old to know this call",
    Reason.TIMED_OUT: "timed out",
    Reason.NOT_FOUND: "not found",
    Reason.NOT_READY: "not ready",
    Reason.RESET_REQUIRED: "GPU needs a reset",
    Reason.BLOCKED_BY_SYSTEM: "blocked by the operating system",
    Reason.VERSION_MISMATCH: "driver and library versions differ",
    Reason.UNINITIALIZED: "the library is not initialised",
    Reason.INVALID_ARGUMENT: "the library refused the argument",
    Reason.HIDDEN: "the driver does not tell (WDDM or another pid namespace)",
    Reason.TORN: "the values changed while they were read",
    Reason.UNKNOWN: "unknown error",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that is not there, and why; `code` is the library's return code if it gave one."""

    reason: Reason
    code: int | None = None

    def __str__(self) -> str:
        return REASON_WORDS[self.reason]


T = TypeVar("T")
U = TypeVar("U")
Reading: TypeAlias = T | Missing


HIDDEN = Missing(Reason.HIDDEN)


def mapped(reading: Reading[T], change: Callable[[T], U]) -> Reading[U]:
    """Change a value that is there; a missing one stays as it is."""
    return reading if isinstance(reading, Missing) else change(reading)


@dataclass(frozen=True, slots=True)
class Memory:
    """Device memory in bytes. With v2, total = reserved + used + free; free is never computed.

    With v1 (libraries before 510) `used` contains the reserved part and `reserved` is missing.
    """

    api: Literal["v2", "v1"]
    total: int
    reserved: Reading[int]
    used: int
    free: int


class ProcessKind(StrEnum):
    """Which list of the driver a process stands in."""

    COMPUTE = "C"
    GRAPHICS = "G"
    MPS = "M"


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process as the driver names it (a pid of the host, whatever our pid namespace is)."""

    pid: int
    kind: ProcessKind
    memory: Reading[int]
    gpu_instance: int | None = None
    compute_instance: int | None = None


@dataclass(frozen=True, slots=True)
class Unattributed:
    """Used memory that no listed process accounts for: dead or hidden owners, driver, page tables.

    `is_upper_bound` when a listed process does not tell its own memory.
    """

    memory: int
    is_upper_bound: bool


@dataclass(frozen=True, slots=True)
class Utilization:
    """Percent of the last sample period; `memory` is time with traffic, not capacity in use."""

    gpu: int
    memory: int


class LinkRemote(StrEnum):
    """What stands at the far end of an NVLink."""

    GPU = "gpu"
    SWITCH = "switch"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Link:
    """One NVLink of a GPU; `peer` is the PCI address of a directly connected GPU."""

    index: int
    is_active: Reading[bool]
    remote: Reading[LinkRemote]
    peer: Reading[str]


@dataclass(frozen=True, slots=True)
class NvLinks:
    """The NVLinks of one GPU."""

    version: Reading[int]
    links: tuple[Link, ...]

    @property
    def active(self) -> int:
        """Count the links that are known to be up."""
        return sum(link.is_active is True for link in self.links)


@dataclass(frozen=True, slots=True)
class Fabric:
    """Where a GPU stands in a multi-node NVLink fabric; state 3 is completed, status 0 is good."""

    state: int
    status: int
    cluster: str
    clique: int
    health_mask: int


@dataclass(frozen=True, slots=True)
class RemappedRows:
    """Rows of memory replaced by spare ones, by cause, and whether that is pending or failed."""

    corrected: int
    uncorrected: int
    is_pending: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong or was repaired; `xids` are those seen since watching began."""

    ecc_enabled: Reading[bool]
    ecc_corrected: Reading[int]
    ecc_uncorrected: Reading[int]
    remapped: Reading[RemappedRows]
    pcie_replays: Reading[int]
    xids: Reading[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clocks in MHz and why they are not higher; `gpu_idle` is a reason but no throttling."""

    sm: Reading[int]
    sm_max: Reading[int]
    memory: Reading[int]
    memory_max: Reading[int]
    reasons: Reading[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Thermals:
    """Degrees Celsius; `margin` is the distance to the slowdown limit where the chip tells it."""

    gpu: Reading[int]
    memory: Reading[int]
    margin: Reading[int]


@dataclass(frozen=True, slots=True)
class Power:
    """Power now (one-second average or instant, by chip), its limit, and energy since load."""

    watts: Reading[float]
    limit_watts: Reading[float]
    energy_joules: Reading[float]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which GPU this is. `index` is NVML's, not CUDA's, and may change at a reboot."""

    index: int
    uuid: Reading[str]
    name: Reading[str]
    serial: Reading[str]
    minor: Reading[int]
    pci: Reading[str]
    compute_capability: Reading[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Affinity:
    """Which CPUs and NUMA nodes are near; `gpu_node` only where the GPU is a NUMA node itself."""

    cpus: Reading[tuple[int, ...]]
    host_nodes: Reading[tuple[int, ...]]
    gpu_node: Reading[int]


@dataclass(frozen=True, slots=True)
class MigDevice:
    """A slice of a GPU that a process sees as a whole device."""

    index: int
    uuid: Reading[str]
    name: Reading[str]
    gpu_instance: Reading[int]
    compute_instance: Reading[int]
    memory: Reading[Memory]
    processes: Reading[tuple[GpuProcess, ...]]


@dataclass(frozen=True, slots=True)
class Mig:
    """Whether the GPU is divided, whether that changes at the next reset, and the parts."""

    is_enabled: bool
    is_pending: bool
    devices: tuple[MigDevice, ...]


@dataclass(frozen=True, slots=True)
class Gpu:
    """One reachable GPU at one instant."""

    identity: Identity
    memory: Reading[Memory]
    utilization: Reading[Utilization]
    encoder: Reading[int]
    decoder: Reading[int]
    processes: Reading[tuple[GpuProcess, ...]]
    unattributed: Reading[Unattributed]
    affinity: Affinity
    mig: Reading[Mig]
    nvlinks: Reading[NvLinks]
    fabric: Reading[Fabric]
    health: Health
    clocks: Clocks
    thermals: Thermals
    power: Power


@dataclass(frozen=True, slots=True)
class UnreachableGpu:
    """A GPU that the driver counts and will not talk about; the uuid is from an earlier look."""

    index: int
    uuid: Reading[str]
    why: Missing


SeenGpu: TypeAlias = Gpu | UnreachableGpu


@dataclass(frozen=True, slots=True)
class Instant:
    """When something was read: aware UTC, and a monotonic clock in nanoseconds."""

    wall: datetime
    monotonic_ns: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides how the driver's answers read here: the process, not the GPUs.

    `visible_devices` and the two beside it are the environment variables, None when unset.
    `ram_bytes` is the host's memory, None where it is not known or the GPUs are simulated.
    """

    boot_id: str | None
    ram_bytes: int | None
    pid: int
    pid_namespace: str | None
    in_container: bool
    cuda_library_loaded: bool
    visible_devices: str | None
    nvidia_visible_devices: str | None
    device_order: str | None


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions and surroundings of one snapshot.

    `context_created` says whether the probing process itself holds a CUDA context.
    """

    backend: str
    driver: Reading[str]
    nvml: Reading[str]
    cuda_driver: Reading[int]
    binding: str
    surroundings: Surroundings
    context_created: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All GPUs of the machine at one instant; `matrix[i][j]` is `nvidia-smi topo -m`'s word."""

    taken: Instant
    duration_ns: int
    environment: Environment
    gpus: tuple[SeenGpu, ...]
    matrix: tuple[tuple[str, ...], ...]

    @property
    def reachable(self) -> tuple[Gpu, ...]:
        """List the GPUs that answered."""
        return tuple(gpu for gpu in self.gpus if isinstance(gpu, Gpu))
