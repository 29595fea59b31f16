"""Padded batches of many models and applications: plans, the waiting room, the batcher."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.packing import (
    Arrival,
    Batch,
    Batcher,
    BatcherClosed,
    Cost,
    CostRefused,
    NotYet,
    Oversized,
    Policy,
    PolicyRefused,
    Request,
    RequestTooLarge,
    RunAnsweredWrongly,
    UnknownModel,
    WaitingRoom,
    Worker,
    by_application,
    padded_tokens,
    plan_batches,
    poisson,
    simulate,
)
from gpu_lab.vram import Attention, closed_form, read_encoder

TOKENS = Cost(padded_tokens, 1000)
WORKER = Worker(fixed=0.0005, per_token=1e-6)

requests = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(1, 300)),
    min_size=1,
    max_size=80,
)


@given(requests, st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_every_request_is_in_one_batch_of_its_model_within_the_cost(asked, window):
    models = [model for model, _, _ in asked]
    lengths = np.array([tokens for _, _, tokens in asked])
    costs = {"a": TOKENS, "b": Cost(lambda n, longest: n * longest * longest, 90_000)}
    plan = plan_batches(lengths, models, costs, window)
    assert sorted(plan.order.tolist()) == list(range(len(asked)))
    for at, model in enumerate(plan.models):
        members = plan.order[plan.offsets[at] : plan.offsets[at + 1]]
        assert {models[member] for member in members} == {model}
        assert lengths[members].max() == plan.longest[at]
        assert costs[model].of(members.size, int(plan.longest[at])) <= costs[model].capacity


@given(requests)
@settings(max_examples=40, deadline=None)
def test_results_return_to_their_request_and_their_application(asked):
    lengths = np.array([tokens for _, _, tokens in asked])
    plan = plan_batches(lengths, "a", {"a": TOKENS}, 16)
    results = plan.scattered([f"result {request}" for request in plan.order])
    assert results == [f"result {request}" for request in range(len(asked))]
    applications = [application for _, application, _ in asked]
    owned = by_application(results, applications)
    for name in set(applications):
        expected = [at for at, owner in enumerate(applications) if owner == name]
        assert owned[name] == [f"result {at}" for at in expected]


def test_a_window_of_4096_wastes_at_most_a_twentieth_on_padding():
    rng = np.random.default_rng(1)
    for mean in (4.5, 6.0):
        lengths = np.clip(rng.lognormal(mean, 1, 40_000), 1, 512).astype(np.int32)
        plan = plan_batches(lengths, "m", {"m": Cost(padded_tokens, 16384)}, 4096)
        assert plan.waste <= 1.05


def test_batches_are_bounded_by_memory_and_not_by_tokens():
    form = closed_form(read_encoder("bert-base"), Attention.EAGER)
    memory = Cost(form.peak_bytes, 480 << 20)
    lengths = np.repeat([128, 512], 400)
    plan = plan_batches(lengths, "m", {"m": memory}, 4096)
    sizes = np.diff(plan.offsets)
    tokens = {
        int(longest): int(most * longest)
        for longest, most in zip(plan.longest[::-1], sizes[::-1], strict=True)
    }
    assert tokens[512] == 16384
    assert form.peak_bytes(int(sizes.max()), 128) <= 480 << 20 < form.peak_bytes(58, 512)


def test_the_most_requests_are_those_that_just_fit():
    cost = Cost(lambda n, longest: 7 + n * longest, 1000)
    for longest in (1, 3, 10, 331, 993):
        most = cost.most_requests(longest)
        assert cost.of(most, longest) <= 1000 < cost.of(most + 1, longest)
    assert cost.most_requests(994) == 0


def test_a_request_that_fits_into_no_batch_is_refused_or_goes_alone():
    lengths = np.array([10, 1001, 20])
    with pytest.raises(RequestTooLarge, match="Request 1 of 1001 tokens costs 1001"):
        plan_batches(lengths, "m", {"m": TOKENS}, 8)
    plan = plan_batches(lengths, "m", {"m": TOKENS}, 8, Oversized.OWN_BIN)
    assert np.diff(plan.offsets).tolist() == [1, 2]


def test_what_cannot_be_planned_is_named():
    with pytest.raises(UnknownModel, match="Request 1 asks for model 'q'"):
        plan_batches(np.array([1, 1]), ["m", "q"], {"m": TOKENS}, 8)
    with pytest.raises(CostRefused, match="Item 1 costs 0"):
        plan_batches(np.array([1, 0]), "m", {"m": TOKENS}, 8)
    with pytest.raises(PolicyRefused, match="window is 0"):
        plan_batches(np.array([1]), "m", {"m": TOKENS}, 0)
    with pytest.raises(PolicyRefused, match="overdue is nan"):
        Policy(overdue=math.nan)
    with pytest.raises(PolicyRefused, match="share of 'x' is 0"):
        Policy(shares={"x": 0})
    room = WaitingRoom({"m": TOKENS}, Policy())
    with pytest.raises(RequestTooLarge):
        room.enter(Request("x", "m", 1001), 0.0)
    with pytest.raises(UnknownModel):
        room.enter(Request("x", "q", 1), 0.0)
    assert len(room) == 0


def test_no_requests_are_no_batches():
    assert plan_batches(np.array([], dtype=int), "m", {"m": TOKENS}, 8).models == ()
    assert WaitingRoom({"m": TOKENS}, Policy()).next_batch(0.0) == NotYet(math.inf)


def test_a_batch_that_is_not_full_lingers_and_a_full_one_does_not():
    room = WaitingRoom({"m": TOKENS}, Policy(linger=2.0))
    room.enter(Request("x", "m", 400), 10.0)
    assert room.next_batch(10.0) == NotYet(12.0)
    room.enter(Request("x", "m", 400), 11.0)
    full = room.next_batch(11.0)
    assert isinstance(full, Batch)
    assert [entry.number for entry in full.entries] == [0, 1]
    room.enter(Request("x", "m", 400), 11.0)
    assert isinstance(room.next_batch(13.0), Batch)


def test_an_overdue_request_goes_before_those_that_are_not_whatever_the_shares_say():
    room = WaitingRoom({"m": TOKENS}, Policy(overdue=5.0, shares={"light": 0.001}))
    room.enter(Request("light", "m", 900), 0.0)
    old = room.enter(Request("light", "m", 900), 0.0)
    for at in range(50):
        room.enter(Request("heavy", "m", 300), 1.0 + at / 100)
    first = room.next_batch(2.0)
    assert isinstance(first, Batch)
    assert old not in first.entries
    second = room.next_batch(5.5)
    assert isinstance(second, Batch)
    assert old in second.entries


@given(requests, st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_everybody_who_waits_is_served_once_within_the_cost(asked, window):
    room = WaitingRoom({"a": TOKENS, "b": TOKENS}, Policy(window=window))
    entries = [room.enter(Request(name, model, n), 0.0) for model, name, n in asked]
    served = []
    while isinstance(batch := room.next_batch(0.0), Batch):
        assert {entry.request.model for entry in batch.entries} == {batch.model}
        assert batch.padded <= TOKENS.capacity
        served.extend(batch.entries)
    assert sorted(entry.number for entry in served) == [entry.number for entry in entries]
    assert len(room) == 0


@given(st.integers(0, 10_000), st.integers(1, 900), st.integers(2, 6))
@settings(max_examples=10, deadline=None)
def test_no_application_starves_beside_one_that_floods(seed, tokens, others):
    rng = np.random.default_rng(seed)
    flood = [
        Arrival(at / 2000, Request("flood", "m", int(n)))
        for at, n in enumerate(rng.integers(1, 900, 1500))
    ]
    light = [
        Arrival(0.1 + at / 10, Request(f"light {at % others}", "m", tokens)) for at in range(6)
    ]
    arrivals = sorted(flood + light, key=lambda came: came.at)
    done = simulate(WaitingRoom({"m": TOKENS}, Policy()), arrivals, Worker(0.001, 1e-6), until=0.9)
    of_flood = [
        a
        for a, came in zip(done.added, arrivals, strict=True)
        if came.request.application == "flood"
    ]
    of_light = [
        a
        for a, came in zip(done.added, arrivals, strict=True)
        if came.request.application != "flood" and came.at < 0.8
    ]
    assert math.isinf(max(of_flood))
    # A batch takes 2 ms; each light application waits for the others' heads and for one batch.
    assert max(of_light) <= 0.002 * (others + 2)


def test_applications_that_flood_share_the_work_as_their_shares_say():
    rng = np.random.default_rng(4)
    arrivals = [
        Arrival(0.0, Request(name, "m", int(n)))
        for name in ("one", "three")
        for n in rng.integers(1, 500, 4000)
    ]
    policy = Policy(window=64, shares={"three": 3.0})
    done = simulate(WaitingRoom({"m": TOKENS}, policy), arrivals, WORKER, until=0.5)
    assert done.work["three"] / done.work["one"] == pytest.approx(3.0, rel=0.1)


def test_99_of_100_requests_wait_less_than_the_setting_at_nine_tenths_of_the_most_load():
    rng = np.random.default_rng(0)
    asked = [
        Request(f"application {at % 5}", "m", int(n))
        for at, n in enumerate(np.clip(rng.lognormal(6, 1, 6000), 1, 512))
    ]
    costs = {"m": Cost(padded_tokens, 16384)}
    setting = 0.3
    at_once = [Arrival(0.0, request) for request in asked]
    most = len(asked) / (simulate(WaitingRoom(costs, Policy()), at_once, WORKER).added.max() + 0.02)
    room = WaitingRoom(costs, Policy(overdue=setting))
    done = simulate(room, poisson(rng, asked, 0.9 * most), WORKER)
    assert done.busy > 0.9
    assert done.added_at(99) <= setting


class Time:
    """A clock that moves only when everybody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.sleepers = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, woken))
        await woken

    async def pass_until(self, end):
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            self.sleepers = [pair for pair in self.sleepers if not pair[1].done()]
            due = min(self.sleepers, key=lambda pair: pair[0], default=None)
            if due is None or due[0] > end:
                self.now = end
                return
            self.now = due[0]
            due[1].set_result(None)


