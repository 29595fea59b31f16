"""The lab's verbs of runs in time, as the person types them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.cli.lab import app

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
needs_traces = pytest.mark.skipif(
    not (TRACES / "openb_oracle" / "sequences.npz").is_file(),
    reason="the openb traces are not there; TOUCHBASE_SHARED names their folder",
)
NODES = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,65536,2,T4\nn1,32000,65536,2,T4\n"
PODS = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,1000,64,1,500\np1,1000,64,1,900\n"


def typed(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


@pytest.fixture
def openb(tmp_path: Path) -> Path:
    (tmp_path / "openb_node_list_gpu_node.csv").write_text(NODES)
    (tmp_path / "openb_pod_list_two.csv").write_text(PODS)
    return tmp_path


@needs_traces
def test_a_published_run_is_printed_as_131_allocations_and_131_fragmentations():
    sequence = TRACES / "openb_oracle" / "sequences.npz"
    words = ("simulate", "--trace", TRACES / "openb", "--workload", "default", "--policy", "fgd")
    printed = json.loads(
        typed(*words, "--sequence", sequence, "--seed", 42, "--protocol", "fgd", "--json")
    )
    assert (len(printed["allocation"]), len(printed["fragmentation"])) == (131, 131)
    assert printed["allocation"][130] == 95.29
    assert printed["fragmentation"][0] == 13.9192


def test_where_nothing_arrived_the_printed_figure_is_null(openb):
    printed = json.loads(
        typed("simulate", "--trace", openb, "--workload", "two", "--protocol", "fgd", "--json")
    )
    assert printed["allocation"][0] is None
    assert printed["order"] == "drawn"


def test_the_same_seed_prints_the_same_run():
    words = ("simulate", "--make", 300, "--nodes", 2, "--json", "--seed", 3)
    assert typed(*words) == typed(*words)
    assert json.loads(typed(*words))["finished"] == 300


def test_failures_quotas_preemption_and_moves_are_options_of_the_same_verb():
    words = ("simulate", "--make", 150, "--nodes", 4, "--load", 3, "--json")
    calm = json.loads(typed(*words))
    rough = json.loads(typed(*words, "--failures", 20, "--preempts", "--migrate", 30))
    assert (calm["stops"], calm["finished"]) == (0, 150)
    assert rough["stops"] > 0
    assert rough["finished"] == 150
    shared = json.loads(typed(*words, "--quota", "team-00=16", "--quota", "team-01=8"))
    assert shared["finished"] == 150
    assert "not of the form TENANT=GPUS" in refused(*words, "--quota", "team-00")


def test_the_rule_of_fit_and_whole_nodes_are_options_too(tmp_path):
    jobs = tmp_path / "jobs.csv"
    head = "submit_seconds,duration_seconds,gpus\n"
    jobs.write_text(head + "0,100,6\n0,100,12\n0,100,2\n0,50,4\n")
    words = ("simulate", "--trace", jobs, "--nodes", 3, "--json")
    tight, waits = (json.loads(typed(*words, *more)) for more in ((), ("--whole-nodes",)))
    assert (tight["mean_wait"], tight["fit"]) == (0, "best-fit")
    assert waits["mean_wait"] == 25
    scattered = json.loads(typed(*words, "--fit", "worst-fit"))
    assert (scattered["mean_wait"], scattered["fit"]) == (25, "worst-fit")


def test_jobs_that_ask_for_cpus_are_shared_out_by_dominant_shares(tmp_path):
    jobs = tmp_path / "jobs.csv"
    rows = ["0,100,1,4,a"] * 9 + ["0,100,3,1,b"] * 9
    jobs.write_text("\n".join(["submit_seconds,duration_seconds,gpus,cpus,tenant", *rows]))
    words = ("simulate", "--trace", jobs, "--nodes", 1, "--gpus", 9, "--json")
    assert "(--cpus gives nodes more)" in refused(*words)
    runs = [json.loads(typed(*words, "--cpus", 18, "--order", o)) for o in ("fifo", "dominant")]
    assert [run["finished"] for run in runs] == [18, 18]
    assert runs[0]["mean_wait"] != runs[1]["mean_wait"]


def test_lost_switches_drains_and_reclaimed_quota_are_options_too(tmp_path):
    words = ("simulate", "--make", 150, "--nodes", 4, "--load", 3, "--json")
    troubled = ("--switch-failures", 3, "--switch-nodes", 2, "--drains", 4)
    rough = json.loads(typed(*words, *troubled, "--drained-at-once", 2))
    assert (rough["disruptions"], rough["finished"]) == (7, 150)
    assert rough["stops"] > 0
    jobs = tmp_path / "jobs.csv"
    head = "submit_seconds,duration_seconds,gpus,tenant\n"
    jobs.write_text(head + "0,9000,8,a\n0,9000,8,a\n60,600,8,b\n")
    lent = ("simulate", "--trace", jobs, "--nodes", 2, "--quota", "a=8", "--quota", "b=8", "--json")
    quiet, taken = (json.loads(typed(*lent, *more)) for more in ((), ("--reclaims",)))
    assert (quiet["stops"], taken["stops"], taken["finished"]) == (0, 1, 3)
    assert "--reclaims needs --quota" in refused(*words, "--reclaims")


def test_a_bug_of_ours_is_not_turned_into_a_refusal(monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("operands could not be broadcast")

    monkeypatch.setattr("gpu_lab.simulate.replay.simulate", broken)
    with pytest.raises(ValueError, match="broadcast"):
        typed("simulate", "--make", 10)


def test_a_run_and_its_pictures_are_written(openb, tmp_path):
    for words, name in (
        (("simulate", "--make", 300, "--nodes", 2), "queue.png"),
        (("simulate", "--make", 300, "--nodes", 2, "--curve", "completion"), "completion.png"),
        (("simulate", "--trace", openb, "--workload", "two", "--protocol", "fgd"), "curve.png"),
        (("ops", "--nodes", 16), "gantt.png"),
    ):
        typed(*words, "--picture", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_curves_can_be_looked_into_as_pages_without_any_address(openb, tmp_path):
    for words, shown in (
        (("simulate", "--make", 300, "--nodes", 2), "jobs wait at the worst"),
        (("simulate", "--make", 300, "--curve", "completion"), "h to completion on average"),
        (
            ("simulate", "--trace", openb, "--workload", "two", "--protocol", "fgd"),
            "% of the GPUs of two",
        ),
        (("ops", "--nodes", 16), "hours"),
    ):
        typed(*words, "--picture", tmp_path / "curve.html")
        page = (tmp_path / "curve.html").read_text("utf-8")
        assert page.startswith("<!doctype html>")
        assert shown in page
        assert "<script src=" not in page
        assert "<link" not in page


def test_traces_are_listed_with_licences_made_and_checked(tmp_path):
    assert {"where", "licence", "holds"} <= set(json.loads(typed("traces", "--json"))[0])
    assert "CC-BY-4.0" in typed("traces")
    made = tmp_path / "made.csv"
    typed("traces", "--make", 200, "--gpus", 64, "--out", made)
    assert json.loads(typed("traces", "--check", made, "--json"))["jobs"] == 200
    printed = json.loads(typed("simulate", "--trace", made, "--nodes", 8, "--json"))
    assert printed["jobs"] == 200


@pytest.mark.parametrize(
    ("words", "figure", "of_a_day"),
    [
        (("traces", "--check", "jobs.csv"), "gpu_days", 1.0),
        (("simulate", "--trace", "jobs.csv"), "mean_completion", 86_400),
    ],
)
def test_whose_columns_a_file_has_can_be_said(words, figure, of_a_day, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("jobs.csv").write_text("job_id,num_gpu,submit_time,duration,priority\n1,1,0,86400,0\n")
    for reader, in_seconds in (("muri", 0.001), ("tiresias", 1)):
        printed = json.loads(typed(*words, "--reader", reader, "--json"))
        assert printed[figure] == pytest.approx(of_a_day * in_seconds)
    Path("jobs.csv").write_text("number,gpus,begin\n1,1,0\n")
    assert "--reader names one of philly, muri, pai, tiresias, own" in refused(*words)
    assert "line 1: missing column submit_seconds" in refused(*words, "--reader", "own")
    assert "no reader 'slurm'; there are: philly" in refused(*words, "--reader", "slurm")


def test_a_sweep_leaves_results_parquet_and_page_and_goes_on(tmp_path):
    words = ("sweep", tmp_path, "--protocol", "events", "--make", 100, "--nodes", 2)
    first = json.loads(typed(*words, "--seeds", "1-2", "--workers", 1, "--json"))
    assert len(first) == 6
    assert json.loads(typed(*words, "--seeds", "1-2", "--workers", 1, "--json")) == first
    assert {path.name for path in tmp_path.iterdir()} == {
        "cells", "results.parquet", "report.html"
    }  # fmt: skip


def test_a_sweep_reads_its_trace_as_it_is_told(tmp_path):
    trace = tmp_path / "jobs.csv"
    trace.write_text("job_id,num_gpu,submit_time,duration,priority\n1,1,0,86400,0\n")
    words = ("sweep", tmp_path / "out", "--protocol", "events", "--trace", trace, "--seed", 1)
    rows = json.loads(typed(*words, "--reader", "muri", "--workers", 1, "--json"))
    assert [row["mean_completion"] for row in rows] == pytest.approx([86.4] * 3)


def test_operations_compare_both_controllers():
    printed = json.loads(typed("ops", "--nodes", 12, "--json"))
    assert set(printed) == {"node", "cluster"}
    assert printed["cluster"]["converged"]
    assert printed["cluster"]["events"]


def test_the_paper_and_the_openings_run_on_a_folder_of_ones_own(openb):
    words = ("--trace", openb, "--workload", "two", "--seeds", "1-2", "--json")
    rows = json.loads(typed("paper", "fgd", *words, "--workers", 1))
    assert [row["paper"] for row in rows] == [None] * 6
    found = json.loads(typed("explore", *words, "--no-bounds"))
    assert found["openings"][0]["gain"] == 0.0
    assert json.loads(typed("explore", *words, "--lasting"))["bounds"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("simulate", "--protocol", "fgd"), "needs --trace DIR"),
        (("simulate", "--protocol", "x"), "no protocol 'x'; there are: fgd, events"),
        (("simulate", "--order", "lifo"), "--order 'lifo' is none of: fifo, shortest"),
        (("simulate", "--curve", "x"), "--curve 'x' is none of: queue, completion"),
        (("simulate", "--reader", "own"), "--reader own needs --trace FILE"),
        (("simulate", "--reader", "own", "--trace", "."), "--reader own needs --trace FILE"),
        (("simulate", "--fit", "x"), "--fit 'x' is none of: best-fit, first-fit, worst-fit"),
        (("simulate", "--backfill", "x"), "--backfill 'x' is none of: none, skip, easy"),
        (("simulate", "--trace", "none.csv"), "no such trace: none.csv"),
        (("simulate", "--load", "-1"), "load over 0"),
        (("sweep", "out", "--protocol", "fgd"), "needs --trace DIR"),
        (("sweep", "out", "--dask", "a:1", "--ray", "b:1"), "exclude each other"),
        (("sweep", "out", "--protocol", "events", "--seeds", "x"), "not of the form 42-51"),
        (("sweep", "out", "--protocol", "events", "--seeds", "9-3"), "name none"),
        (("ops", "--controller", "x"), "--controller 'x' is none of: node, cluster"),
        (("ops", "--nodes", "2"), "4 nodes asked of 'a', which has 2"),
        (("paper", "fgd"), "needs --trace DIR"),
        (("explore",), "needs --trace DIR"),
        (("traces", "--make", "5"), "--make needs --out"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_way_out(words, complaint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert complaint in refused(*words)


def test_a_policy_or_workload_that_is_not_there_is_named_with_those_that_are(openb):
    words = ("simulate", "--protocol", "fgd", "--trace", openb)
    assert "there are: random, dot-product" in refused(*words, "--policy", "x", "--workload", "two")
    assert "workloads there: two" in refused(*words, "--workload", "three")


def test_an_order_of_another_trace_is_refused(openb):
    sequence = openb / "s.npz"
    key = "openb_pod_list_two/42"
    np.savez(sequence, **{f"{key}/pods": np.arange(9), f"{key}/noderank": np.arange(2)})
    words = ("simulate", "--protocol", "fgd", "--trace", openb, "--workload", "two")
    assert "the list has 2 pods" in refused(*words, "--sequence", sequence)


def test_a_job_too_large_for_the_fleet_says_what_fits(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("submit_seconds,duration_seconds,gpus\n0,5,99\n")
    words = ("simulate", "--trace", path, "--nodes", 2)
    assert "99 GPUs asked for; the most that fits is 16" in refused(*words)
