"""The simulator: any node of the catalogue, load and faults on a clock that the test turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.fleet import read_scene
from gpu_lab.probe import (
    Gpu,
    Memory,
    Missing,
    Reason,
    Snapshot,
    UnknownFault,
    UnknownShape,
    UnreachableGpu,
    findings,
    headline,
    parse_scenario,
    probed_node,
)
from gpu_lab.probe.node import fleet_toml
from gpu_lab.probe.occupancy import unattributed, with_slices
from gpu_lab.probe.reading import clock_reasons
from gpu_lab.probe.shapes import MODELS, parse_shape
from gpu_lab.probe.topology import connection, nvlink_islands, ranges, set_bits
from gpu_lab.probe.values import (
    GpuProcess,
    Link,
    LinkRemote,
    Mig,
    NvLinks,
    ProcessKind,
    Unattributed,
)
from tests.probe.machines import Clock, simulated

MIB = 2**20


def sentences(snapshot: Snapshot) -> list[str]:
    return [one.sentence for one in findings(snapshot)]


def whole(snapshot: Snapshot, index: int) -> Gpu:
    gpu = snapshot.gpus[index]
    assert isinstance(gpu, Gpu)
    return gpu


@pytest.mark.parametrize("key", MODELS)
def test_every_model_of_the_catalogue_is_a_healthy_node(key: str) -> None:
    snapshot = simulated(key).snapshot()
    model = MODELS[key]
    assert len(snapshot.reachable) == model.per_node
    assert not any(one.is_alarm for one in findings(snapshot))
    for gpu in snapshot.reachable:
        memory = gpu.memory
        assert isinstance(memory, Memory)
        assert memory.total == model.total_mib * MIB
        assert memory.total == memory.reserved + memory.used + memory.free
    word = f"NV{model.links}" if model.links else "NODE"
    assert snapshot.matrix[0][1] == word


def test_a_nodes_uuids_are_its_own_and_always_the_same() -> None:
    first, again = (simulated("h200x8").snapshot() for _ in range(2))
    uuids = [gpu.identity.uuid for gpu in first.reachable]
    assert uuids == [gpu.identity.uuid for gpu in again.reachable]
    assert len(set(uuids)) == 8


def test_more_gpus_than_a_host_has_still_have_addresses_of_their_own() -> None:
    snapshot = simulated("gb200x64").snapshot()
    assert len({gpu.identity.pci for gpu in snapshot.reachable}) == 64


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no such GPU"),
        ("h900x8", "no such GPU"),
        ("h200x0", "1 to 64"),
        ("h200x65", "1 to 64"),
        ("8xh200", "no such GPU"),
        ("h200 x8", "no such GPU"),
    ],
)
def test_a_machine_that_is_not_in_the_catalogue_is_named(text: str, why: str) -> None:
    with pytest.raises(UnknownShape, match=why) as refused:
        parse_scenario(text)
    assert "--sim h200x8" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("h200x8,explode:1", "known are busy"),
        ("h200x8,lost", "lost:GPU"),
        ("h200x8,lost:8", "GPUs 0 to 7"),
        ("h200x8,lost:-1", "lost:GPU"),
        ("h200x8,lost:1@soon", "'soon' is no number"),
        ("h200x8,hold:0:1", "hold:GPU:PID:MIB"),
        ("h200x8,link:0:18", "18 NVLinks"),
        ("t4x1,link:0:0", "0 NVLinks"),
        ("t4x1,mig:0:1g", "no MIG"),
        ("h200x8,mig:0:5g", "1g, 2g, 3g, 4g or 7g"),
        ("h200x8,mig:0:7g+1g", "do not fit"),
        ("h200x8,mig:0:4g+3g+1g", "do not fit"),
        ("h200x8,mig:9:1g", "GPUs 0 to 7"),
        ("h200x8,mig:0:big", "mig:GPU:3g"),
        ("h200x8,busy:1", "write it as busy"),
    ],
)
def test_a_fault_that_cannot_be_is_named_with_the_way_to_write_it(text: str, why: str) -> None:
    with pytest.raises(UnknownFault, match=why):
        parse_scenario(text)


def test_load_comes_and_goes_with_the_clock() -> None:
    clock = Clock()
    probe = simulated("h200x2,hold:1:42:1000@10,hold:1:42:3000@20,free:1:42@30", clock)
    held = []
    for second in (0, 10, 20, 30):
        clock.seconds = second
        memory = whole(probe.snapshot(), 1).memory
        assert isinstance(memory, Memory)
        held.append(memory.used // MIB)
    assert held == [0, 1000, 3000, 0]


def test_a_gpu_lost_while_we_watch_keeps_its_uuid_and_raises_an_alarm() -> None:
    clock = Clock()
    probe = simulated("h200x8,lost:5@30", clock)
    uuid = whole(probe.snapshot(), 5).identity.uuid
    clock.seconds = 31
    after = probe.snapshot()
    assert after.gpus[5] == UnreachableGpu(5, uuid, Missing(Reason.LOST, 15))
    assert sentences(after) == ["GPU 5 cannot be reached: GPU is lost"]
    assert headline(after).endswith("GPU 5 cannot be reached: GPU is lost")


def test_an_xid_is_remembered_from_look_to_look() -> None:
    clock = Clock()
    probe = simulated("h200x8,xid:2:79@10,xid:2:48@20", clock)
    assert sentences(probe.snapshot()) == []
    seen = []
    for second in (10, 20, 30):
        clock.seconds = second
        seen.append(whole(probe.snapshot(), 2).health.xids)
    assert seen == [(79,), (79, 48), (79, 48)]


def test_a_sick_link_lowers_the_bond_and_dead_links_fall_back_to_the_bus() -> None:
    snapshot = simulated("h200x8,link:1:7,links:2").snapshot()
    assert snapshot.matrix[0][1] == "NV17"
    assert snapshot.matrix[0][3] == "NV18"
    assert snapshot.matrix[2] == ("NODE", "NODE", "X", "NODE", "SYS", "SYS", "SYS", "SYS")
    assert nvlink_islands(snapshot.matrix) == ((0, 1, 3, 4, 5, 6, 7), (2,))
    assert "GPU 2: 18 of 18 NVLinks are down" in sentences(snapshot)


def test_graphics_and_mps_clients_stand_in_their_own_lists() -> None:
    gpu = whole(simulated("t4x1,hold:0:1:100,draw:0:2:200,mps:0:3:300").snapshot(), 0)
    assert isinstance(gpu.processes, tuple)
    assert [(one.pid, one.kind.value) for one in gpu.processes] == [(1, "C"), (2, "G"), (3, "M")]
    assert gpu.unattributed == Unattributed(0, is_upper_bound=False)


def test_a_process_in_two_lists_holds_its_memory_once() -> None:
    memory = Memory("v2", 1000, 10, 500, 490)
    both = tuple(GpuProcess(7, kind, 400) for kind in (ProcessKind.COMPUTE, ProcessKind.GRAPHICS))
    assert unattributed(memory, both) == Unattributed(100, is_upper_bound=False)


def test_memory_freed_between_two_reads_is_torn_and_not_negative() -> None:
    memory = Memory("v2", 1000, 10, 300, 690)
    process = GpuProcess(7, ProcessKind.COMPUTE, 400)
    assert unattributed(memory, (process,)) == Missing(Reason.TORN)


def bridged(active: int, peer: str) -> NvLinks:
    links = (Link(index, index < active, LinkRemote.GPU, peer) for index in range(4))
    return NvLinks(3, tuple(links))


@pytest.mark.parametrize(
    ("a", "b", "p2p", "word"),
    [
        (bridged(4, "B"), bridged(4, "A"), 0, "NV4"),
        (bridged(3, "B"), bridged(4, "A"), 0, "NV3"),
        (bridged(4, "B"), bridged(2, "A"), 0, "NV2"),
        (bridged(4, "C"), bridged(4, "A"), 0, "PHB"),
        (bridged(4, "B"), bridged(4, "A"), 5, "PHB"),
        (bridged(4, "B"), bridged(4, "A"), Missing(Reason.NOT_SUPPORTED), "PHB"),
        (Missing(Reason.NOT_SUPPORTED), bridged(4, "A"), 0, "PHB"),
    ],
)
def test_bridged_cards_are_bonded_by_the_links_that_meet(
    a: NvLinks | Missing, b: NvLinks | Missing, p2p: int | Missing, word: str
) -> None:
    assert connection(a, b, ("A", "B"), 30, p2p) == word


def test_an_unknown_level_is_a_question_mark() -> None:
    nothing = Missing(Reason.NOT_SUPPORTED)
    assert connection(nothing, nothing, ("A", "B"), nothing, nothing) == "?"
    assert connection(nothing, nothing, ("A", "B"), 35, nothing) == "?"


def test_a_denied_list_makes_its_memory_unattributable() -> None:
    gpu = whole(simulated("h200x2,hold:0:9:5000,deny:0").snapshot(), 0)
    assert gpu.processes == gpu.unattributed == Missing(Reason.NO_PERMISSION, 4)
    assert isinstance(gpu.memory, Memory)


def test_slices_come_and_go_while_we_watch() -> None:
    clock = Clock()
    probe = simulated("h100x1,mig:0:3g+2g@10,mig:0:1g+1g+1g@20,mig:0:@30", clock)
    counts = []
    for second in (0, 10, 20, 30):
        clock.seconds = second
        mig = whole(probe.snapshot(), 0).mig
        assert isinstance(mig, Mig)
        counts.append((mig.is_enabled, len(mig.devices)))
    assert counts == [(False, 0), (True, 2), (True, 3), (False, 0)]


@pytest.mark.parametrize("slices", ["7g", "4g+3g", "3g+3g", "2g+2g+2g+1g", "1g+1g+1g+1g+1g+1g+1g"])
def test_slices_hold_at_most_what_their_gpu_has(slices: str) -> None:
    gpu = whole(simulated(f"h200x1,mig:0:{slices}").snapshot(), 0)
    assert isinstance(gpu.mig, Mig)
    assert isinstance(gpu.memory, Memory)
    parts = [part.memory.total for part in gpu.mig.devices if isinstance(part.memory, Memory)]
    assert len(parts) == len(slices.split("+"))
    assert sum(parts) <= gpu.memory.total - gpu.memory.reserved


def test_slices_tell_what_the_whole_gpu_may_not() -> None:
    gpu = whole(simulated("h100x1,mig:0:3g+2g,hold:0:9:9500").snapshot(), 0)
    denied = Missing(Reason.NO_PERMISSION, 4)
    assert with_slices(denied, gpu.mig) == gpu.processes
    assert with_slices(denied, Mig(is_enabled=False, is_pending=False, devices=())) is denied
    assert with_slices(denied, denied) is denied
    hidden = whole(simulated("h100x1,mig:0:3g+2g,deny:0").snapshot(), 0)
    assert with_slices(denied, hidden.mig) is denied


def test_heat_and_bad_rows_are_said_in_words() -> None:
    said = sentences(simulated("h200x2,hot:0,ecc:1:3").snapshot())
    assert "GPU 0 runs slower: it is too hot" in said
    assert "GPU 1 has 3 uncorrected ECC errors" in said
    assert "GPU 1 needs a reset to replace bad memory rows" in said


def test_an_old_driver_is_asked_the_old_calls() -> None:
    gpu = whole(simulated("t4x1,old,hold:0:5:100").snapshot(), 0)
    assert isinstance(gpu.memory, Memory)
    assert (gpu.memory.api, gpu.memory.reserved) == ("v1", Missing(Reason.ABSENT_SYMBOL, 13))
    assert gpu.thermals.gpu == 32
    assert gpu.clocks.reasons == ("gpu_idle",)
    assert isinstance(gpu.processes, tuple)


def test_a_context_of_our_own_is_admitted() -> None:
    def context(**surroundings: object) -> bool:
        probe = simulated("h200x1,hold:0:77:400", **surroundings)
        return probe.snapshot().environment.context_created

    assert context(cuda_library_loaded=True, pid=77)
    assert not context(cuda_library_loaded=True, pid=78)
    assert not context(cuda_library_loaded=False, pid=77)


def test_a_fleet_can_be_built_from_a_look() -> None:
    node = probed_node(simulated("h200x8,busy,lost:5,links:2").snapshot())
    assert [gpu.index for gpu in node.gpus] == [0, 1, 2, 3, 4, 6, 7]
    assert node.unusable == ((5, "GPU is lost"),)
    first, third = node.gpus[0], node.gpus[2]
    assert (first.model, first.total_mib, first.numa_node) == ("NVIDIA H200", 143771, 0)
    assert first.free_mib == 143771 - 623 - 143771 * 30 // 100
    assert first.island != third.island
    assert probed_node(simulated("gb200x4").snapshot()).gpus[0].clique == 1


@pytest.mark.parametrize(
    ("machine", "gpus", "nvlink", "islands", "gbytes"),
    [
        ("h200x8", 8, "node", 1, 450.0),
        ("gb200x4", 4, "node", 1, 900.0),
        ("a100x8", 8, "node", 1, 300.0),
        ("h200x8,lost:5", 7, "node", 1, 450.0),
        ("h200x8,links:2", 8, None, 1, 450.0),
        ("t4x4", 4, None, 1, 450.0),
    ],
)
def test_the_labs_fleet_reads_what_a_look_writes(
    tmp_path: Path, machine: str, gpus: int, nvlink: str | None, islands: int, gbytes: float
) -> None:
    file = tmp_path / "here.toml"
    file.write_text(fleet_toml(probed_node(simulated(machine).snapshot()), "here"))
    fleet, _ = read_scene(file)
    (kind,) = fleet.node_types
    assert (kind.gpus, kind.nvlink, kind.nvlink_islands) == (gpus, nvlink, islands)
    assert kind.nvlink_gbytes_per_second == gbytes
    assert kind.gpu == machine.split("x")[0].upper().replace("A100", "A100-SXM4-80GB")
    assert fleet.levels[-1].names == ("here",)


ROOM = st.integers(0, 200_000)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), ROOM), max_size=6), ROOM)
def test_v2_adds_up_and_unattributed_is_what_is_left(
    holders: list[tuple[int, int]], hidden: int
) -> None:
    holding = "".join(f",hold:0:{pid}:{mib}" for pid, mib in holders)
    gpu = whole(simulated(f"h200x1,hidden:0:{hidden}{holding}").snapshot(), 0)
    memory, left = gpu.memory, gpu.unattributed
    assert isinstance(memory, Memory)
    assert isinstance(left, Unattributed)
    assert isinstance(gpu.processes, tuple)
    assert memory.total == memory.reserved + memory.used + memory.free
    held = sum(process.memory for process in gpu.processes if isinstance(process.memory, int))
    assert memory.used == held + left.memory


def test_cpu_sets_are_written_as_linux_writes_them() -> None:
    assert ranges(set_bits((0b1111, 0b1, 0))) == "0-3,64"
    assert ranges(()) == ""
    links = whole(simulated("h200x8").snapshot(), 0).nvlinks
    assert isinstance(links, NvLinks)
    assert links.active == 18
    assert parse_shape("H200").count == 8


def test_a_clock_reason_that_we_do_not_know_keeps_its_number() -> None:
    assert clock_reasons(0x44) == ("sw_power_cap", "hw_thermal_slowdown")
    assert clock_reasons(0x800 | 0x1) == ("gpu_idle", "unknown_0x800")
    assert clock_reasons(0) == ()
