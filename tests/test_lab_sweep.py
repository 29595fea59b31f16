"""Sweeps keep what is done, go on after a stop, and give the same on a cluster."""

from __future__ import annotations

import errno
import json
import os
import pickle
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from gpu_lab.pictures.curve_pages import completion_page
from gpu_lab.placement.protocol.world import UnknownPolicy
from gpu_lab.sweeps import sweep as sweeping
from gpu_lab.sweeps.cells import BadSweep, Cell, Figures, Inflation, InTime, cells, run
from gpu_lab.sweeps.report import lines, write_page, write_parquet
from gpu_lab.sweeps.sweep import Dask, Processes, Ray, SweepStopped, keep, kept, sweep
from gpu_lab.traces.errors import TraceMalformed, TraceNotFound
from gpu_lab.traces.read import UnknownTrace

SMALL = InTime(nodes=4, gpus=8, jobs=200)
ONE = Processes(1)


def some_cells() -> list[Cell]:
    return list(cells(["fifo/skip", "fifo/none"], ["made"], [1, 2], [0.8, 1.5]))


def test_every_combination_is_run_once_and_named_by_itself():
    found = list(cells(["a", "b"], ["w"], [1, 1], [1.0]))
    assert [cell.policy for cell in found] == ["a", "b"]
    assert len({cell.key for cell in some_cells()}) == 8


def test_a_sweep_gives_every_cell_and_the_same_again(tmp_path):
    results = sweep(some_cells(), SMALL, tmp_path, ONE)
    assert list(results) == some_cells()
    assert results == {cell: run(cell, SMALL) for cell in some_cells()}
    seen = []
    assert sweep(some_cells(), SMALL, tmp_path, ONE, seen.append) == results
    assert seen == some_cells()


def test_only_what_is_missing_or_torn_is_run_again(tmp_path, monkeypatch):
    results = sweep(some_cells(), SMALL, tmp_path, ONE)
    torn, gone = some_cells()[:2]
    (tmp_path / f"{torn.key}.json").write_text('{"mean_wa')
    (tmp_path / f"{gone.key}.json").unlink()
    ran = []
    real = sweeping.keep
    monkeypatch.setattr(
        sweeping,
        "keep",
        lambda folder, cell, *result: ran.append(cell) or real(folder, cell, *result),
    )
    assert sweep(some_cells(), SMALL, tmp_path, ONE) == results
    assert sorted(cell.key for cell in ran) == sorted([torn.key, gone.key])


def test_results_of_another_fleet_in_the_same_folder_are_not_taken_for_these(tmp_path):
    wanted = some_cells()[:2]
    small = sweep(wanted, SMALL, tmp_path, ONE)
    large = sweep(wanted, replace(SMALL, nodes=8), tmp_path, ONE)
    assert large == {cell: run(cell, replace(SMALL, nodes=8)) for cell in wanted}
    assert large != small


def test_a_full_disk_stops_the_sweep_and_says_what_is_kept(tmp_path, monkeypatch):
    real, room = sweeping.keep, [3]

    def until_full(folder: Path, *result: object) -> None:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        room[0] -= 1
        real(folder, *result)

    monkeypatch.setattr(sweeping, "keep", until_full)
    with pytest.raises(SweepStopped, match="is full; 3 of 8 cells are kept; the same command"):
        sweep(some_cells(), SMALL, tmp_path, ONE)
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 3
    assert len(sweep(some_cells(), SMALL, tmp_path, ONE)) == 8


