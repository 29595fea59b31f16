"""A snapshot for Prometheus: our own names in base units, and DCGM's names beside them.

A value that is missing has no sample; touchbase_gpu_missing says which and why. DCGM's names are
a compatibility view (units as dcgm-exporter has them: MiB, MHz, watts, mJ), not a claim to be DCGM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gpu_lab.probe.values import (
    Gpu,
    Memory,
    Mig,
    MigDevice,
    Missing,
    Reading,
    RemappedRows,
    Snapshot,
    Unattributed,
    UnreachableGpu,
    Utilization,
)

MIB = 2**20
LABELS = ("gpu", "UUID", "pci_bus_id", "device", "modelName", "GPU_I_PROFILE", "GPU_I_ID")
OWN_LABELS = ("gpu", "uuid")
Number = Reading[int] | Reading[float]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric: its name and help, whether it only grows, and how it is read from a GPU."""

    name: str
    help: str
    is_counter: bool
    read: Callable[[Gpu], Number]


def _of_memory(part: Callable[[Memory], Number]) -> Callable[[Gpu], Number]:
    return lambda gpu: gpu.memory if isinstance(gpu.memory, Missing) else part(gpu.memory)


def _in_mib(part: Callable[[Memory], Reading[int]]) -> Callable[[Memory], Number]:
    def whole(memory: Memory) -> Number:
        amount = part(memory)
        return amount if isinstance(amount, Missing) else amount // MIB

    return whole


def _of_rates(part: Callable[[Utilization], int]) -> Callable[[Gpu], Number]:
    return lambda gpu: (
        gpu.utilization if isinstance(gpu.utilization, Missing) else part(gpu.utilization)
    )


def _of_rows(part: Callable[[RemappedRows], int]) -> Callable[[Gpu], Number]:
    return lambda gpu: (
        gpu.health.remapped
        if isinstance(gpu.health.remapped, Missing)
        else part(gpu.health.remapped)
    )


def _last_xid(gpu: Gpu) -> Number:
    xids = gpu.health.xids
    if isinstance(xids, Missing):
        return xids
    # dcgm-exporter too says 0 for "none yet"; there is no Xid 0.
    return xids[-1] if xids else 0


def _millijoules(gpu: Gpu) -> Number:
    joules = gpu.power.energy_joules
    return joules if isinstance(joules, Missing) else joules * 1000


def _unattributed(gpu: Gpu) -> Number:
    left = gpu.unattributed
    return left.memory if isinstance(left, Unattributed) else left


