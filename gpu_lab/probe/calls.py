"""Every call that the probe makes, by its C symbol, with the type of its answer.

Answers are plain tuples of numbers and words, so that a tape can hold them. Nothing is called
here. The first argument of a device call is an address: "3" is the GPU of index 3, "3/1" its
second MIG device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

Answer_co = TypeVar("Answer_co", covariant=True)
Plain: TypeAlias = bool | int | float | str | tuple["Plain", ...] | None
Argument: TypeAlias = int | str
ProcessRow: TypeAlias = tuple[int, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer_co]):
    """One function of the library."""

    symbol: str


DRIVER_VERSION: Call[str] = Call("nvmlSystemGetDriverVersion")
NVML_VERSION: Call[str] = Call("nvmlSystemGetNVMLVersion")
CUDA_VERSION: Call[int] = Call("nvmlSystemGetCudaDriverVersion_v2")

COUNT: Call[int] = Call("nvmlDeviceGetCount_v2")
OPEN: Call[str] = Call("nvmlDeviceGetHandleByIndex_v2")

UUID: Call[str] = Call("nvmlDeviceGetUUID")
NAME: Call[str] = Call("nvmlDeviceGetName")
SERIAL: Call[str] = Call("nvmlDeviceGetSerial")
MINOR: Call[int] = Call("nvmlDeviceGetMinorNumber")
PCI: Call[str] = Call("nvmlDeviceGetPciInfo_v3")
COMPUTE_CAPABILITY: Call[tuple[int, int]] = Call("nvmlDeviceGetCudaComputeCapability")

# (total, reserved, free, used) and, before 510, (total, free, used).
MEMORY: Call[tuple[int, int, int, int]] = Call("nvmlDeviceGetMemoryInfo_v2")
MEMORY_V1: Call[tuple[int, int, int]] = Call("nvmlDeviceGetMemoryInfo")
UTILIZATION: Call[tuple[int, int]] = Call("nvmlDeviceGetUtilizationRates")
ENCODER: Call[int] = Call("nvmlDeviceGetEncoderUtilization")
DECODER: Call[int] = Call("nvmlDeviceGetDecoderUtilization")

# Rows of (pid, bytes or None when not told, GPU instance, compute instance).
COMPUTE_PROCESSES: Call[tuple[ProcessRow, ...]] = Call("nvmlDeviceGetComputeRunningProcesses_v3")
# Drivers from 450 to 510 know only this one.
COMPUTE_PROCESSES_V2: Call[tuple[ProcessRow, ...]] = Call("nvmlDeviceGetComputeRunningProcesses_v2")
GRAPHICS_PROCESSES: Call[tuple[ProcessRow, ...]] = Call("nvmlDeviceGetGraphicsRunningProcesses_v3")
MPS_PROCESSES: Call[tuple[ProcessRow, ...]] = Call("nvmlDeviceGetMPSComputeRunningProcesses_v3")

# (address, field id, ...) -> (return code, value) for each field.
FIELDS: Call[tuple[tuple[int, int | float], ...]] = Call("nvmlDeviceGetFieldValues")
FIELD_MEMORY_TEMPERATURE = 82
FIELD_LINK_COUNT = 91

LINK_STATE: Call[int] = Call("nvmlDeviceGetNvLinkState")
LINK_VERSION: Call[int] = Call("nvmlDeviceGetNvLinkVersion")
LINK_REMOTE: Call[int] = Call("nvmlDeviceGetNvLinkRemoteDeviceType")
LINK_PEER: Call[str] = Call("nvmlDeviceGetNvLinkRemotePciInfo_v2")
# (state, status, cluster uuid as hex, clique, health mask)
FABRIC: Call[tuple[int, int, str, int, int]] = Call("nvmlDeviceGetGpuFabricInfoV")

COMMON_ANCESTOR: Call[int] = Call("nvmlDeviceGetTopologyCommonAncestor")
P2P_STATUS: Call[int] = Call("nvmlDeviceGetP2PStatus")
P2P_NVLINK = 2

# Words of 64 bits, lowest CPU or node first.
CPU_AFFINITY: Call[tuple[int, ...]] = Call("nvmlDeviceGetCpuAffinity")
MEMORY_AFFINITY: Call[tuple[int, ...]] = Call("nvmlDeviceGetMemoryAffinity")
NUMA_NODE: Call[int] = Call("nvmlDeviceGetNumaNodeId")
AFFINITY_WORDS = 16
NODE_SCOPE = 0

MIG_MODE: Call[tuple[int, int]] = Call("nvmlDeviceGetMigMode")
MIG_MAXIMUM: Call[int] = Call("nvmlDeviceGetMaxMigDeviceCount")
MIG_OPEN: Call[str] = Call("nvmlDeviceGetMigDeviceHandleByIndex")
GPU_INSTANCE: Call[int] = Call("nvmlDeviceGetGpuInstanceId")
COMPUTE_INSTANCE: Call[int] = Call("nvmlDeviceGetComputeInstanceId")

ECC_MODE: Call[tuple[int, int]] = Call("nvmlDeviceGetEccMode")
ECC_TOTAL: Call[int] = Call("nvmlDeviceGetTotalEccErrors")
ECC_CORRECTED, ECC_UNCORRECTED = 0, 1
ECC_SINCE_RESET = 0
REMAPPED_ROWS: Call[tuple[int, int, int, int]] = Call("nvmlDeviceGetRemappedRows")
PCIE_REPLAYS: Call[int] = Call("nvmlDeviceGetPcieReplayCounter")

TEMPERATURE: Call[int] = Call("nvmlDeviceGetTemperatureV")
TEMPERATURE_V1: Call[int] = Call("nvmlDeviceGetTemperature")
MARGIN: Call[int] = Call("nvmlDeviceGetMarginTemperature")
POWER: Call[int] = Call("nvmlDeviceGetPowerUsage")
POWER_LIMIT: Call[int] = Call("nvmlDeviceGetEnforcedPowerLimit")
ENERGY: Call[int] = Call("nvmlDeviceGetTotalEnergyConsumption")
CLOCK: Call[int] = Call("nvmlDeviceGetClockInfo")
CLOCK_MAXIMUM: Call[int] = Call("nvmlDeviceGetMaxClockInfo")
CLOCK_SM, CLOCK_MEMORY = 1, 2
CLOCK_REASONS: Call[int] = Call("nvmlDeviceGetCurrentClocksEventReasons")
CLOCK_REASONS_OLD: Call[int] = Call("nvmlDeviceGetCurrentClocksThrottleReasons")

EVENT_REGISTER: Call[int] = Call("nvmlDeviceRegisterEvents")
# (milliseconds) -> (address, event type, code); TIMED_OUT is the normal end of a quiet wait.
EVENT_WAIT: Call[tuple[str, int, int]] = Call("nvmlEventSetWait_v2")
EVENT_XID = 0x8