def test_a_result_that_cannot_be_written_leaves_nothing_half(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        keep(tmp_path, some_cells()[0], SMALL, Figures(allocation=1.0))
    assert list(tmp_path.iterdir()) == []


def dies(cell: Cell, protocol: InTime) -> tuple[Cell, Figures]:
    if cell.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return cell, run(cell, protocol)


@pytest.mark.filterwarnings("ignore:A worker stopped")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_worker_that_dies_stops_the_sweep_and_the_same_command_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "_task", dies)
    with pytest.raises(SweepStopped, match="a worker died"):
        sweep(some_cells(), SMALL, tmp_path, Processes(2))
    monkeypatch.undo()
    assert len(sweep(some_cells(), SMALL, tmp_path, ONE)) == 8


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_same_sweep_runs_on_a_dask_cluster_by_address(tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    )
    with cluster:
        results = sweep(some_cells()[:4], SMALL, tmp_path, Dask(cluster.scheduler_address))
    assert results == {cell: run(cell, SMALL) for cell in some_cells()[:4]}


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_the_same_sweep_runs_on_a_ray_cluster_by_address(tmp_path):
    ray = pytest.importorskip("ray")
    context = ray.init(num_cpus=1, include_dashboard=False, object_store_memory=100_000_000)
    try:
        results = sweep(some_cells()[:4], SMALL, tmp_path, Ray(context.address_info["address"]))
    finally:
        ray.shutdown()
    assert results == {cell: run(cell, SMALL) for cell in some_cells()[:4]}


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")

    def refuses(_: str, **__: object) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refuses)
    with pytest.raises(BadSweep, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        sweep(some_cells(), SMALL, tmp_path, Dask("tcp://127.0.0.1:1"))


def test_a_policy_that_is_none_is_refused():
    with pytest.raises(BadSweep, match="lifo"):
        run(replace(some_cells()[0], policy="lifo/skip"), SMALL)


def test_results_become_parquet_and_one_page_that_needs_no_network(tmp_path):
    results = sweep(some_cells(), SMALL, tmp_path / "cells", ONE)
    write_parquet(tmp_path / "r.parquet", results)
    table = pq.read_table(tmp_path / "r.parquet").to_pylist()
    assert [row["policy"] for row in table] == [cell.policy for cell in results]
    write_page(tmp_path / "r.html", "A <sweep>", results)
    page = (tmp_path / "r.html").read_text()
    assert "A &lt;sweep&gt;" in page
    assert 'src="http' not in page
    assert page.count("<table>") == 4
    mean = lines(results, "mean_wait")
    assert {line.seeds for line in mean} == {2}


def test_cells_of_the_inflation_protocol_read_their_trace(tmp_path):
    nodes = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,65536,2,T4\n"
    pods = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,1000,64,1,500\np1,1000,64,1,1000\n"
    (tmp_path / "openb_node_list_gpu_node.csv").write_text(nodes)
    (tmp_path / "openb_pod_list_two.csv").write_text(pods)
    figures = run(Cell("fgd", "two", 1, 1.0), Inflation(tmp_path))
    assert figures.mean_wait is None
    assert figures.failed is not None
    assert kept(tmp_path, Cell("fgd", "two", 1, 1.0), Inflation(tmp_path)) is None
    keep(tmp_path, Cell("fgd", "two", 1, 1.0), Inflation(tmp_path), figures)
    on_disk = json.loads((tmp_path / "two--fgd--1--1.json").read_text())["figures"]
    assert on_disk["failed"] == figures.failed


def test_a_trace_that_is_not_there_is_named_by_the_sweep_and_not_taken_for_a_dead_worker(tmp_path):
    missing = InTime(2, 8, 10, tmp_path / "none.csv")
    todo = list(cells(["fifo/skip", "fifo/none"], ["none"], [1], [1.0]))
    with pytest.raises(TraceNotFound, match=r"no such trace: .*none\.csv\. `touchbase lab traces`"):
        sweep(todo, missing, tmp_path / "cells", Processes(2))


@pytest.mark.parametrize(
    "error",
    [TraceMalformed(Path("a.csv"), 3, "no"), UnknownTrace("slurm"), UnknownPolicy("x")],
)
def test_an_error_comes_back_from_a_worker_as_it_was(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_completion_times_become_a_page_with_every_run_named():
    page = completion_page({"skip": np.array([3600.0, 7200.0]), "none": np.array([36_000.0])})
    assert "skip: 1.5 h to completion on average,\\u003cbr\\u003e6.7 times less than none" in page
    assert '"name":"skip"' in page
