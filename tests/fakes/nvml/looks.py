"""Run as a child with the fake library on its path: look at each scenario, print what was seen."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime

from gpu_lab.probe import Instant, Probe, ProbeUnavailable, Recorder, read_surroundings
from gpu_lab.probe.nvml import open_nvml
from gpu_lab.probe.snapshot_json import snapshot_row
from gpu_lab.probe.tape import Entry, entry_row, header_row


def instant() -> Instant:
    return Instant(datetime.now(UTC), time.monotonic_ns())


def look(scenario: str) -> dict[str, object]:
    os.environ["FAKE_NVML"] = scenario
    entries: list[Entry] = []
    try:
        driver = open_nvml(read_surroundings(os.environ), instant)
    except ProbeUnavailable as why:
        return {"refused": str(why), "kind": type(why).__name__}
    with Probe(Recorder(driver, entries.append, time.perf_counter_ns)) as probe:
        snapshot = probe.snapshot()
    tape = [entry_row(entry) for entry in entries]
    return snapshot_row(snapshot, header_row(driver), tape)


if __name__ == "__main__":
    print(json.dumps({scenario: look(scenario) for scenario in sys.argv[1:]}))
