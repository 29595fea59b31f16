"""Best-fit decreasing: the compiled packer against its plain twin and against brute force."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.packing import (
    CapacityRefused,
    CostRefused,
    CostsRefused,
    Oversized,
    in_units,
    lower_bound,
    lower_bound_plainly,
    pack,
    pack_plainly,
)
from gpu_lab.packing import bins as bins_module


def bins_by_brute_force(costs, capacity):
    """Count the bins of best-fit decreasing by looking at every open bin for every item."""
    rooms = []
    for cost in sorted(costs, reverse=True):
        fitting = [at for at, room in enumerate(rooms) if room >= cost]
        if not fitting:
            rooms.append(capacity - cost)
            continue
        rooms[min(fitting, key=rooms.__getitem__)] -= cost
    return len(rooms)


def a_case(rng):
    capacity = rng.choice([1, 2, 5, 10, 63, 64, 65, 100, 200, 1000, 4097])
    highest = rng.choice([capacity, max(1, capacity // 2), max(1, capacity // 5)])
    lowest = rng.choice([0, 1, max(1, highest // 2)])
    many = rng.choice([1, 5, 30, 65, 80])
    return [rng.randint(min(lowest, highest), highest) for _ in range(many)], capacity


@pytest.fixture(params=["counted by size", "in a sorted row"])
def way(request, monkeypatch):
    """Send every packing one of the two ways, however many items it has."""
    counted = request.param == "counted by size"
    monkeypatch.setattr(bins_module, "FEW", 0 if counted else 64)
    monkeypatch.setattr(bins_module, "MOST_FEW", 0)
    if not counted:
        monkeypatch.setattr(bins_module, "WIDEST_TABLE", 0)


@pytest.mark.usefixtures("way")
def test_twelve_hundred_random_sets_need_the_bins_that_brute_force_needs():
    rng = random.Random(5)
    for _ in range(600):
        costs, capacity = a_case(rng)
        packed = pack(np.array(costs), capacity)
        assert packed.bins == bins_by_brute_force(costs, capacity)
        assert np.bincount(packed.bin_of, weights=costs).max() <= capacity
        assert set(packed.bin_of.tolist()) == set(range(packed.bins))


sizes = st.integers(1, 300).flatmap(
    lambda capacity: st.tuples(
        st.lists(st.integers(0, capacity), min_size=1, max_size=100), st.just(capacity)
    )
)


@given(sizes)
@settings(max_examples=150, deadline=None)
def test_the_compiled_packer_puts_every_item_where_its_plain_twin_puts_it(case):
    costs, capacity = case
    plain = pack_plainly(costs, capacity)
    for few, table in ((0, 1 << 20), (64, 0)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bins_module, "FEW", few)
            patch.setattr(bins_module, "MOST_FEW", 0)
            patch.setattr(bins_module, "WIDEST_TABLE", table)
            assert pack(np.array(costs), capacity).bin_of.tolist() == plain


@given(sizes)
@settings(max_examples=150, deadline=None)
def test_the_lower_bound_is_its_plain_twin_and_never_above_the_bins(case):
    costs, capacity = case
    bound = lower_bound(np.array(costs), capacity)
    assert bound == lower_bound_plainly(costs, capacity)
    assert bound <= pack(np.array(costs), capacity).bins


def test_three_items_above_half_need_three_bins_though_their_sum_fits_into_two():
    costs = np.array([6, 6, 6])
    assert lower_bound(costs, 10) == 3
    assert lower_bound(np.array([6, 6, 6, 5]), 10) == 4


def test_the_same_costs_of_any_integer_type_and_stride_are_packed_the_same():
    costs = np.random.default_rng(2).integers(1, 100, 400)
    expected = pack(costs, 128).bin_of
    assert expected.dtype == np.int32
    frozen = costs.astype(np.int32)
    frozen.flags.writeable = False
    strided = np.repeat(costs, 2)[::2]
    for same in (frozen, strided, costs.astype(np.uint16)):
        assert np.array_equal(pack(same, 128).bin_of, expected)


def test_order_and_offsets_list_each_bin():
    packed = pack(np.array([3, 4, 5, 6, 9]), 10)
    listed = [
        packed.order[start:end].tolist()
        for start, end in zip(packed.offsets, packed.offsets[1:], strict=False)
    ]
    assert listed == [[4], [1, 3], [0, 2]]


def test_nothing_needs_no_bin_and_items_that_cost_nothing_need_one():
    assert pack(np.array([], dtype=np.int64), 10).bins == 0
    assert pack(np.array([0, 0]), 10).bins == 1
    assert pack(np.zeros(70, dtype=np.int64), 10).bins == 1


@pytest.mark.parametrize(("many", "at"), [(3, 1), (3000, 2900)])
def test_an_item_below_zero_or_above_the_capacity_is_named(many, at):
    for cost, words in ((-4, "cannot be below 0"), (11, "a bin holds 10")):
        costs = np.full(many, 2)
        costs[at] = cost
        with pytest.raises(CostRefused, match=f"Item {at} costs {cost}: .*{words}"):
            pack(costs, 10)


def test_an_oversized_item_gets_a_bin_of_its_own_on_request():
    packed = pack(np.array([3, 11, 4, 12]), 10, Oversized.OWN_BIN)
    assert (packed.bins, packed.oversized) == (3, 2)
    assert packed.bin_of.tolist() == [0, 1, 0, 2]
    with pytest.raises(CostRefused, match="below 0"):
        pack(np.array([3, 11, -4]), 10, Oversized.OWN_BIN)


def test_what_is_no_row_of_whole_numbers_is_refused():
    for wrong in (np.array([1.5]), np.array([[1]]), np.array(["a"])):
        with pytest.raises(CostsRefused, match="one row of numbers"):
            pack(wrong, 10)
    for capacity in (0, -3, 1 << 62):
        with pytest.raises(CapacityRefused):
            pack(np.array([1]), capacity)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(1, 1e9))
@settings(max_examples=80, deadline=None)
def test_fractions_in_units_never_fill_a_bin_beyond_its_capacity(shares, capacity):
    costs = np.array(shares) * capacity
    costs = np.minimum(costs, capacity)
    whole, held = in_units(costs, capacity)
    packed = pack(whole, held)
    loads = np.bincount(packed.bin_of, weights=costs)
    assert loads.max() <= capacity * (1 + 1e-12)


def test_whole_numbers_written_as_fractions_stay_whole():
    whole, held = in_units(np.array([3.0, 7.0]), 10.0)
    assert (whole.tolist(), held) == ([3, 7], 10)


def test_three_tenths_and_seven_tenths_fill_one():
    assert pack(*in_units(np.array([0.3, 0.7, 0.4, 0.6]), 1.0)).bins == 2
    assert pack(*in_units(np.array([1 / 3, 1 / 3, 1 / 3, 0.1]), 1.0)).bins == 2


@pytest.mark.parametrize("strange", [float("nan"), float("inf"), -float("inf")])
def test_a_cost_that_is_no_number_is_named(strange):
    with pytest.raises(CostRefused, match=r"Item 1 costs .*finite"):
        in_units(np.array([1.0, strange]), 10.0)
    with pytest.raises(CapacityRefused):
        in_units(np.array([1.0]), strange)


def test_a_fraction_below_zero_or_above_the_capacity_is_still_refused():
    for cost, words in ((-0.5, "below 0"), (10.5, "a bin holds 10.0")):
        with pytest.raises(CostRefused, match=f"Item 1 costs {cost}: .*{words}"):
            in_units(np.array([1.0, cost]), 10.0)
    alone = in_units(np.array([1.0, 10.5]), 10.0, Oversized.OWN_BIN)
    assert pack(*alone, Oversized.OWN_BIN).oversized == 1


def test_importing_the_face_compiles_and_loads_nothing():
    code = (
        "import sys, gpu_lab.packing; sys.exit('numba' in sys.modules or 'pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