DCGM: tuple[Series, ...] = (
    Series("DCGM_FI_DEV_SM_CLOCK", "SM clock (MHz).", False, lambda gpu: gpu.clocks.sm),
    Series("DCGM_FI_DEV_MEM_CLOCK", "Memory clock (MHz).", False, lambda gpu: gpu.clocks.memory),
    Series("DCGM_FI_DEV_GPU_TEMP", "GPU temperature (C).", False, lambda gpu: gpu.thermals.gpu),
    Series(
        "DCGM_FI_DEV_MEMORY_TEMP", "Memory temperature (C).", False, lambda gpu: gpu.thermals.memory
    ),
    Series("DCGM_FI_DEV_POWER_USAGE", "Power draw (W).", False, lambda gpu: gpu.power.watts),
    Series("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Energy (mJ).", True, _millijoules),
    Series(
        "DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "PCIe retries.", True, lambda g: g.health.pcie_replays
    ),
    Series("DCGM_FI_DEV_GPU_UTIL", "GPU utilization (%).", False, _of_rates(lambda r: r.gpu)),
    Series(
        "DCGM_FI_DEV_MEM_COPY_UTIL", "Memory utilization (%).", False, _of_rates(lambda r: r.memory)
    ),
    Series("DCGM_FI_DEV_ENC_UTIL", "Encoder utilization (%).", False, lambda gpu: gpu.encoder),
    Series("DCGM_FI_DEV_DEC_UTIL", "Decoder utilization (%).", False, lambda gpu: gpu.decoder),
    Series("DCGM_FI_DEV_XID_ERRORS", "Last Xid.", False, _last_xid),
    Series(
        "DCGM_FI_DEV_FB_FREE", "Free memory (MiB).", False, _of_memory(_in_mib(lambda m: m.free))
    ),
    Series(
        "DCGM_FI_DEV_FB_USED", "Used memory (MiB).", False, _of_memory(_in_mib(lambda m: m.used))
    ),
    Series(
        "DCGM_FI_DEV_FB_RESERVED",
        "Reserved memory (MiB).",
        False,
        _of_memory(_in_mib(lambda m: m.reserved)),
    ),
    Series(
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        "Rows remapped for uncorrectable errors.",
        True,
        _of_rows(lambda rows: rows.uncorrected),
    ),
    Series(
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
        "Rows remapped for correctable errors.",
        True,
        _of_rows(lambda rows: rows.corrected),
    ),
    Series(
        "DCGM_FI_DEV_ROW_REMAP_FAILURE",
        "Whether remapping of rows has failed.",
        False,
        _of_rows(lambda rows: int(rows.has_failed)),
    ),
)
# What a MIG slice answers for itself; the rest belongs to the whole GPU.
SLICED = {"DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_RESERVED"}

OWN: tuple[Series, ...] = (
    Series("touchbase_gpu_memory_total_bytes", "Memory.", False, _of_memory(lambda m: m.total)),
    Series(
        "touchbase_gpu_memory_reserved_bytes",
        "Memory kept by driver and firmware.",
        False,
        _of_memory(lambda m: m.reserved),
    ),
    Series(
        "touchbase_gpu_memory_used_bytes", "Memory in use.", False, _of_memory(lambda m: m.used)
    ),
    Series("touchbase_gpu_memory_free_bytes", "Free memory.", False, _of_memory(lambda m: m.free)),
    Series(
        "touchbase_gpu_memory_unattributed_bytes",
        "Memory in use that no listed process holds.",
        False,
        _unattributed,
    ),
    Series("touchbase_gpu_power_watts", "Power.", False, lambda gpu: gpu.power.watts),
    Series("touchbase_gpu_energy_joules", "Energy.", True, lambda gpu: gpu.power.energy_joules),
)


def metrics(snapshot: Snapshot, hostname: str) -> Iterator[Metric]:
    """Yield all metrics of a snapshot, DCGM's names first."""
    for series in DCGM:
        yield _family(series, (*LABELS, "hostname"), _dcgm_samples(series, snapshot, hostname))
    for series in OWN:
        yield _family(series, OWN_LABELS, _own_samples(series, snapshot))
    yield _xid_counts(snapshot, hostname)
    yield _reachable(snapshot)
    yield _missing(snapshot)


Samples = Iterable[tuple[list[str], float]]


def _family(series: Series, labels: tuple[str, ...], samples: Samples) -> Metric:
    kind = CounterMetricFamily if series.is_counter else GaugeMetricFamily
    family = kind(series.name, series.help, labels=labels)
    for values, number in samples:
        # Counters of DCGM have no _total suffix; add_sample keeps the name as it is.
        name = series.name if series.name.startswith("DCGM") else _suffixed(series)
        family.add_sample(name, dict(zip(labels, values, strict=True)), number)
    return family


def _suffixed(series: Series) -> str:
    return f"{series.name}_total" if series.is_counter else series.name


def _dcgm_samples(series: Series, snapshot: Snapshot, hostname: str) -> Samples:
    for gpu in snapshot.reachable:
        number = series.read(gpu)
        if not isinstance(number, Missing):
            yield [*_dcgm_labels(gpu), "", "", hostname], number
        if series.name in SLICED and isinstance(gpu.mig, Mig):
            yield from _slice_samples(series, gpu, gpu.mig, hostname)