def with_batcher(policy, run, scene):
    """Play a scene with a batcher on a simulated clock."""

    async def play():
        time = Time()
        room = WaitingRoom({"m": TOKENS}, policy)
        async with asyncio.timeout(20), Batcher(room, run, time, time.sleep) as batcher:
            await scene(batcher, time)

    asyncio.run(play())


async def shout(_, payloads):
    return [payload.upper() for payload in payloads]


def test_each_caller_gets_the_answer_to_what_it_asked():
    async def scene(batcher, time):
        asked = [
            asyncio.create_task(batcher.submit(Request("x", "m", n), f"text {n}"))
            for n in (300, 20, 250, 21)
        ]
        await time.pass_until(1.0)
        assert [task.result() for task in asked] == ["TEXT 300", "TEXT 20", "TEXT 250", "TEXT 21"]

    with_batcher(Policy(), shout, scene)


def test_a_lone_request_goes_out_when_it_has_lingered_and_not_before():
    async def scene(batcher, time):
        asked = asyncio.create_task(batcher.submit(Request("x", "m", 5), "text"))
        await time.pass_until(1.9)
        assert not asked.done()
        await time.pass_until(2.1)
        assert asked.result() == "TEXT"

    with_batcher(Policy(linger=2.0), shout, scene)


def test_a_batch_that_fails_fails_for_its_own_callers_only():
    async def run(_, payloads):
        if "bad" in payloads:
            raise ValueError("no such text")
        return payloads if "few" not in payloads else []

    async def scene(batcher, time):
        for payload, error in (("bad", ValueError), ("few", RunAnsweredWrongly)):
            asked = asyncio.create_task(batcher.submit(Request("x", "m", 5), payload))
            await time.pass_until(time.now + 1)
            assert isinstance(asked.exception(), error)
        good = asyncio.create_task(batcher.submit(Request("x", "m", 5), "good"))
        await time.pass_until(time.now + 1)
        assert good.result() == "good"

    with_batcher(Policy(), run, scene)


