"""CUDA_VISIBLE_DEVICES, read as CUDA reads it, without CUDA."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_lab.probe import Candidate, visible_devices

GPUS = [
    Candidate("GPU-aaaa1111", "00000000:1B:00.0", "NVIDIA H200", ("MIG-5555", "MIG-6666")),
    Candidate("GPU-aaaa2222", "00000000:43:00.0", "NVIDIA H200"),
    Candidate("GPU-bbbb3333", "00000000:52:00.0", "NVIDIA H200"),
]
A, B, C = (gpu.uuid for gpu in GPUS)


def test_unset_shows_all_and_empty_shows_none() -> None:
    assert visible_devices(None, GPUS).uuids == (A, B, C)
    empty = visible_devices("", GPUS)
    assert empty.uuids == ()
    assert "sees no GPU" in empty.remarks[0]


@pytest.mark.parametrize(
    ("value", "uuids", "stopped_at"),
    [
        ("0", (A,), None),
        ("1,0", (B, A), None),
        ("2, 1", (C, B), None),
        ("1gpu2,2ampere", (B, C), None),
        ("+1", (B,), None),
        ("0,1,-1,2", (A, B), "-1"),
        ("0,9,1", (A,), "9"),
        ("0,zebra,1", (A,), "zebra"),
        ("none", (), "none"),
        ("0,,1", (A,), ""),
        ("0,0", (), "0"),
        ("1,01", (), "01"),
        ("GPU-bbbb", (C,), None),
        ("GPU-aaaa2,GPU-b", (B, C), None),
        ("GPU-aaaa", (), "GPU-aaaa"),
        ("GPU-bbbb,0", (C,), "0"),
        ("0,GPU-bbbb", (A,), "GPU-bbbb"),
        ("GPU-b,GPU-bbbb3333", (), "GPU-bbbb3333"),
        ("MIG-6", ("MIG-6666",), None),
        ("MIG-7", (), "MIG-7"),
        ("٣", (), "٣"),
    ],
)
def test_it_is_read_like_cuda_reads_it(
    value: str, uuids: tuple[str, ...], stopped_at: str | None
) -> None:
    seen = visible_devices(value, GPUS)
    assert (seen.uuids, seen.stopped_at) == (uuids, stopped_at)


def test_the_entry_that_stops_the_list_is_named_with_a_way_out() -> None:
    (remark,) = visible_devices("0,zebra", GPUS).remarks
    assert "'zebra'" in remark
    assert "touchbase lab probe" in remark


def test_only_the_first_slice_is_used_by_a_process() -> None:
    seen = visible_devices("MIG-5555,MIG-6666", GPUS)
    assert seen.uuids == ("MIG-5555", "MIG-6666")
    assert "only the first MIG device" in seen.remarks[0]


def test_numbers_follow_the_bus_and_not_the_drivers_order() -> None:
    assert visible_devices("0", list(reversed(GPUS))).uuids == (A,)


def test_mixed_models_are_only_certain_in_bus_order() -> None:
    mixed = [*GPUS, Candidate("GPU-cccc", "00000000:00:00.0", "Tesla T4")]
    assert "fastest first" in visible_devices("0", mixed).remarks[0]
    assert visible_devices("0", mixed, "PCI_BUS_ID") == visible_devices(
        "GPU-cccc", mixed, "PCI_BUS_ID"
    )


@given(st.text(alphabet="0123456789,-+ GPUMIGab x", max_size=30))
def test_whatever_it_holds_each_visible_device_exists_and_comes_once(value: str) -> None:
    seen = visible_devices(value, GPUS)
    known = {A, B, C, *GPUS[0].slices}
    assert set(seen.uuids) <= known
    assert len(set(seen.uuids)) == len(seen.uuids)
    assert seen.stopped_at is None or seen.remarks