def _slice_samples(series: Series, gpu: Gpu, mig: Mig, hostname: str) -> Samples:
    for device in mig.devices:
        number = _slice_memory(series, device)
        if not isinstance(number, Missing):
            profile = str(device.name).rpartition("MIG ")[2]
            yield [*_dcgm_labels(gpu), profile, str(device.gpu_instance), hostname], number


def _slice_memory(series: Series, device: MigDevice) -> Number:
    if isinstance(device.memory, Missing):
        return device.memory
    memory = device.memory
    amounts = {"FREE": memory.free, "USED": memory.used, "RESERVED": memory.reserved}
    amount = amounts[series.name.rpartition("_")[2]]
    return amount if isinstance(amount, Missing) else amount // MIB


def _dcgm_labels(gpu: Gpu) -> list[str]:
    who = gpu.identity
    words = (str(who.index), who.uuid, who.pci, f"nvidia{_told(who.minor)}", who.name)
    return [_told(word) for word in words]


def _told(value: object) -> str:
    return "" if isinstance(value, Missing) else str(value)


def _own_samples(series: Series, snapshot: Snapshot) -> Samples:
    for gpu in snapshot.reachable:
        number = series.read(gpu)
        if not isinstance(number, Missing):
            yield [str(gpu.identity.index), _told(gpu.identity.uuid)], number


def _xid_counts(snapshot: Snapshot, hostname: str) -> Metric:
    family = GaugeMetricFamily(
        "DCGM_EXP_XID_ERRORS_COUNT",
        "Xids seen since watching began.",
        labels=(*LABELS, "hostname", "xid"),
    )
    for gpu in snapshot.reachable:
        if not isinstance(gpu.health.xids, Missing):
            for code, times in Counter(gpu.health.xids).items():
                family.add_metric([*_dcgm_labels(gpu), "", "", hostname, str(code)], times)
    return family


def _reachable(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily(
        "touchbase_gpu_reachable", "1 when the GPU answers.", labels=OWN_LABELS
    )
    for gpu in snapshot.gpus:
        if isinstance(gpu, UnreachableGpu):
            family.add_metric([str(gpu.index), _told(gpu.uuid)], 0)
        else:
            family.add_metric([str(gpu.identity.index), _told(gpu.identity.uuid)], 1)
    return family


def _missing(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily(
        "touchbase_gpu_missing",
        "1 for each value that the driver does not give, with the reason.",
        labels=(*OWN_LABELS, "value", "reason"),
    )
    for gpu in snapshot.reachable:
        for series in (*DCGM, *OWN):
            number = series.read(gpu)
            if isinstance(number, Missing):
                who = [str(gpu.identity.index), _told(gpu.identity.uuid)]
                family.add_metric([*who, series.name, number.reason.value], 1)
    return family


class SnapshotCollector(Collector):
    """Takes a snapshot whenever Prometheus asks; on the server's thread, never an event loop's."""

    def __init__(self, take: Callable[[], Snapshot], hostname: str) -> None:
        self._take = take
        self._hostname = hostname
        # The server has a thread for each request; a probe remembers between looks.
        self._one_at_a_time = Lock()

    def collect(self) -> Iterable[Metric]:
        """Look now."""
        with self._one_at_a_time:
            snapshot = self._take()
        return metrics(snapshot, self._hostname)

    def describe(self) -> Iterable[Metric]:
        """Say nothing at registration, so that registering does not look."""
        return ()


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it listens, and how to end it."""

    port: int
    stop: Callable[[], None]


def serve(take: Callable[[], Snapshot], hostname: str, port: int, address: str) -> Served:
    """Answer Prometheus on a thread; port 0 takes a free one. Raises OSError if it is taken."""
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(take, hostname))
    server, thread = start_http_server(port, addr=address, registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return Served(server.server_port, stop)
