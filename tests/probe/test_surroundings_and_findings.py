"""What the probe says about its own process, and what it says is wrong with a GPU."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gpu_lab.probe import Gpu, Snapshot, findings, headline, read_surroundings
from gpu_lab.probe.driver import REASON_OF_CODE, missing_for
from gpu_lab.probe.values import (
    REASON_WORDS,
    Fabric,
    Link,
    LinkRemote,
    NvLinks,
    Reason,
    RemappedRows,
)
from tests.probe.machines import simulated


def host(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_a_container_is_known_by_its_mark_or_its_groups(tmp_path: Path) -> None:
    assert not read_surroundings(
        {}, host(tmp_path / "a", proc__1__cgroup="0::/init.scope")
    ).in_container
    assert read_surroundings(
        {}, host(tmp_path / "b", proc__1__cgroup="0::/kubepods/x")
    ).in_container
    marked = host(tmp_path / "c", run__x="")
    (marked / ".dockerenv").touch()
    assert read_surroundings({}, marked).in_container


def test_memory_and_a_loaded_cuda_library_are_read_from_proc(tmp_path: Path) -> None:
    root = host(
        tmp_path,
        proc__meminfo="MemTotal:       2113929216 kB\nMemFree: 1 kB\n",
        proc__self__maps="7f00-7f01 r-xp 00000000 08:01 5 /usr/lib/libcuda.so.580.159\n",
    )
    around = read_surroundings({}, root)
    assert around.ram_bytes == 2113929216 * 1024
    assert around.cuda_library_loaded


def test_a_system_without_proc_is_no_error(tmp_path: Path) -> None:
    around = read_surroundings({}, tmp_path)
    assert (around.boot_id, around.ram_bytes, around.pid_namespace) == (None, None, None)


def test_an_empty_variable_is_not_an_unset_one(tmp_path: Path) -> None:
    around = read_surroundings({"CUDA_VISIBLE_DEVICES": ""}, tmp_path)
    assert (around.visible_devices, around.device_order) == ("", None)


@pytest.mark.parametrize(("code", "reason"), REASON_OF_CODE.items())
def test_every_return_code_has_a_reason_with_words(code: int, reason: Reason) -> None:
    missing = missing_for(code)
    assert (missing.reason, missing.code) == (reason, code)
    assert str(missing) == REASON_WORDS[reason]


def test_an_unlisted_return_code_keeps_its_number() -> None:
    assert missing_for(1234).reason is Reason.UNKNOWN
    assert missing_for(1234).code == 1234


def with_first(snapshot: Snapshot, **parts: object) -> Snapshot:
    first = snapshot.gpus[0]
    assert isinstance(first, Gpu)
    return replace(snapshot, gpus=(replace(first, **parts), *snapshot.gpus[1:]))


def test_a_gpu_outside_the_fabric_is_an_alarm() -> None:
    node = simulated("gb200x4").snapshot()
    outside = with_first(node, fabric=Fabric(2, 0, "0" * 32, 0, 0))
    (found,) = [one for one in findings(outside) if one.is_alarm]
    assert found.sentence == "GPU 0 has not joined the NVLink fabric (state 2, status 0)"


def test_a_gpu_without_spare_rows_is_to_be_replaced() -> None:
    node = simulated("h200x1").snapshot()
    first = node.gpus[0]
    assert isinstance(first, Gpu)
    worn = with_first(node, health=replace(first.health, remapped=RemappedRows(0, 9, False, True)))
    assert headline(worn).endswith("GPU 0 ran out of spare memory rows: replace it")


def test_an_unplugged_bridge_is_no_fault() -> None:
    bridge = NvLinks(3, (Link(0, False, LinkRemote.GPU, "B"),))
    assert findings(with_first(simulated("a10x2").snapshot(), nvlinks=bridge)) == ()


def test_alarms_come_before_what_is_only_worth_knowing() -> None:
    found = findings(simulated("h200x8,hidden:0:900,deny:1,ecc:7:1").snapshot())
    assert [one.is_alarm for one in found] == [True, True, False, False]


def test_a_machine_without_gpus_says_so() -> None:
    assert headline(replace(simulated("t4x1").snapshot(), gpus=())) == "No GPU on this machine"
