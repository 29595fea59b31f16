"""Parts of GPUs, cells, samples: small algorithms held to their optimum, promise or table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gpu_lab.placement import mig, sampling
from gpu_lab.placement.cells import CellPool, CellsNotGranted, QuotaUsedUp, Tenants
from gpu_lab.placement.sampling import Rule, Sampler, run_sampling

profiles = st.lists(st.sampled_from(sorted(mig.PROFILES)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(profiles, st.integers(1, 2))
def test_mig_instances_never_overlap_and_never_beat_the_exhaustive_optimum(wanted, gpus) -> None:
    used = [0] * gpus
    filled = 0
    for name, placed in zip(wanted, mig.pack(wanted, gpus), strict=True):
        if placed is None:
            continue
        gpu, mask = placed
        assert mask in mig.profile(name).masks
        assert not used[gpu] & mask
        used[gpu] |= mask
        filled += mig.profile(name).width
    assert filled <= mig.most_slots(tuple(wanted), gpus)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted(mig.PROFILES)), max_size=3))
def test_the_exhaustive_optimum_is_that_of_trying_everything(wanted) -> None:
    best = 0
    for choice in product(*[(0, *mig.profile(name).masks) for name in wanted]):
        joined = 0
        for mask in choice:
            if joined & mask:
                break
            joined |= mask
        else:
            best = max(best, joined.bit_count())

    assert mig.most_slots(tuple(wanted), 1) == best


def test_a_position_badly_chosen_would_cost_a_large_instance() -> None:
    # The first 1g goes to slot 6, where no larger profile may start.
    assert mig.pack(["1g", "2g", "4g"], 1) == [(0, 1 << 6), (0, 0b110000), (0, 0b1111)]


class CellsKeepPromises(RuleBasedStateMachine):
    """Tenants come and go in any order; what they own is always there."""

    def __init__(self) -> None:
        super().__init__()
        owned = {"a": {2: 1, 0: 3}, "b": {1: 2, 0: 1}, "c": {0: 4, 1: 1}}
        self.tenants = Tenants(CellPool(fanouts=(2, 2), tops=6), owned)

    @rule(tenant=st.sampled_from("abc"), level=st.integers(0, 2))
    def ask(self, tenant: str, level: int) -> None:
        if self.tenants.left[tenant].get(level, 0):
            cell = self.tenants.ask(tenant, level)
            for other in self.tenants.held:
                if other != cell:
                    assert not covers(cell, other)
        else:
            with pytest.raises(QuotaUsedUp):
                self.tenants.ask(tenant, level)

    @precondition(lambda self: self.tenants.held)
    @rule(place=st.integers(0, 99))
    def end(self, place: int) -> None:
        held = sorted(self.tenants.held)
        self.tenants.end(held[place % len(held)])
        if not self.tenants.held:
            assert self.tenants.pool.free[2] == set(range(6))


def covers(cell, other) -> bool:
    narrow, wide = sorted((cell, other))
    return narrow.number >> (wide.level - narrow.level) == wide.number


CellsKeepPromises.TestCase.settings = settings(max_examples=25, deadline=None)
TestCells = CellsKeepPromises.TestCase


def test_more_cells_than_fit_are_not_promised() -> None:
    with pytest.raises(CellsNotGranted, match="worth 3 of the largest kind; there are 2"):
        Tenants(CellPool(fanouts=(2, 4), tops=2), {"a": {2: 2}, "b": {0: 1}})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 8), min_size=3, max_size=20),
    st.sampled_from(sampling.SIZES),
    st.integers(1, 6),
    st.sampled_from(Rule),
    st.integers(1, 10_000),
)
def test_a_sampled_choice_is_that_of_its_plain_twin(view, gpus, probes, how, seed) -> None:
    draws = np.asarray([seed])
    probed = [sampling.next_draw.py_func(draws, len(view)) for _ in range(probes)]
    chosen = {
        fill(np.asarray(view), gpus, probes, int(how), np.asarray([seed]))
        for fill in (sampling.choose, sampling.choose.py_func)
    }

    assert chosen == {sampling.choose_plainly(view, gpus, probed, how)}


# Success at the first try for 1, 2, 4 and 8 GPUs, and the share of idle GPUs outside empty nodes.
TABLE = {
    (0.80, Sampler(2, Rule.LEAST_LOADED)): (0.95, 0.71, 0.19, 0.005, 1.00),
    (0.80, Sampler(2)): (0.86, 0.66, 0.31, 0.014, 0.99),
    (0.80, Sampler(16)): (1, 1, 0.98, 0.75, 0.59),
    (0.80, Sampler(64)): (1, 1, 1, 1, 0.22),
    (0.80, Sampler(64, stale_gangs=200)): (0.46, 0.75, 0.83, 0.94, None),
    (0.90, Sampler(2, Rule.LEAST_LOADED)): (0.76, 0.37, 0.06, 0.005, 1.00),
    (0.90, Sampler(2)): (0.69, 0.38, 0.09, 0.009, 1.00),
    (0.90, Sampler(16)): (0.99, 0.96, 0.80, 0.14, 0.94),
    (0.90, Sampler(64)): (1, 1, 1, 0.97, 0.45),
    (0.90, Sampler(64, stale_gangs=200)): (0.46, 0.76, 0.82, 0.82, None),
    (0.95, Sampler(2, Rule.LEAST_LOADED)): (0.52, 0.17, 0.03, 0.005, 1.00),
    (0.95, Sampler(2)): (0.49, 0.18, 0.03, 0.009, 1.00),
    (0.95, Sampler(16)): (0.97, 0.82, 0.36, 0.03, 1.00),
    (0.95, Sampler(64)): (1, 1, 0.96, 0.43, 0.85),
    (0.95, Sampler(64, stale_gangs=200)): (0.47, 0.78, 0.78, 0.32, None),
}


@pytest.mark.parametrize(("load", "sampler"), TABLE, ids=str)
def test_sampling_costs_gangs_what_the_table_says(load: float, sampler: Sampler) -> None:
    result = run_sampling(sampler, load, np.random.default_rng(1))

    *success, scattered = TABLE[load, sampler]
    assert result.success == pytest.approx(success, abs=0.02)
    if scattered is not None:
        assert result.scattered_idle == pytest.approx(scattered, abs=0.02)
    else:
        assert result.conflicts == pytest.approx(0.43, abs=0.02)


@pytest.mark.parametrize(("load", "scattered"), [(0.80, 0.06), (0.90, 0.14), (0.95, 0.26)])
def test_one_scheduler_that_sees_everything_never_fails_a_gang(load, scattered) -> None:
    results = [run_sampling(Sampler(0), load, np.random.default_rng(seed)) for seed in range(3)]

    assert min(min(result.success) for result in results) > 0.999
    mean = np.mean([result.scattered_idle for result in results])
    assert mean == pytest.approx(scattered, abs=0.02)


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = (
        run_sampling(Sampler(4), 0.9, np.random.default_rng(3), gangs=5_000) for _ in range(2)
    )
    assert first == second