def test_a_caller_that_goes_away_takes_its_request_along():
    async def scene(batcher, time):
        gone = asyncio.create_task(batcher.submit(Request("x", "m", 5), "gone"))
        stays = asyncio.create_task(batcher.submit(Request("x", "m", 5), "stays"))
        await time.pass_until(0.5)
        gone.cancel()
        await time.pass_until(3.0)
        assert stays.result() == "STAYS"
        assert seen == [["stays"]]

    seen = []

    async def run(batch, payloads):
        seen.append(list(payloads))
        return await shout(batch, payloads)

    with_batcher(Policy(linger=2.0), run, scene)


def test_closing_tells_those_who_still_wait():
    waiting = []

    async def scene(batcher, time):
        waiting.append(asyncio.create_task(batcher.submit(Request("x", "m", 5), "text")))
        await time.pass_until(0.5)

    async def play():
        time = Time()
        async with Batcher(
            WaitingRoom({"m": TOKENS}, Policy(linger=9.0)), shout, time, time.sleep
        ) as batcher:
            await scene(batcher, time)
        with pytest.raises(BatcherClosed):
            await waiting[0]
        with pytest.raises(BatcherClosed):
            await batcher.submit(Request("x", "m", 5), "late")

    asyncio.run(play())


def test_beside_one_that_floods_the_age_limit_still_bounds_a_light_application():
    rng = np.random.default_rng(3)
    flood = [
        Arrival(at / 4000, Request("flood", "m", int(n)))
        for at, n in enumerate(rng.integers(1, 900, 4000))
    ]
    light = [Arrival(at / 20, Request("light", "m", 40)) for at in range(20)]
    arrivals = sorted(flood + light, key=lambda came: came.at)
    policy = Policy(overdue=0.1)
    done = simulate(WaitingRoom({"m": TOKENS}, policy), arrivals, Worker(0.001, 1e-6), until=2.0)
    waits = {
        name: [
            float(wait)
            for wait, came in zip(done.added, arrivals, strict=True)
            if came.request.application == name
        ]
        for name in ("flood", "light")
    }
    assert max(waits["light"]) <= 0.1 + 3 * 0.002
    assert max(waits["flood"]) > 1.0
