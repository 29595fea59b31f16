"""Simulations keep every promise: gangs whole, no GPU twice, and compiled equals plain."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gpu_lab.simulate import plans
from gpu_lab.simulate.jobs import BadJob, Job, Jobs, table
from gpu_lab.simulate.log import Moved, NodeClosed, NodeOpened, Result, Started, Stopped, Why
from gpu_lab.simulate.replay import simulate
from gpu_lab.simulate.report import queue_curve, summary
from gpu_lab.simulate.room import ImpossibleJob, Node, Part, Room, uniform
from gpu_lab.simulate.rules import (
    Backfill,
    Checkpoints,
    Drain,
    Failure,
    Fit,
    Order,
    Quotas,
    Rules,
    Sharing,
    SwitchFailure,
)
from gpu_lab.simulate.shares import progressive_filling, water_filling
from gpu_lab.simulate.troubles import Troubles, drawn
from gpu_lab.traces.philly import read_philly
from gpu_lab.traces.read import read_jobs

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
needs_traces = pytest.mark.skipif(
    not (TRACES / "philly").is_dir(),
    reason="the Philly trace is not there; TOUCHBASE_SHARED names its folder",
)

a_job = st.builds(
    Job,
    submit=st.integers(0, 40).map(float),
    seconds=st.integers(1, 30).map(float),
    gpus=st.sampled_from((1, 1, 2, 3, 4, 8, 12)),
    tenant=st.sampled_from(("a", "b", "c")),
    priority=st.integers(0, 2),
    estimate=st.integers(0, 60).map(float),
)
some_jobs = st.lists(a_job, min_size=1, max_size=25).map(table)


def ran(
    jobs: Jobs, rules: Rules, *, nodes: int = 4, compiled: bool | None = None, **more
) -> Result:
    return simulate(jobs, uniform(nodes, 4), rules, compiled=compiled, **more)


# Compiled and plain.

# Two promises fall due at 53; the true ends, 26 and 27, are not for a reservation to know.
DUE_AT_ONCE = table(
    [
        Job(0, 1, 1),
        Job(14, 13, 1, estimate=39),
        Job(25, 1, 8, estimate=28),
        Job(25, 1, 4),
        Job(25, 1, 1, estimate=29),
    ]
)
# In tenths of a second the last ends just in time by the sum, 4 + 1 <= 5, not by 1 <= 5 - 4.
JUST_IN_TIME = table([Job(0, 5, 3), Job(4, 10, 4), Job(4, 1, 1)])


@example(DUE_AT_ONCE, Order.FIFO, Backfill.EASY, Fit.BEST, 3, 1.0)
@example(JUST_IN_TIME, Order.FIFO, Backfill.EASY, Fit.BEST, 1, 0.1)
@given(
    jobs=some_jobs,
    order=st.sampled_from((Order.FIFO, Order.SHORTEST)),
    backfill=st.sampled_from((Backfill.NONE, Backfill.SKIP, Backfill.EASY)),
    fit=st.sampled_from(Fit),
    nodes=st.integers(3, 5),
    tick=st.sampled_from((1.0, 0.1)),
)
@settings(max_examples=200, deadline=None)
def test_compiled_runs_start_and_end_every_job_as_the_plain_ones(
    jobs, order, backfill, fit, nodes, tick
):
    times = (jobs.submit, jobs.seconds, jobs.estimate)
    submit, seconds, estimate = (column * tick for column in times)
    jobs = replace(jobs, submit=submit, seconds=seconds, estimate=estimate)
    rules = Rules(order, backfill, fit)
    fast, plain = (ran(jobs, rules, nodes=nodes, compiled=able) for able in (True, False))
    assert fast.start.tolist() == plain.start.tolist()
    assert fast.end.tolist() == plain.end.tolist()


def by_seconds(jobs: Jobs, nodes: int, gpus: int) -> tuple[float, float]:
    """Run second by second, trying every waiting job in turn: the peer written by the rule."""
    free = [gpus] * nodes
    waiting, running, ended = list(range(len(jobs))), [], {}
    now = 0
    while waiting or running:
        for end, job, place in [one for one in running if one[0] <= now]:
            running.remove((end, job, place))
            for part in place:
                free[part.node] += part.gpus
            ended[job] = now
        for job in [one for one in waiting if jobs.submit[one] <= now]:
            room = Room(uniform(nodes, gpus))
            room.gpus = free
            if place := room.fit(jobs.row(job)):
                room.take(place)
                waiting.remove(job)
                running.append((now + jobs.seconds[job], job, place))
        now += 1
    completion = np.array([ended[job] - jobs.submit[job] for job in range(len(jobs))])
    return round(completion.mean(), 4), round((completion - jobs.seconds).mean(), 4)


def test_a_replay_equals_a_second_by_second_peer_to_four_digits():
    rng = np.random.default_rng(3)
    # A thousand jobs come each minute and durations are capped, as the peer's own script has it.
    jobs = table(
        Job(60.0 * (n // 50), float(rng.integers(1, 90)), int(rng.choice([1, 2, 4, 8, 16])))
        for n in range(200)
    )
    outcome = summary(simulate(jobs, uniform(8, 8), Rules()))
    assert by_seconds(jobs, 8, 8) == (
        round(outcome.mean_completion, 4),
        round(outcome.mean_wait, 4),
    )


@pytest.mark.parametrize(
    ("count", "completion", "wait"),
    [(1000, 3277.7300, 941.7478), (3000, 9255.8834, 7411.4672)],
)
def test_the_published_inputs_of_the_pai_simulator_give_its_figures(count, completion, wait):
    path = TRACES / "pai" / f"jobs_{count}.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in traces/pai; TOUCHBASE_SHARED names the folder above")
    outcome = summary(simulate(read_jobs(path), uniform(64, 8), Rules()))
    assert round(outcome.mean_completion, 4) == completion
    assert round(outcome.mean_wait, 4) == wait


@needs_traces
@pytest.mark.parametrize(
    ("count", "completion", "wait"),
    [(1000, 4406.4350, 1365.0720), (3000, 11717.4507, 8484.2070)],
)
def test_a_replay_equals_the_pai_simulator_itself_to_four_digits(count, completion, wait):
    # What Alibaba's simulator (clusterdata 7a6c496; FIFO, least idle node first, 64 nodes of 8)
    # printed for Philly's first jobs, cut to one node and two hours, a thousand a minute.
    rows = islice(read_philly(TRACES / "philly" / "philly_jobs.csv"), count)
    jobs = table(
        Job(60.0 * (n // 1000), min(job.seconds, 7200.0), min(job.gpus, 8))
        for n, job in enumerate(rows)
    )
    outcome = summary(simulate(jobs, uniform(64, 8), Rules()))
    assert round(outcome.mean_completion, 4) == completion
    assert round(outcome.mean_wait, 4) == wait


# Conservation.


def replayed(result: Result) -> None:
    """Go through the log and fail on any GPU given twice, freed twice, or gang torn."""
    free = [node.gpus for node in result.nodes]
    closed: set[int] = set()
    where: dict[int, tuple[Part, ...]] = {}
    used: dict[str, int] = {}
    for happening in result.log:
        match happening:
            case Started(job=job, placement=placement, share=share):
                assert job not in where
                row = result.jobs.row(job)
                assert sum(part.gpus for part in placement) == row.gpus
                assert not closed & {part.node for part in placement}
                where[job] = placement
                move(free, placement, -1)
                used[row.tenant] = used.get(row.tenant, 0) + row.gpus
                assert share is None or used[row.tenant] <= share
            case Stopped(job=job):
                row = result.jobs.row(job)
                move(free, where.pop(job), 1)
                used[row.tenant] -= row.gpus
            case Moved(job=job, placement=placement):
                move(free, where[job], 1)
                move(free, placement, -1)
                where[job] = placement
            case NodeClosed(node=node):
                closed.add(node)
            case NodeOpened(node=node):
                closed.discard(node)
        assert all(0 <= gpus <= node.gpus for gpus, node in zip(free, result.nodes, strict=True))
    assert not where
    assert not np.isnan(result.end).any()


def move(free: list[int], placement: tuple[Part, ...], sign: int) -> None:
    for part in placement:
        free[part.node] += sign * part.gpus


some_disruptions = st.lists(
    st.one_of(
        st.builds(Failure, st.integers(0, 60).map(float), st.integers(0, 3), st.just(15.0)),
        st.builds(
            SwitchFailure,
            st.integers(0, 60).map(float),
            st.sampled_from(((0, 1), (2, 3), (0, 1, 2, 3))),
            st.just(7.0),
        ),
        st.builds(
            Drain, st.integers(0, 60).map(float), st.integers(0, 3), st.just(10.0), st.just(5.0)
        ),
    ),
    max_size=5,
)
some_rules = st.builds(
    Rules,
    order=st.sampled_from(Order),
    backfill=st.sampled_from(Backfill),
    fit=st.sampled_from(Fit),
    preempts=st.booleans(),
    reclaims=st.booleans(),
    checkpoints=st.just(Checkpoints(5.0, 1.0)),
    quotas=st.sampled_from((None, None, Quotas({"a": 8, "b": 4}), Quotas({"a": 4}, Sharing.EVEN))),
    migration_seconds=st.sampled_from((None, 2.0)),
)


@given(jobs=some_jobs, rules=some_rules, disruptions=some_disruptions)
@settings(max_examples=200, deadline=None)
def test_no_gpu_is_given_twice_and_gangs_stay_whole_under_every_rule(jobs, rules, disruptions):
    result = ran(jobs, rules, disruptions=disruptions, compiled=False)
    replayed(result)
    again = ran(jobs, rules, disruptions=disruptions, compiled=False)
    assert again.log == result.log


def test_gangs_larger_than_every_share_still_run_when_the_fleet_stands_idle():
    jobs = table([Job(0, 1, 1, tenant="a"), Job(0, 1, 8, tenant="b"), Job(0, 1, 12, tenant="a")])
    rules = Rules(backfill=Backfill.NONE, quotas=Quotas({"a": 8, "b": 4}))
    assert sorted(ran(jobs, rules, compiled=False).end.tolist()) == [1.0, 2.0, 3.0]


@given(jobs=some_jobs)
@settings(max_examples=60, deadline=None)
def test_without_borrowing_no_tenant_ever_exceeds_its_quota(jobs):
    quotas = Quotas({"a": 12, "b": 12, "c": 16}, Sharing.NO_BORROWING)
    result = ran(jobs, Rules(quotas=quotas), compiled=False)
    assert all(one.share == quotas.gpus[jobs.row(one.job).tenant] for one in started(result))
    replayed(result)


@given(
    jobs=some_jobs,
    backfill=st.sampled_from(Backfill),
    quota=st.sampled_from(({"a": 8, "b": 4, "c": 4}, {"a": 12, "b": 2}, {"c": 16})),
)
@settings(max_examples=150, deadline=None)
def test_only_borrowed_gpus_are_taken_back_and_only_for_who_stays_within_its_quota(
    jobs, backfill, quota
):
    rules = Rules(
        backfill=backfill,
        reclaims=True,
        quotas=Quotas(quota),
        checkpoints=Checkpoints(5.0, 1.0),
    )
    result = ran(jobs, rules, compiled=False)
    replayed(result)
    used = dict.fromkeys(jobs.tenants, 0)
    claiming = False
    for happening in result.log:
        row = jobs.row(happening.job)
        if isinstance(happening, Started):
            used[row.tenant] += row.gpus
            assert not claiming or used[row.tenant] <= quota.get(row.tenant, 0)
            claiming = False
        else:
            assert not claiming or happening.why is Why.RECLAIMED
            claiming = happening.why is Why.RECLAIMED
            assert not claiming or used[row.tenant] > quota.get(row.tenant, 0)
            used[row.tenant] -= row.gpus


@given(jobs=some_jobs, switch=st.sampled_from(((0, 1), (1, 2, 3))), at=st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_lost_switch_stops_every_job_behind_it_once_and_its_nodes_come_back_together(
    jobs, switch, at
):
    lost = SwitchFailure(float(at), switch, 9.0)
    result = ran(jobs, Rules(), disruptions=[lost])
    replayed(result)
    failed = [one.job for one in result.log if isinstance(one, Stopped) and one.why is Why.FAILED]
    assert len(failed) == len(set(failed))
    back = [(one.at, one.node) for one in result.log if isinstance(one, NodeOpened)]
    assert back == [(at + 9.0, node) for node in switch]


@given(
    jobs=some_jobs,
    seed=st.integers(0, 99),
    at_once=st.integers(1, 3),
    wanted=st.builds(
        Troubles, st.integers(0, 2), st.integers(0, 2), st.just(2), st.integers(1, 6), st.just(9.0)
    ),
)
@settings(max_examples=80, deadline=None)
def test_drawn_troubles_keep_every_promise_and_maintenance_keeps_its_budget(
    jobs, seed, at_once, wanted
):
    troubles = drawn(wanted, 4, 40.0, np.random.default_rng(seed))
    assert len(troubles) == wanted.failures + wanted.switch_failures + wanted.drains
    rules = Rules(drained_at_once=at_once, checkpoints=Checkpoints(5.0, 1.0))
    result = ran(jobs, rules, disruptions=troubles)
    replayed(result)
    drained: set[int] = set()
    for happening in result.log:
        match happening:
            case NodeClosed(node=node, away=False):
                drained.add(node)
            case NodeOpened(node=node):
                drained.discard(node)
        assert len(drained) <= at_once


def started(result: Result) -> list[Started]:
    return [one for one in result.log if isinstance(one, Started)]


@given(jobs=some_jobs, backfill=st.sampled_from((Backfill.EASY, Backfill.CONSERVATIVE)))
@settings(max_examples=60, deadline=None)
def test_backfilling_keeps_the_first_job_of_the_queue_no_longer_than_strict_order_does(
    jobs, backfill
):
    strict = ran(jobs, Rules(backfill=Backfill.NONE), compiled=False)
    if not (strict.start > jobs.submit).any():
        return
    first = int(np.argmax(strict.start > jobs.submit))
    if jobs.priority.any() or (jobs.estimate > jobs.seconds).any():
        return
    filled = ran(jobs, Rules(backfill=backfill), compiled=False)
    assert filled.start[first] <= strict.start[first]


# The rules, one lesson each.


def test_strict_order_waits_behind_a_job_that_does_not_fit_and_skipping_does_not():
    jobs = table([Job(0, 10, 12), Job(1, 10, 8), Job(2, 5, 4)])
    assert ran(jobs, Rules(backfill=Backfill.NONE)).start.tolist() == [0, 10, 10]
    assert ran(jobs, Rules(backfill=Backfill.SKIP)).start.tolist() == [0, 10, 2]


def test_a_reservation_by_counts_lets_nobody_pass_when_shape_is_what_blocks():
    room = Room(uniform(2, 4))
    room.take((Part(0, 2), Part(1, 2)))
    head = Job(0, 10, 4)
    releases = [plans.Release(100.0, (Part(0, 2),)), plans.Release(200.0, (Part(1, 2),))]
    by_shape = plans.reserve(room, head, releases, 0.0)
    by_counts = plans.reserve_by_counts(room, head, releases, 0.0)
    assert (by_shape.at, by_counts.at) == (100.0, 0.0)
    small = Job(1, 50, 1, estimate=50)
    assert plans.beside(room, small, by_shape, 0.0) is not None
    assert plans.beside(room, small, by_counts, 0.0) is None


@pytest.mark.parametrize("reserve", [plans.reserve, plans.reserve_by_counts])
def test_a_reservation_counts_on_all_that_is_promised_back_at_its_instant(reserve):
    room = Room(uniform(3, 4))
    room.take((Part(0, 4), Part(1, 2), Part(2, 4)))
    releases = [
        plans.Release(100.0, (Part(2, 4),)),
        plans.Release(100.0, (Part(0, 4),)),
        plans.Release(200.0, (Part(1, 2),)),
    ]
    head = Job(0, 10, 4)
    both = [reserve(room, head, turned, 0.0) for turned in (releases, releases[::-1])]
    assert both[0] == both[1]
    spare = (0, 2, 4) if reserve is plans.reserve else (6, 6, 6)
    assert (both[0].at, both[0].spare_gpus) == (100.0, spare)


def test_a_job_that_would_not_end_in_time_takes_no_node_that_the_first_in_the_queue_will_get():
    # At 53 all nodes are free and the fourth job gets node 0, where the last would be till 54.
    for able in (True, False):
        starts = ran(DUE_AT_ONCE, Rules(backfill=Backfill.EASY), nodes=3, compiled=able).start
        assert starts.tolist() == [0, 14, 25, 26, 26]


def test_a_more_important_job_stops_the_least_and_latest_and_the_checkpoint_is_kept():
    jobs = table([Job(0, 100, 16), Job(25, 10, 16, priority=1)])
    rules = Rules(preempts=True, checkpoints=Checkpoints(10.0, 5.0))
    result = ran(jobs, rules, compiled=False)
    assert next(one for one in result.log if isinstance(one, Stopped)) == Stopped(
        25, 0, Why.PREEMPTED, 5.0
    )
    # 20 of 100 seconds were kept; it runs on at 35 with a restart of 5 and the other 80.
    assert result.end.tolist() == [120.0, 35.0]


def test_a_failing_node_stops_its_jobs_and_they_start_again_elsewhere():
    jobs = table([Job(0, 100, 4)])
    rules = Rules(checkpoints=Checkpoints(30.0, 2.0))
    result = ran(jobs, rules, nodes=2, disruptions=[Failure(50.0, 0, 1000.0)])
    assert result.end.tolist() == [50 + 2 + 70]
    assert started(result)[1].placement == (Part(1, 4),)
    assert result.lost_seconds == 20.0


def test_maintenance_waits_for_a_node_to_empty_within_its_grace_and_budget():
    jobs = table([Job(0, 20, 4), Job(0, 20, 4), Job(5, 20, 4)])
    drains = [Drain(1.0, 0, 10.0, grace=100.0), Drain(1.0, 1, 10.0, grace=100.0)]
    result = ran(jobs, Rules(drained_at_once=1), nodes=2, disruptions=drains)
    assert result.end.tolist() == [20.0, 20.0, 40.0]
    away = [one for one in result.log if isinstance(one, NodeClosed) and one.away]
    assert [(one.at, one.node) for one in away] == [(20.0, 0), (40.0, 1)]


def test_moving_small_jobs_together_makes_room_that_counting_promised():
    jobs = table([Job(0, 10, 3), Job(0, 100, 1), Job(0, 10, 3), Job(0, 100, 1), Job(20, 10, 4)])
    waits = ran(jobs, Rules(), nodes=2, compiled=False)
    moves = ran(jobs, Rules(migration_seconds=2.0), nodes=2, compiled=False)
    assert (waits.start[4], moves.start[4]) == (100.0, 20.0)
    assert sorted(moves.end[[1, 3]].tolist()) == [100.0, 102.0]


def test_a_blocked_tenant_borrows_what_others_do_not_ask_for():
    assert water_filling(10, {"a": 4, "b": 6}, {"a": 9, "b": 2}) == {"a": 8, "b": 2}
    assert water_filling(10, {"a": 4, "b": 6}, {"a": 9, "b": 9}) == {"a": 4, "b": 6}
    assert water_filling(7, {}, {"a": 9, "b": 9}) == {"a": 4, "b": 3}


@given(
    capacity=st.integers(0, 60),
    quota=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 15)),
    demand=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 40), min_size=1),
)
def test_lent_shares_never_exceed_demand_or_fleet_and_leave_nothing_idle_that_is_wanted(
    capacity, quota, demand
):
    share = water_filling(capacity, quota, demand)
    deserved = sum(min(quota.get(name, 0), wanted) for name, wanted in demand.items())
    assert all(share[name] <= demand[name] for name in demand)
    assert all(share[name] >= min(quota.get(name, 0), demand[name]) for name in demand)
    assert sum(share.values()) == max(min(capacity, sum(demand.values())), deserved)


def test_dominant_resource_fairness_gives_the_shares_of_its_paper():
    count = progressive_filling(
        {"cpu": 9, "ram": 18}, {"a": {"cpu": 1, "ram": 4}, "b": {"cpu": 3, "ram": 1}}
    )
    assert count == {"a": 3, "b": 2}


some_needs = st.fixed_dictionaries({"GPUs": st.integers(0, 3), "CPUs": st.integers(0, 5)}).filter(
    lambda needs: any(needs.values())
)


@given(
    task=st.fixed_dictionaries({"a": some_needs, "b": some_needs, "c": some_needs}),
    gpus=st.integers(3, 6),
    cpus=st.integers(5, 9),
)
@settings(max_examples=60, deadline=None)
def test_the_order_by_dominant_shares_starts_what_progressive_filling_counts(task, gpus, cpus):
    jobs = table(
        Job(0, 9, needs["GPUs"], needs["CPUs"], tenant=tenant)
        for tenant, needs in sorted(task.items())
        for _ in range(cpus)
    )
    result = simulate(jobs, (Node(gpus, cpus=cpus),), Rules(Order.DOMINANT))
    at_once = [jobs.row(one.job).tenant for one in started(result) if one.at == 0]
    count = progressive_filling({"GPUs": gpus, "CPUs": cpus}, task)
    assert {tenant: at_once.count(tenant) for tenant in task} == count


def test_the_tenant_with_the_smallest_dominant_share_goes_first_as_in_the_paper():
    jobs = table(
        [Job(0, 9, 1, 4, tenant="a") for _ in range(9)]
        + [Job(0, 9, 3, 1, tenant="b") for _ in range(9)]
    )
    fifo, fair = (
        simulate(jobs, (Node(9, cpus=18),), Rules(order)) for order in (Order.FIFO, Order.DOMINANT)
    )
    assert [(run.start[:9] == 0).sum() for run in (fifo, fair)] == [4, 3]
    assert [(run.start[9:] == 0).sum() for run in (fifo, fair)] == [1, 2]


def test_a_tenant_below_its_quota_takes_back_the_newest_borrowed_gpus_at_checkpoint_cost():
    lent = [Job(0, 100, 8, tenant="a"), Job(1, 100, 4, tenant="a"), Job(1, 100, 4, tenant="a")]
    jobs = table([*lent, Job(25, 10, 4, tenant="b")])
    rules = Rules(
        backfill=Backfill.SKIP,
        quotas=Quotas({"a": 8, "b": 8}),
        checkpoints=Checkpoints(10.0, 5.0),
    )
    waits = ran(jobs, rules, compiled=False)
    taken = ran(jobs, replace(rules, reclaims=True), compiled=False)
    assert (waits.start[3], taken.start[3]) == (100.0, 25.0)
    # Of 24 seconds 20 were kept; the third job runs on at 35, restarts for 5 and has 80 left.
    assert Stopped(25.0, 2, Why.RECLAIMED, 4.0) in taken.log
    assert taken.end.tolist() == [100.0, 101.0, 120.0, 35.0]


def test_a_tenant_takes_nothing_back_beyond_its_quota_nor_from_those_within_theirs():
    jobs = table(
        [Job(0, 100, 8, tenant="a"), Job(0, 100, 8, tenant="b"), Job(5, 10, 4, tenant="b")]
    )
    rules = Rules(quotas=Quotas({"a": 8, "b": 8}), reclaims=True)
    assert ran(jobs, rules, compiled=False).start.tolist() == [0.0, 0.0, 100.0]


def test_cpu_only_jobs_take_cpus_and_no_gpu():
    jobs = table([Job(0, 5, 0, cpus=8), Job(0, 5, 0, cpus=8), Job(0, 5, 4)])
    result = simulate(jobs, (Node(4, cpus=8),), Rules())
    assert result.start.tolist() == [0.0, 5.0, 0.0]


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (Job(0, 1, 99), "99 GPUs asked for; the most that fits is 16"),
        (Job(0, 1, 1, kind="H100"), "no H100 GPU; the fleet has A100"),
        (Job(0, 1, 1, cpus=64), "64 CPUs beside 1 GPUs; the largest node has 0 CPUs"),
        (Job(0, 1, 0, cpus=8), r"8 CPUs beside 0 GPUs; .* \(--cpus gives nodes more\)"),
    ],
)
def test_an_impossible_job_is_named_with_the_nearest_that_fits(job, words):
    with pytest.raises(ImpossibleJob, match=words):
        simulate(table([job]), uniform(4, 4, "A100"), Rules())


@pytest.mark.parametrize(
    "job",
    [Job(-1, 1, 1), Job(0, -1, 1), Job(0, 1, 0), Job(0, 1, -1), Job(0, 1, 1, estimate=np.inf)],
)
def test_jobs_that_cannot_be_are_refused(job):
    with pytest.raises(BadJob, match="job 0"):
        table([job])


def test_the_queue_curve_counts_who_waits_and_what_is_busy():
    curve = queue_curve(ran(table([Job(0, 10, 16), Job(0, 10, 16)]), Rules()), points=21)
    assert curve.waiting[[0, 9, 10, 20]].tolist() == [1, 1, 0, 0]
    assert curve.busy_gpus[[0, 15, 20]].tolist() == [16, 16, 0]


@pytest.fixture(scope="module")
def philly() -> Jobs:
    return table(read_philly(TRACES / "philly" / "philly_jobs.csv"))


def mean_completion(jobs: Jobs, rules: Rules) -> float:
    return summary(simulate(jobs, uniform(64, 8), rules)).mean_completion


@needs_traces
def test_on_philly_shrunk_to_512_gpus_a_shape_aware_reservation_beats_strict_order(philly):
    means = {
        backfill: mean_completion(philly, Rules(backfill=backfill))
        for backfill in (Backfill.NONE, Backfill.EASY, Backfill.SKIP)
    }
    assert means[Backfill.SKIP] < means[Backfill.EASY] < means[Backfill.NONE] / 3


@needs_traces
@pytest.mark.parametrize(
    ("order", "backfill", "published"),
    [
        (Order.FIFO, Backfill.SKIP, 103_158),
        (Order.SHORTEST, Backfill.SKIP, 24_617),
        (Order.FIFO, Backfill.NONE, 810_884),
    ],
)
def test_first_fit_and_gangs_in_whole_nodes_give_the_published_means_of_philly(
    philly, order, backfill, published
):
    rules = Rules(order, backfill, Fit.FIRST)
    assert round(mean_completion(philly.in_whole_nodes(8), rules)) == published


def test_only_gangs_larger_than_a_node_are_rounded_up_to_whole_nodes():
    jobs = table(Job(0, 1, gpus) for gpus in (1, 7, 8, 9, 12, 16))
    assert jobs.in_whole_nodes(8).gpus.tolist() == [1, 7, 8, 16, 16, 16]


@pytest.mark.parametrize(("fit", "node"), [(Fit.BEST, 2), (Fit.FIRST, 1), (Fit.WORST, 3)])
def test_the_rule_of_fit_chooses_among_the_nodes_with_room(fit, node):
    room = Room(uniform(5, 4), fit)
    room.gpus = [1, 3, 2, 4, 4]
    assert room.fit(Job(0, 1, 2)) == (Part(node, 2),)
