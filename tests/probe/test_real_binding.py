"""The real pynvml on a fake driver library: what our probe makes of each scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_lab.probe import Probe, Replay
from gpu_lab.probe.scripts import after, parse_scenario
from gpu_lab.probe.simulated import healthy_node
from gpu_lab.probe.snapshot_json import snapshot_row, snapshot_text
from gpu_lab.probe.tape import parse_tape
from tests.fakes.nvml.libraries import Libraries, Machine
from tests.fakes.nvml.scenario import scenario_text
from tests.probe.conftest import Row, looked
from tests.probe.machines import simulator

MIB = 2**20
NAMED = ["h200x8-busy", "h200x1", "h100-mig", "gb200x4", "t4x1", "h200x8-lost", "h200x2-denied"]


def reachable(row: Row) -> list[Row]:
    return [gpu for gpu in row["gpus"] if gpu["reachable"]]


def test_every_scenario_is_read(seen: dict[str, Row]) -> None:
    assert set(NAMED) <= set(seen)
    counts = {name: len(seen[name]["gpus"]) for name in NAMED}
    assert counts == dict(zip(NAMED, (8, 1, 1, 4, 1, 8, 2), strict=True))


@pytest.mark.parametrize("name", NAMED)
def test_total_is_reserved_and_used_and_free(seen: dict[str, Row], name: str) -> None:
    for gpu in reachable(seen[name]):
        memory = gpu["mem"]
        assert memory["api"] == "v2"
        assert memory["total"] == memory["reserved"] + memory["used"] + memory["free"]


def test_free_is_the_drivers_free_and_not_total_minus_used(seen: dict[str, Row]) -> None:
    memory = seen["h200x1"]["gpus"][0]["mem"]
    assert memory["free"] == 143148 * MIB
    assert memory["total"] - memory["used"] == 143771 * MIB


def test_memory_of_nobody_listed_is_told_apart(seen: dict[str, Row]) -> None:
    gpus = seen["h200x8-busy"]["gpus"]
    assert [gpu["unattributed"] // MIB for gpu in gpus] == [0, 0, 0, 0, 0, 0, 0, 512]
    assert gpus[7]["procs"] == []


def test_a_process_that_does_not_tell_its_memory_has_a_reason(seen: dict[str, Row]) -> None:
    gpu = seen["h200x8-busy"]["gpus"][6]
    untold = next(process for process in gpu["procs"] if process["pid"] == 4343)
    assert untold == {"pid": 4343, "kind": "C", "mem": None, "mem_reason": "HIDDEN"}
    assert gpu["unattributed_is_upper_bound"] is True


def test_slices_are_devices_of_their_own_and_fit_into_their_gpu(seen: dict[str, Row]) -> None:
    gpu = seen["h100-mig"]["gpus"][0]
    slices = gpu["mig"]["devices"]
    assert [part["name"].rpartition(" ")[2] for part in slices] == ["3g.40gb", "2g.20gb"]
    assert all(part["uuid"].startswith("MIG-") for part in slices)
    assert sum(part["mem"]["total"] for part in slices) <= gpu["mem"]["total"]
    assert slices[0]["procs"][0]["mem"] == slices[0]["mem"]["used"] == 9500 * MIB
    assert (gpu["util"], gpu["util_reason"]) == (None, "NOT_SUPPORTED")


def test_a_gpu_that_is_a_numa_node_says_which(seen: dict[str, Row]) -> None:
    gpus = seen["gb200x4"]["gpus"]
    assert [gpu["numa"]["gpu"] for gpu in gpus] == [2, 10, 18, 26]
    assert gpus[0]["pci"] == "00000008:01:00.0"
    assert {gpu["fabric"]["state"] for gpu in gpus} == {3}
    assert gpus[0]["cpus"] == "0-71"
    card = seen["h200x1"]["gpus"][0]["numa"]
    assert (card["gpu"], card["gpu_reason"]) == (None, "NOT_SUPPORTED")


def test_what_a_t4_lacks_is_not_supported_rather_than_zero(seen: dict[str, Row]) -> None:
    gpu = seen["t4x1"]["gpus"][0]
    for name in ("mig", "nvlink", "fabric"):
        assert (gpu[name], gpu[f"{name}_reason"]) == (None, "NOT_SUPPORTED")
    assert gpu["health"]["remap_reason"] == "NOT_SUPPORTED"
    assert gpu["temp"]["mem_reason"] == "NOT_SUPPORTED"


def test_a_lost_gpu_is_unreachable_and_the_others_are_read(seen: dict[str, Row]) -> None:
    row = seen["h200x8-lost"]
    lost = row["gpus"][5]
    assert lost == {
        "index": 5,
        "reachable": False,
        "why": "LOST",
        "uuid": None,
        "uuid_reason": "LOST",
    }
    assert len(reachable(row)) == 7
    assert row["matrix"][5] == ["?", "?", "?", "?", "?", "X", "?", "?"]
    assert row["matrix"][0][1] == "NV18"


def test_a_gpu_lost_in_the_middle_of_a_look_is_not_half_reported(seen: dict[str, Row]) -> None:
    first, second = seen["h200x2-lost-midway"]["gpus"]
    assert first["reachable"]
    assert (second["reachable"], second["why"]) == (False, "LOST")
    assert second["uuid"].startswith("GPU-")


def test_a_denied_list_is_no_empty_list(seen: dict[str, Row]) -> None:
    allowed, denied = seen["h200x2-denied"]["gpus"]
    assert len(allowed["procs"]) == 1
    assert (denied["procs"], denied["procs_reason"]) == (None, "NO_PERMISSION")
    assert (denied["unattributed"], denied["unattributed_reason"]) == (None, "NO_PERMISSION")
    assert denied["mem"]["used"] == 30000 * MIB


def test_an_old_driver_names_its_absent_symbols(seen_by_old_driver: dict[str, Row]) -> None:
    gpu = seen_by_old_driver["h200x1"]["gpus"][0]
    memory = gpu["mem"]
    assert (memory["api"], memory["reserved_reason"]) == ("v1", "ABSENT_SYMBOL")
    assert memory["free"] == 143148 * MIB
    assert memory["total"] == memory["used"] + memory["free"]
    assert gpu["fabric_reason"] == "ABSENT_SYMBOL"
    assert gpu["temp"]["gpu"] == 32
    assert gpu["clocks"]["reasons"] == ["gpu_idle"]


def test_an_old_drivers_processes_are_still_read(seen_by_old_driver: dict[str, Row]) -> None:
    process = seen_by_old_driver["t4x1"]["gpus"][0]["procs"][0]
    assert process == {"pid": 7000, "kind": "C", "mem": 2048 * MIB}


def test_links_are_counted_until_the_library_refuses(seen: dict[str, Row]) -> None:
    for gpu in seen["a100x8"]["gpus"]:
        assert len(gpu["nvlink"]["links"]) == 12
    assert seen["a100x8"]["matrix"][0][7] == "NV12"


def test_an_xid_is_reported_once_watching_began(seen: dict[str, Row]) -> None:
    row = seen["h200x1-xid"]
    assert row["gpus"][0]["health"]["xid"] == [79]
    assert {"alarm": True, "says": "GPU 0 reported Xid 79"} in row["findings"]
    assert seen["h200x1"]["gpus"][0]["health"]["xid"] == []


def test_a_driver_without_gpus_is_an_empty_machine(seen: dict[str, Row]) -> None:
    assert (seen["no-gpu"]["gpus"], seen["no-gpu"]["matrix"]) == ([], [])


def test_a_library_without_its_driver_says_so_and_offers_a_simulation(seen: dict[str, Row]) -> None:
    assert seen["no-driver"]["kind"] == "NoDriver"
    assert "kernel driver is not loaded" in seen["no-driver"]["refused"]
    assert "--sim h200x8" in seen["no-driver"]["refused"]


def test_each_kind_of_trouble_has_its_own_reason(seen: dict[str, Row]) -> None:
    gpu = seen["h200x1-trouble"]["gpus"][0]
    assert gpu["power"]["watts_reason"] == "TIMED_OUT"
    assert gpu["health"]["ecc_unc_reason"] == "RESET_REQUIRED"
    assert gpu["mig_reason"] == "BLOCKED_BY_SYSTEM"
    assert gpu["serial_reason"] == "NO_PERMISSION"
    assert gpu["fabric_reason"] == "NOT_READY"
    assert gpu["clocks"]["sm_reason"] == "UNKNOWN"
    assert gpu["mem"]["free"] == 143148 * MIB
    codes = {entry["fn"]: entry["rc"] for entry in seen["h200x1-trouble"]["tape"] if "rc" in entry}
    assert codes["nvmlDeviceGetClockInfo"] == 999


def test_no_sentinel_ever_reaches_the_answer(seen: dict[str, Row]) -> None:
    power = seen["h200x1-trouble"]["gpus"][0]["power"]
    assert (power["limit_watts"], power["limit_watts_reason"]) == (None, "HIDDEN")
    assert (power["joules"], power["joules_reason"]) == (None, "HIDDEN")
    for name in [*NAMED, "h200x1-trouble"]:
        text = json.dumps(seen[name]["gpus"])
        assert not any(str(number) in text for number in (2**32 - 1, 2**64 - 1))


def test_every_missing_value_has_its_reason(seen: dict[str, Row]) -> None:
    def missing(value: Any) -> list[str]:
        if isinstance(value, list):
            return [name for part in value for name in missing(part)]
        if not isinstance(value, dict):
            return []
        here = [key for key, part in value.items() if part is None and f"{key}_reason" not in value]
        return here + [name for part in value.values() for name in missing(part)]

    assert [missing(seen[name]["gpus"]) for name in NAMED] == [[]] * len(NAMED)


@pytest.mark.parametrize("name", [*NAMED, "h200x2-lost-midway", "h200x1-xid", "h200x1-trouble"])
def test_replaying_the_tape_gives_what_was_recorded(seen: dict[str, Row], name: str) -> None:
    row = seen[name]
    tape = parse_tape(snapshot_text(row), name)
    again = Probe(Replay(tape, None)).snapshot()
    replayed = json.loads(json.dumps(snapshot_row(again)))
    for key in ("taken", "visible", "findings", "gpus", "matrix"):
        assert replayed[key] == row[key]
    assert replayed["env"] == {**row["env"], "backend": "replay"}


@pytest.fixture(scope="session")
def written(libraries: Libraries, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Simulated machines, written down as scenarios and read back through the real pynvml."""
    folder = tmp_path_factory.mktemp("written")
    files: list[Path] = []
    for text in SIMULATED:
        scenario = parse_scenario(text)
        node = healthy_node(scenario.shape)
        for due in scenario.script:
            node = after(node, due.event)
        files.append(folder / f"{text.replace(':', '-')}.txt")
        files[-1].write_text(scenario_text(node))
    return looked(Machine(libraries, files[0]), files)


