"""gpustat and nvitop on the same library: they agree with us, or the difference has a name.

pynvml's own traps, which our driver avoids, are named here as well.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.nvml.libraries import Machine
from tests.probe.conftest import Row

MIB = 2**20

GPUSTAT = """
import json, os, sys
import gpustat
told = {}
for scenario in sys.argv[1:]:
    os.environ["FAKE_NVML"] = scenario
    told[scenario] = gpustat.GPUStatCollection.new_query().jsonify()["gpus"]
print(json.dumps(told, default=str))
"""

NVITOP = """
import json, os, sys
from nvitop import Device, libnvml
def processes(device):
    return [[one.pid, one.gpu_memory(), one.type] for one in device.processes().values()]
def row(device):
    return {
        "name": device.name(), "uuid": device.uuid(), "util": device.gpu_utilization(),
        "total": device.memory_total(), "used": device.memory_used(), "free": device.memory_free(),
        "processes": processes(device),
        "slices": [[m.uuid(), m.memory_total(), m.memory_used()] for m in device.mig_devices()],
    }
told = {}
for scenario in sys.argv[1:]:
    os.environ["FAKE_NVML"] = scenario
    libnvml.nvmlInit()
    told[scenario] = [row(device) for device in Device.all()]
    libnvml.nvmlShutdown()
print(json.dumps(told, default=str))
"""

SCENARIOS = ["h200x8-busy", "h100-mig", "h200x8-lost", "h200x2-denied", "t4x1", "h200x1-forgetful"]


def told(machine: Callable[..., Machine], package: str, code: str) -> dict[str, Any]:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    files = {str(machine(name).scenario): name for name in SCENARIOS}
    done = machine(SCENARIOS[0]).python(code, *files)
    assert done.returncode == 0, done.stderr
    return {files[file]: gpus for file, gpus in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.fixture(scope="module")
def gpustat(machine: Callable[..., Machine]) -> dict[str, Any]:
    return told(machine, "gpustat", GPUSTAT)


@pytest.fixture(scope="module")
def nvitop(machine: Callable[..., Machine]) -> dict[str, Any]:
    return told(machine, "nvitop", NVITOP)


def test_gpustat_agrees_on_identity_memory_load_heat_and_power(
    seen: dict[str, Row], gpustat: dict[str, Any]
) -> None:
    for name in ("h200x8-busy", "t4x1"):
        for ours, theirs in zip(seen[name]["gpus"], gpustat[name], strict=True):
            assert theirs["uuid"] == ours["uuid"]
            assert theirs["name"] == ours["name"]
            assert theirs["memory.total"] == ours["mem"]["total"] // MIB
            assert theirs["memory.used"] == ours["mem"]["used"] // MIB
            assert theirs["utilization.gpu"] == ours["util"]["gpu"]
            assert theirs["temperature.gpu"] == ours["temp"]["gpu"]
            assert theirs["power.draw"] == int(ours["power"]["watts"])


def test_nvitop_agrees_on_total_used_free_and_load(
    seen: dict[str, Row], nvitop: dict[str, Any]
) -> None:
    for name in ("h200x8-busy", "t4x1"):
        for ours, theirs in zip(seen[name]["gpus"], nvitop[name], strict=True):
            assert theirs["uuid"] == ours["uuid"]
            for part in ("total", "used", "free"):
                assert theirs[part] == ours["mem"][part]
            assert theirs["util"] == ours["util"]["gpu"]


def test_nvitop_agrees_on_slices(seen: dict[str, Row], nvitop: dict[str, Any]) -> None:
    ours = seen["h100-mig"]["gpus"][0]["mig"]["devices"]
    theirs = nvitop["h100-mig"][0]["slices"]
    assert theirs == [[one["uuid"], one["mem"]["total"], one["mem"]["used"]] for one in ours]


def test_both_agree_that_a_divided_gpu_has_no_utilization(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    assert seen["h100-mig"]["gpus"][0]["util"] is None
    assert gpustat["h100-mig"][0]["utilization.gpu"] is None
    assert nvitop["h100-mig"][0]["util"] == "N/A"


def test_all_three_know_the_lost_gpu(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    assert seen["h200x8-lost"]["gpus"][5]["why"] == "LOST"
    assert "GPU is lost" in gpustat["h200x8-lost"][5]["name"]
    assert "Lost" in nvitop["h200x8-lost"][5]["name"]


def test_disagreement_gpustats_total_minus_used_is_623_mib_more_than_is_free(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    theirs = gpustat["h200x8-busy"][7]
    derived = theirs["memory.total"] - theirs["memory.used"]
    free = seen["h200x8-busy"]["gpus"][7]["mem"]["free"] // MIB
    assert nvitop["h200x8-busy"][7]["free"] // MIB == free
    assert derived - free == 623


def test_disagreement_gpustat_drops_a_process_whose_pid_is_not_in_our_namespace(
    seen: dict[str, Row], gpustat: dict[str, Any]
) -> None:
    ours = seen["h200x8-busy"]["gpus"]
    assert [process["pid"] for process in ours[4]["procs"]] == [4004]
    assert gpustat["h200x8-busy"][4]["processes"] == []
    assert len(gpustat["h200x8-busy"][1]["processes"]) == len(ours[1]["procs"]) == 1


def test_disagreement_gpustat_shows_a_divided_gpu_as_a_whole(
    seen: dict[str, Row], gpustat: dict[str, Any]
) -> None:
    assert len(seen["h100-mig"]["gpus"][0]["mig"]["devices"]) == 2
    assert len(gpustat["h100-mig"]) == 1
    assert "MIG" not in json.dumps(gpustat["h100-mig"])


def test_disagreement_nobody_else_shows_memory_that_no_process_holds(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    assert seen["h200x8-busy"]["gpus"][7]["unattributed"] == 512 * MIB
    assert gpustat["h200x8-busy"][7]["processes"] == []
    assert nvitop["h200x8-busy"][7]["processes"] == []


def test_disagreement_nvitop_shows_a_denied_list_as_an_empty_one(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    assert seen["h200x2-denied"]["gpus"][1]["procs_reason"] == "NO_PERMISSION"
    assert nvitop["h200x2-denied"][1]["processes"] == []
    assert gpustat["h200x2-denied"][1]["processes"] is None


def test_disagreement_nvitop_writes_n_a_where_we_say_why(
    seen: dict[str, Row], nvitop: dict[str, Any]
) -> None:
    theirs = {pid: memory for pid, memory, _ in nvitop["h200x8-busy"][6]["processes"]}
    ours = {one["pid"]: one for one in seen["h200x8-busy"]["gpus"][6]["procs"]}
    assert theirs[4343] == "N/A"
    assert ours[4343]["mem_reason"] == "HIDDEN"
    assert theirs[4006] == ours[4006]["mem"]


def test_disagreement_a_library_that_forgets_its_processes_shows_as_unattributed_memory(
    seen: dict[str, Row], gpustat: dict[str, Any], nvitop: dict[str, Any]
) -> None:
    gpu = seen["h200x1-forgetful"]["gpus"][0]
    assert gpu["procs"] == []
    assert gpustat["h200x1-forgetful"][0]["processes"] == []
    assert nvitop["h200x1-forgetful"][0]["processes"] == []
    assert gpu["unattributed"] == 9000 * MIB


def test_the_first_version_of_memory_counts_the_reserved_part_as_used(
    seen: dict[str, Row], seen_by_old_driver: dict[str, Row]
) -> None:
    new = seen["h200x1"]["gpus"][0]["mem"]
    old = seen_by_old_driver["h200x1"]["gpus"][0]["mem"]
    assert old["used"] == new["used"] + new["reserved"]
    assert old["free"] == new["free"]


TRAPS = """
import ctypes, pynvml
pynvml.nvmlInit()
device = pynvml.nvmlDeviceGetHandleByIndex(0)
other = pynvml.nvmlDeviceGetHandleByIndex(1)
def kind(act):
    try:
        return repr(act())
    except BaseException as why:
        return type(why).__name__
