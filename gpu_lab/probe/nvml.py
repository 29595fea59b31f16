"""The machine's own driver through nvidia-ml-py. It never touches CUDA and creates no context.

The library is initialised once and handles of whole GPUs are kept. MIG handles are opened anew at
each look, because the driver may hand a destroyed one to another slice.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import pynvml

from gpu_lab.probe.calls import Argument, Call, Plain
from gpu_lab.probe.driver import missing_for
from gpu_lab.probe.errors import NoDriver, ProbeUnavailable, WrongBinding
from gpu_lab.probe.values import Instant, Missing, Reading, Reason, Surroundings

Answer = TypeVar("Answer")
# A ctypes pointer that pynvml does not type.
Handle: TypeAlias = Any

_INIT_WITHOUT_GPUS = 1
_VERSION_MISMATCH = 25
_CLOSED = Missing(Reason.UNINITIALIZED, 1)
_FORGOTTEN = Missing(Reason.NOT_FOUND, 6)


def open_nvml(surroundings: Surroundings, clock: Callable[[], Instant]) -> Nvml:
    """Load and initialise the library. Raises NoDriver, ProbeUnavailable or WrongBinding."""
    binding = _binding()
    try:
        pynvml.nvmlInitWithFlags(_INIT_WITHOUT_GPUS)
    except pynvml.NVMLError as refused:
        raise _unavailable(refused.value) from refused
    return Nvml(binding, surroundings, clock)


def _unavailable(code: int) -> ProbeUnavailable:
    match code:
        case 12:
            return NoDriver("libnvidia-ml.so.1 is not found")
        case 9:
            return NoDriver("libnvidia-ml.so.1 is here but the kernel driver is not loaded")
        case 4:
            return ProbeUnavailable("no permission to open /dev/nvidiactl")
        case 18:
            return ProbeUnavailable("library and kernel driver have different versions; reboot")
        case _:
            return ProbeUnavailable(f"the library would not start: {missing_for(code)} ({code})")


def _binding() -> str:
    try:
        version = importlib.metadata.version("nvidia-ml-py")
    except importlib.metadata.PackageNotFoundError as absent:
        raise WrongBinding("module pynvml comes from another package") from absent
    # 535.77 reads process lists with a stride of 32 bytes where drivers write 24.
    if tuple(int(part) for part in version.split(".")[:2]) < (12, 560):
        raise WrongBinding(f"version {version} is installed")
    return version


class _UnknownAddress(Exception):
    """No handle is kept under this address."""


class _Handles(dict[str, Handle]):
    """The handles by address."""

    def __missing__(self, address: str) -> Handle:
        raise _UnknownAddress(address)


class Nvml:
    """Answers from libnvidia-ml. Safe from several threads; useless in a forked child, by design.

    A child that inherited the handles gets UNINITIALIZED for every call: open a new one there.
    """

    backend = "nvml"

    def __init__(
        self, binding: str, surroundings: Surroundings, clock: Callable[[], Instant]
    ) -> None:
        self.binding = binding
        self.surroundings = surroundings
        self.instant = clock
        self._handles = _Handles()
        self._events: Handle | None = None
        self._is_open = True
        _open_ones.add(self)

    def ask(self, call: Call[Answer], *arguments: Argument) -> Reading[Answer]:
        """Call the library; its refusal becomes the reason."""
        if not self._is_open:
            return _CLOSED
        handles, ask = self._handles, ANSWERS.get(call.symbol)
        answer: Any
        try:
            if ask is None:
                answer = self._remembering(call.symbol, arguments)
            else:
                answer = ask(*[handles[at] if isinstance(at, str) else at for at in arguments])
        except pynvml.NVMLError as refused:
            answer = missing_for(refused.value)
        except _UnknownAddress:
            answer = _FORGOTTEN
        return cast("Reading[Answer]", answer)

    def close(self) -> None:
        """Free the event set and shut the library down; again is harmless."""
        if self._is_open:
            self.abandon()
            if self._events is not None:
                pynvml.nvmlEventSetFree(self._events)
            pynvml.nvmlShutdown()

    def abandon(self) -> None:
        """Forget the handles without a call: what a forked child must do."""
        self._is_open = False
        self._handles.clear()

    def _remembering(self, symbol: str, arguments: tuple[Argument, ...]) -> Plain:
        match symbol:
            case "nvmlDeviceGetHandleByIndex_v2":
                return self._open(int(arguments[0]))
            case "nvmlDeviceGetMigDeviceHandleByIndex":
                return self._open_mig(str(arguments[0]), int(arguments[1]))
            case "nvmlDeviceRegisterEvents":
                return self._register(str(arguments[0]), int(arguments[1]))
            case "nvmlEventSetWait_v2":
                return self._wait(int(arguments[0]))
            case _:
                return _absent()

    def _open(self, index: int) -> str:
        address = str(index)
        if address not in self._handles:
            self._handles[address] = pynvml.nvmlDeviceGetHandleByIndex(index)
        return address

    def _open_mig(self, parent: str, index: int) -> str:
        address = f"{parent}/{index}"
        self._handles.pop(address, None)
        self._handles[address] = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(
            self._handles[parent], index
        )
        return address

    def _register(self, address: str, types: int) -> int:
        if self._events is None:
            self._events = pynvml.nvmlEventSetCreate()
        pynvml.nvmlDeviceRegisterEvents(self._handles[address], types, self._events)
        return 0

    def _wait(self, milliseconds: int) -> tuple[str, int, int]:
        if self._events is None:
            raise _UnknownAddress("event set")
        event = pynvml.nvmlEventSetWait_v2(self._events, milliseconds)
        return self._address_of(event.device), event.eventType, event.eventData

    def _address_of(self, device: Handle) -> str:
        wanted = ctypes.cast(device, ctypes.c_void_p).value
        for address, handle in self._handles.items():
            if ctypes.cast(handle, ctypes.c_void_p).value == wanted:
                return address
        return ""


_open_ones: weakref.WeakSet[Nvml] = weakref.WeakSet()


def _abandon_all() -> None:
    for driver in tuple(_open_ones):
        driver.abandon()


os.register_at_fork(after_in_child=_abandon_all)


def _absent() -> Plain:
    raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)


def _call(symbol: str, *arguments: Handle) -> None:
    code = pynvml._nvmlGetFunctionPointer(symbol)(*arguments)  # noqa: SLF001 -- its one way in
    if code:
        raise pynvml.NVMLError(code)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _memory(device: Handle) -> Plain:
    # Not pynvml.nvmlDeviceGetMemoryInfo: gpustat, once imported, puts another function there.
    memory = pynvml.c_nvmlMemory_v2_t()
    memory.version = pynvml.nvmlMemory_v2
    _call("nvmlDeviceGetMemoryInfo_v2", device, ctypes.byref(memory))
    return memory.total, memory.reserved, memory.free, memory.used


def _memory_v1(device: Handle) -> Plain:
    memory = pynvml.c_nvmlMemory_t()
    _call("nvmlDeviceGetMemoryInfo", device, ctypes.byref(memory))
    return memory.total, memory.free, memory.used


def _utilization(device: Handle) -> Plain:
    rates = pynvml.nvmlDeviceGetUtilizationRates(device)
    return rates.gpu, rates.memory


_NO_INSTANCE = 0xFFFFFFFF


def _processes(listing: Callable[[Handle], list[Any]]) -> Callable[[Handle], Plain]:
    def rows(device: Handle) -> Plain:
        return tuple(
            (
                row.pid,
                row.usedGpuMemory,
                _instance(row.gpuInstanceId),
                _instance(row.computeInstanceId),
            )
            for row in listing(device)
        )

    return rows


def _instance(number: int | None) -> int | None:
    return None if number == _NO_INSTANCE else number


_FIELD_MEMBERS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")


def _fields(device: Handle, *numbers: int) -> Plain:
    return tuple(
        (field.nvmlReturn, getattr(field.value, _FIELD_MEMBERS[field.valueType]))
        for field in pynvml.nvmlDeviceGetFieldValues(device, list(numbers))
    )


def _fabric(device: Handle) -> Plain:
    try:
        seen = _fabric_as(device, pynvml.c_nvmlGpuFabricInfo_v3_t())
    except pynvml.NVMLError as refused:
        if refused.value != _VERSION_MISMATCH:
            raise
        seen = _fabric_as(device, pynvml.c_nvmlGpuFabricInfo_v2_t())
    return seen


def _fabric_as(device: Handle, seen: Any) -> Plain:  # noqa: ANN401 -- an untyped ctypes structure
    pynvml.nvmlDeviceGetGpuFabricInfoV(device, ctypes.byref(seen))
    cluster = bytes(seen.clusterUuid).hex()
    return seen.state, seen.status, cluster, seen.cliqueId, seen.healthMask


def _temperature(device: Handle) -> Plain:
    ask = getattr(pynvml, "nvmlDeviceGetTemperatureV", None)
    return _absent() if ask is None else cast("int", ask(device, pynvml.NVML_TEMPERATURE_GPU))


def _margin(device: Handle) -> Plain:
    ask = getattr(pynvml, "nvmlDeviceGetMarginTemperature", None)
    return _absent() if ask is None else cast("int", ask(device))


ANSWERS: dict[str, Callable[..., Plain]] = {
    "nvmlSystemGetDriverVersion": lambda: _text(pynvml.nvmlSystemGetDriverVersion()),
    "nvmlSystemGetNVMLVersion": lambda: _text(pynvml.nvmlSystemGetNVMLVersion()),
    "nvmlSystemGetCudaDriverVersion_v2": pynvml.nvmlSystemGetCudaDriverVersion_v2,
    "nvmlDeviceGetCount_v2": pynvml.nvmlDeviceGetCount,
    "nvmlDeviceGetUUID": lambda device: _text(pynvml.nvmlDeviceGetUUID(device)),
    "nvmlDeviceGetName": lambda device: _text(pynvml.nvmlDeviceGetName(device)),
    "nvmlDeviceGetSerial": lambda device: _text(pynvml.nvmlDeviceGetSerial(device)),
    "nvmlDeviceGetMinorNumber": pynvml.nvmlDeviceGetMinorNumber,
    "nvmlDeviceGetPciInfo_v3": lambda device: _text(pynvml.nvmlDeviceGetPciInfo_v3(device).busId),
    "nvmlDeviceGetCudaComputeCapability": lambda device: tuple(
        pynvml.nvmlDeviceGetCudaComputeCapability(device)
    ),
    "nvmlDeviceGetMemoryInfo_v2": _memory,
    "nvmlDeviceGetMemoryInfo": _memory_v1,
    "nvmlDeviceGetUtilizationRates": _utilization,
    "nvmlDeviceGetEncoderUtilization": lambda device: pynvml.nvmlDeviceGetEncoderUtilization(
        device
    )[0],
    "nvmlDeviceGetDecoderUtilization": lambda device: pynvml.nvmlDeviceGetDecoderUtilization(
        device
    )[0],
    "nvmlDeviceGetComputeRunningProcesses_v3": _processes(
        pynvml.nvmlDeviceGetComputeRunningProcesses_v3
    ),
    "nvmlDeviceGetComputeRunningProcesses_v2": _processes(
        pynvml.nvmlDeviceGetComputeRunningProcesses_v2
    ),
    "nvmlDeviceGetGraphicsRunningProcesses_v3": _processes(
        pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3
    ),
    "nvmlDeviceGetMPSComputeRunningProcesses_v3": _processes(
        pynvml.nvmlDeviceGetMPSComputeRunningProcesses_v3
    ),
    "nvmlDeviceGetFieldValues": _fields,
    "nvmlDeviceGetNvLinkState": pynvml.nvmlDeviceGetNvLinkState,
    "nvmlDeviceGetNvLinkVersion": pynvml.nvmlDeviceGetNvLinkVersion,
    "nvmlDeviceGetNvLinkRemoteDeviceType": pynvml.nvmlDeviceGetNvLinkRemoteDeviceType,
    "nvmlDeviceGetNvLinkRemotePciInfo_v2": lambda device, link: _text(
        pynvml.nvmlDeviceGetNvLinkRemotePciInfo(device, link).busId
    ),
    "nvmlDeviceGetGpuFabricInfoV": _fabric,
    "nvmlDeviceGetTopologyCommonAncestor": pynvml.nvmlDeviceGetTopologyCommonAncestor,
    "nvmlDeviceGetP2PStatus": pynvml.nvmlDeviceGetP2PStatus,
    "nvmlDeviceGetCpuAffinity": lambda device, words: tuple(
        pynvml.nvmlDeviceGetCpuAffinity(device, words)
    ),
    "nvmlDeviceGetMemoryAffinity": lambda device, words, scope: tuple(
        pynvml.nvmlDeviceGetMemoryAffinity(device, words, scope)
    ),
    "nvmlDeviceGetNumaNodeId": pynvml.nvmlDeviceGetNumaNodeId,
    "nvmlDeviceGetMigMode": lambda device: tuple(pynvml.nvmlDeviceGetMigMode(device)),
    "nvmlDeviceGetMaxMigDeviceCount": pynvml.nvmlDeviceGetMaxMigDeviceCount,
    "nvmlDeviceGetGpuInstanceId": pynvml.nvmlDeviceGetGpuInstanceId,
    "nvmlDeviceGetComputeInstanceId": pynvml.nvmlDeviceGetComputeInstanceId,
    "nvmlDeviceGetEccMode": lambda device: tuple(pynvml.nvmlDeviceGetEccMode(device)),
    "nvmlDeviceGetTotalEccErrors": pynvml.nvmlDeviceGetTotalEccErrors,
    "nvmlDeviceGetRemappedRows": lambda device: tuple(pynvml.nvmlDeviceGetRemappedRows(device)),
    "nvmlDeviceGetPcieReplayCounter": pynvml.nvmlDeviceGetPcieReplayCounter,
    "nvmlDeviceGetTemperatureV": _temperature,
    "nvmlDeviceGetTemperature": lambda device: pynvml.nvmlDeviceGetTemperature(
        device, pynvml.NVML_TEMPERATURE_GPU
    ),
    "nvmlDeviceGetMarginTemperature": _margin,
    "nvmlDeviceGetPowerUsage": pynvml.nvmlDeviceGetPowerUsage,
    "nvmlDeviceGetEnforcedPowerLimit": pynvml.nvmlDeviceGetEnforcedPowerLimit,
    "nvmlDeviceGetTotalEnergyConsumption": pynvml.nvmlDeviceGetTotalEnergyConsumption,
    "nvmlDeviceGetClockInfo": pynvml.nvmlDeviceGetClockInfo,
    "nvmlDeviceGetMaxClockInfo": pynvml.nvmlDeviceGetMaxClockInfo,
    "nvmlDeviceGetCurrentClocksEventReasons": pynvml.nvmlDeviceGetCurrentClocksEventReasons,
    "nvmlDeviceGetCurrentClocksThrottleReasons": pynvml.nvmlDeviceGetCurrentClocksThrottleReasons,
}
