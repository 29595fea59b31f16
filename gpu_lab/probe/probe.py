"""Looking at the machine again and again through one open driver. It decides nothing.

`Probe` belongs to a thread that may wait; `ProbeThread` is that thread for code that may not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from gpu_lab.probe import calls as c
from gpu_lab.probe.driver import Driver
from gpu_lab.probe.errors import LoopWouldStall, ProbeUnavailable
from gpu_lab.probe.reading import Xids, open_gpus, read_environment, read_gpus, read_matrix
from gpu_lab.probe.values import Gpu, Instant, Missing, Reading, Snapshot


class Probe:
    """One open driver with what must be remembered between looks: uuids and events."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._uuids: dict[int, str] = {}
        self._watched: dict[str, Reading[int]] = {}
        self._xids: dict[str, list[int]] = {}

    def snapshot(self) -> Snapshot:
        """Read all GPUs now. Raises ProbeUnavailable when not even their number is known."""
        _refuse_event_loop()
        begun = self._driver.instant()
        opened = open_gpus(self._driver)
        if isinstance(opened, Missing):
            raise ProbeUnavailable(f"the driver does not count its GPUs: {opened}")
        addresses = [at for at in opened if isinstance(at, str)]
        gpus = read_gpus(self._driver, opened, self._uuids, self._xids_of(addresses))
        self._remember(gpu for gpu in gpus if isinstance(gpu, Gpu))
        matrix = read_matrix(self._driver, gpus)
        environment = read_environment(self._driver, gpus)
        return Snapshot(begun, self._since(begun), environment, gpus, matrix)

    def close(self) -> None:
        """Let go of the driver."""
        self._driver.close()

    def __enter__(self) -> Probe:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _since(self, begun: Instant) -> int:
        return self._driver.instant().monotonic_ns - begun.monotonic_ns

    def _remember(self, gpus: Iterable[Gpu]) -> None:
        for gpu in gpus:
            if not isinstance(gpu.identity.uuid, Missing):
                self._uuids[gpu.identity.index] = gpu.identity.uuid

    def _xids_of(self, addresses: list[str]) -> dict[str, Xids]:
        for at in addresses:
            if at not in self._watched:
                self._watched[at] = self._driver.ask(c.EVENT_REGISTER, at, c.EVENT_XID)
        while self._take_event():
            pass
        return {at: self._heard(at) for at in addresses}

    def _heard(self, address: str) -> Xids:
        refused = self._watched[address]
        return refused if isinstance(refused, Missing) else tuple(self._xids.get(address, ()))

    def _take_event(self) -> bool:
        event = self._driver.ask(c.EVENT_WAIT, 0)
        if isinstance(event, Missing):
            return False
        address, kind, code = event
        if kind == c.EVENT_XID:
            self._xids.setdefault(address, []).append(code)
        return True


def _refuse_event_loop() -> None:
    # Only a process that has loaded asyncio can be running a loop; the probe must not load it.
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise LoopWouldStall


class ProbeThread:
    """A probe on a thread of its own, opened there: `await asyncio.wrap_future(it.snapshot())`."""

    def __init__(self, open_driver: Callable[[], Driver]) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._probe = self._thread.submit(lambda: Probe(open_driver()))

    def snapshot(self) -> Future[Snapshot]:
        """Promise a snapshot; the error of opening the driver arrives here as well."""
        return self._thread.submit(lambda: self._probe.result().snapshot())

    def close(self) -> None:
        """Close the driver on its thread and end the thread."""
        self._thread.submit(self._close_if_open).result()
        self._thread.shutdown()

    def _close_if_open(self) -> None:
        if self._probe.exception() is None:
            self._probe.result().close()