print(kind(lambda: pynvml.nvmlDeviceGetP2PStatus(device, other, pynvml.NVML_P2P_CAPS_INDEX_READ)))
refused = pynvml.NVMLError(3)
print(kind(lambda: hash(refused)))
print(kind(lambda: refused == ValueError()))
print(pynvml.NVML_NVLINK_MAX_LINKS)
"""


def test_traps_of_the_binding_are_still_there(machine: Callable[..., Machine]) -> None:
    done = machine("h200x2-denied").python(TRAPS)
    tuple_constant, unhashable, badly_compared, most_links = done.stdout.split()
    # The constant is the tuple (0,), errors have no hash and cannot be compared: our driver
    # passes plain numbers, reads an error's code and looks at nothing else.
    assert tuple_constant == "ArgumentError"
    assert unhashable == "TypeError"
    assert badly_compared == "AttributeError"
    # It was 18 and is 36: no reader may count on it.
    assert int(most_links) >= 18


def test_the_old_binding_that_misreads_processes_is_refused(
    machine: Callable[..., Machine],
) -> None:
    code = """
import importlib.metadata as metadata
real = metadata.version
metadata.version = lambda name: "12.535.77" if name == "nvidia-ml-py" else real(name)
from bot.cli.lab_probe import app
app()
"""
    done = machine("h200x1").python(code, "probe")
    assert done.returncode == 2
    assert "12.535.77" in done.stderr
    assert "nvidia-ml-py>=12.560" in done.stderr
    assert len(done.stderr.splitlines()) == 1


BESIDE_GPUSTAT = """
import gpustat
from tests.fakes.nvml.looks import look
import os
print(look(os.environ["FAKE_NVML"])["gpus"][0]["mem"]["free"])
"""


def test_gpustat_in_our_process_does_not_change_what_we_read(
    machine: Callable[..., Machine], seen: dict[str, Row]
) -> None:
    done = machine("h200x1").python(BESIDE_GPUSTAT)
    assert int(done.stdout) == seen["h200x1"]["gpus"][0]["mem"]["free"], done.stderr