SIMULATED = [
    "h200x8,busy,hidden:7:512,link:3:4,links:2,hot:1,ecc:0:2",
    "gb200x4,busy,untold:1:99",
    "h100x2,mig:0:3g+2g+1g,hold:0:5100:9500,deny:1",
    "a100x8,busy,lost:3",
    "b200x12",
    "t4x4,hold:0:7000:2048,draw:0:7001:100,mps:1:7002:300",
    "l40sx2",
]


@pytest.mark.parametrize("text", SIMULATED)
def test_the_simulator_and_the_library_tell_the_same(written: dict[str, Row], text: str) -> None:
    through_library = written[text.replace(":", "-")]
    simulated = json.loads(json.dumps(snapshot_row(Probe(simulator(text)).snapshot())))
    assert simulated["gpus"] == through_library["gpus"]
    assert simulated["matrix"] == through_library["matrix"]
    assert simulated["findings"] == through_library["findings"]


def test_the_command_prints_the_snapshot_with_its_tape(machine: Callable[..., Machine]) -> None:
    variables = {"CUDA_VISIBLE_DEVICES": "0,zebra"}
    done = machine("h200x1", variables=variables).lab("probe", "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["schema"] == "gpulab.snapshot/1"
    assert row["env"]["backend"] == "nvml"
    assert (row["env"]["driver"], row["env"]["cuda_driver"]) == ("580.159.03", 13000)
    assert row["env"]["cvd"] == "0,zebra"
    assert row["env"]["context_created"] is False
    assert row["visible"]["stopped_at"] == "zebra"
    failed = [entry for entry in row["tape"] if entry.get("rc")]
    assert ("nvmlDeviceGetNumaNodeId", 3) in {(entry["fn"], entry["rc"]) for entry in failed}
    assert all("value" not in entry for entry in failed)


def test_the_table_names_all_gpus_and_who_holds_them(machine: Callable[..., Machine]) -> None:
    done = machine("h200x8-busy").lab("probe")
    assert done.returncode == 0, done.stderr
    for words in (
        "143,771",
        "NV18",
        "4004",
        "not told",
        "held by no listed process",
        "GPU-06d9b640",
    ):
        assert words in done.stdout
    assert "no CUDA context made" in done.stdout


IN_A_FORKED_CHILD = """
import os, sys
from gpu_lab.probe import read_surroundings, Reason
from gpu_lab.probe import calls
from gpu_lab.probe.nvml import open_nvml
from tests.fakes.nvml.looks import instant
driver = open_nvml(read_surroundings({}), instant)
at = driver.ask(calls.OPEN, 0)
child = os.fork()
if child == 0:
    answer = driver.ask(calls.MEMORY, at)
    os._exit(0 if answer.reason is Reason.UNINITIALIZED else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, driver.ask(calls.MEMORY, at)[0])
driver.close()
driver.close()
print(driver.ask(calls.MEMORY, at).reason.value)
"""


def test_a_forked_child_gets_no_answer_from_inherited_handles(
    machine: Callable[..., Machine],
) -> None:
    done = machine("h200x1").python(IN_A_FORKED_CHILD)
    assert done.stdout.split() == ["0", str(143771 * MIB), "UNINITIALIZED"], done.stderr


INIT_ONCE = """
import pynvml
from gpu_lab.probe import Probe, read_surroundings
from gpu_lab.probe.nvml import open_nvml
from tests.fakes.nvml.looks import instant
made = {"nvmlInitWithFlags": 0, "nvmlDeviceGetHandleByIndex": 0, "nvmlShutdown": 0}
def counted(name):
    real = getattr(pynvml, name)
    def call(*arguments):
        made[name] += 1
        return real(*arguments)
    setattr(pynvml, name, call)
for name in made:
    counted(name)
with Probe(open_nvml(read_surroundings({}), instant)) as probe:
    for look in range(5):
        probe.snapshot()
print(made)
"""


def test_five_looks_initialise_once_and_keep_their_handles(machine: Callable[..., Machine]) -> None:
    done = machine("h200x8-busy").python(INIT_ONCE)
    counts = {"nvmlInitWithFlags": 1, "nvmlDeviceGetHandleByIndex": 8, "nvmlShutdown": 1}
    assert done.stdout.strip() == str(counts), done.stderr
