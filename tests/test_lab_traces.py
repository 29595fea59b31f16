"""Traces are read whole or refused with file and line; made ones look like Philly."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from gpu_lab.simulate.jobs import table
from gpu_lab.traces.errors import TraceMalformed, TraceNotFound
from gpu_lab.traces.openb import read_nodes, read_order, read_pods, workloads
from gpu_lab.traces.own import write_own
from gpu_lab.traces.read import UnknownTrace, openb_jobs, read_jobs, recognised
from gpu_lab.traces.sources import SOURCES
from gpu_lab.traces.synthetic import BadRequest, Wanted, generate

ROOT = Path(__file__).resolve().parents[1]
TRACES = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "traces").resolve()
needs_traces = pytest.mark.skipif(
    not TRACES.is_dir(), reason="no traces there; TOUCHBASE_SHARED names their folder"
)

OWN = "submit_seconds,duration_seconds,gpus\n"
NODES = "sn,cpu_milli,memory_mib,gpu,model\n"
PODS = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\n"


def written(folder: Path, text: str, name: str = "jobs.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@needs_traces
def test_every_public_trace_is_recognised_and_read():
    files = {
        "philly/philly_jobs.csv": ("philly", 82_247),
        "muri/trace1.csv": ("muri", 992),
        "muri/trace2.csv": ("muri", 3_792),
        "tiresias/60_job.csv": ("tiresias", 60),
    }
    for name, (reader, count) in files.items():
        assert recognised(TRACES / name) == reader
        jobs = read_jobs(TRACES / name)
        assert (jobs.submit[0], len(jobs) >= count - 200) == (0.0, True)


@needs_traces
def test_openb_has_the_published_fleet_and_every_pod_list():
    nodes = read_nodes(TRACES)
    assert (len(nodes), sum(node.gpus for node in nodes)) == (1213, 6212)
    assert len(workloads(TRACES / "openb")) == 24
    pods = read_pods(TRACES / "openb", "default")
    assert sum(pod.gpus == 0 for pod in pods) == 1088
    assert sum(pod.gpus == 1 and pod.gpu_milli < 1000 for pod in pods) == 3078
    assert len(openb_jobs(TRACES, "default")) == 8152


def test_muri_counts_in_milliseconds(tmp_path):
    head = "job_id,num_gpu,submit_time,duration,priority,resource_time_0\n"
    jobs = read_jobs(written(tmp_path, head + "0,1,0,5000,1,8\n1,2,1500,250,0,8\n"))
    assert jobs.submit.tolist() == [0.0, 1.5]
    assert jobs.seconds.tolist() == [5.0, 0.25]


PAI = "job_id,num_inst,submit_time,num_cpu,num_gpu,gpu_type,duration,user\n"


def test_pai_counts_instances_and_takes_a_share_for_a_whole_gpu(tmp_path):
    path = written(tmp_path, PAI + "0,1,7,6,0.25,T4,34,u\n1,4,9,6,2,V100,0,v\n2,2,9,3,0,CPU,5,u\n")
    jobs = read_jobs(path)
    assert recognised(path) == "pai"
    assert jobs.submit.tolist() == [0.0, 2.0, 2.0]
    assert (jobs.gpus.tolist(), jobs.cpus.tolist()) == ([1, 8, 0], [0, 0, 6])
    assert (jobs.seconds.tolist(), jobs.tenants) == ([34.0, 1.0, 5.0], ("u", "v"))


def test_a_pai_job_that_asks_for_nothing_is_refused_with_its_line(tmp_path):
    with pytest.raises(TraceMalformed, match="line 2: num_gpu and num_cpu are both 0"):
        read_jobs(written(tmp_path, PAI + "0,1,0,0,0,CPU,3,u\n"))


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_bytes(b"\x93NUMPY\xe1\xff")
    with pytest.raises(TraceMalformed, match=r"jobs\.csv, line 1: not readable"):
        read_jobs(path)


def test_a_packed_file_is_read_like_a_plain_one(tmp_path):
    path = tmp_path / "jobs.csv.gz"
    path.write_bytes(gzip.compress((OWN + "0,5,1\n").encode()))
    assert read_jobs(path).seconds.tolist() == [5.0]


def test_jobs_written_are_the_jobs_read(tmp_path):
    made = generate(Wanted(50, 64), np.random.default_rng(1))
    write_own(tmp_path / "made.csv", made)
    again = read_jobs(tmp_path / "made.csv")
    assert again.gpus.tolist() == made.gpus.tolist()
    assert again.seconds.tolist() == made.seconds.tolist()
    assert {again.row(n).tenant for n in range(50)} == {made.row(n).tenant for n in range(50)}


def test_an_end_may_stand_for_the_duration(tmp_path):
    jobs = read_jobs(written(tmp_path, "submit_seconds,end_seconds,gpus\n10,25,2\n"))
    assert jobs.seconds.tolist() == [15.0]


def test_a_cpu_only_job_is_a_job(tmp_path):
    jobs = read_jobs(written(tmp_path, "submit_seconds,duration_seconds,gpus,cpus\n0,5,0,8\n"))
    assert (jobs.gpus.tolist(), jobs.cpus.tolist()) == ([0], [8])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r"jobs.csv, line 1: the file is empty"),
        ("a,b\n1,2\n", r"jobs.csv, line 1: columns a, b belong to no known trace"),
        (OWN, r"jobs.csv, line 1: no jobs"),
        (OWN + "0,5,1\n-1,5,1\n", r"line 3: submit_seconds is -1; it must be 0 or more"),
        (OWN + "0,-5,1\n", r"line 2: duration_seconds is -5; it must be 0 or more"),
        (OWN + "0,soon,1\n", r"line 2: duration_seconds is 'soon'; a number is needed"),
        (OWN + "0,nan,1\n", r"line 2: duration_seconds is nan"),
        (OWN + "0,5,1.5\n", r"line 2: gpus is '1.5'; a whole number is needed"),
        (OWN + "0,5,0\n", r"line 2: gpus and cpus are both 0"),
        (OWN + "0,5\n", r"line 2: 2 cells where the header has 3 columns"),
        (OWN.strip() + ",gpus\n0,5,1,1\n", r"line 1: column gpus appears twice"),
        ("submit_seconds,end_seconds,gpus\n9,3,1\n", r"line 2: end_seconds 3 is before submit"),
        ("submit_seconds,gpus\n9,1\n", r"line 2: duration_seconds is empty"),
        ("timestamp,duration,num_gpus,cluster\nsoon,1,1,a\n", r"line 2: timestamp is 'soon'"),
        ("timestamp,duration,num_gpus,cluster\n2017-10-09,1,0,a\n", r"line 2: num_gpus is 0"),
    ],
)
def test_a_bad_trace_is_refused_with_file_and_line(tmp_path, text, complaint):
    with pytest.raises(TraceMalformed, match=complaint):
        read_jobs(written(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("n0,1000,1,9,T4\n", "line 2: gpu is 9; a node has at most 8"),
        ("n0,1000,1,2,\n", "line 2: a GPU node needs a model"),
        ("n0,1000,1,2,T4\nn0,1000,1,2,T4\n", "line 3: node n0 appears twice"),
        (",1000,1,2,T4\n", "line 2: sn is empty"),
        ("n0,-1,1,2,T4\n", "line 2: cpu_milli is -1"),
    ],
)
def test_a_bad_node_is_refused(tmp_path, line, complaint):
    written(tmp_path, NODES + line, "openb_node_list_gpu_node.csv")
    with pytest.raises(TraceMalformed, match=complaint):
        read_nodes(tmp_path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("p,1,1,0,500,,0,1\n", "num_gpu is 0 but gpu_milli is 500"),
        ("p,1,1,2,500,,0,1\n", "gpu_milli is 500; a share is 1..1000 of one GPU"),
        ("p,1,1,1,1500,,0,1\n", "gpu_milli is 1500"),
        ("p,1,1,9,1000,,0,1\n", "num_gpu is 9; a pod has at most 8"),
        ("p,1,1,1,1000,,9,1\n", "deletion_time 1 is before creation_time 9"),
        ("p,1,1,1,1000,,0,1\np,1,1,1,1000,,0,1\n", "line 3: pod p appears twice"),
    ],
)
def test_a_bad_pod_is_refused(tmp_path, line, complaint):
    written(tmp_path, PODS + line, "openb_pod_list_mine.csv")
    with pytest.raises(TraceMalformed, match=complaint):
        read_pods(tmp_path, "mine")


def test_an_unknown_workload_names_those_that_are_there(tmp_path):
    written(tmp_path, PODS + "p,1,1,1,1000,,0,1\n", "openb_pod_list_mine.csv")
    with pytest.raises(TraceNotFound, match="workloads there: mine"):
        read_pods(tmp_path, "yours")


def test_a_missing_file_says_where_traces_are_had(tmp_path):
    with pytest.raises(TraceNotFound, match="touchbase lab traces"):
        read_jobs(tmp_path / "none.csv", "own")
    with pytest.raises(TraceNotFound, match="a file of jobs is needed"):
        read_jobs(tmp_path)
    with pytest.raises(UnknownTrace, match="there are: philly, muri, pai, tiresias, own"):
        read_jobs(tmp_path / "none.csv", "slurm")


def test_an_order_that_is_not_in_the_file_is_named(tmp_path):
    np.savez(tmp_path / "s.npz", **{"openb_pod_list_default/42/pods": np.zeros(1)})
    with pytest.raises(TraceMalformed, match="no order openb_pod_list_default/7; it holds"):
        read_order(tmp_path / "s.npz", "default", 7)
    written(tmp_path, "not an archive", "t.npz")
    with pytest.raises(TraceMalformed, match=r"not an \.npz of arrival orders"):
        read_order(tmp_path / "t.npz", "default", 7)


def test_made_jobs_have_the_published_distributions_and_the_load_asked_for():
    jobs = generate(Wanted(200_000, 10_000, load=0.8), np.random.default_rng(5))
    assert (jobs.gpus == 1).mean() == pytest.approx(0.9317, abs=0.003)
    assert np.median(jobs.seconds[jobs.gpus == 1]) == pytest.approx(1117, rel=0.05)
    assert np.median(jobs.seconds[jobs.gpus == 8]) == pytest.approx(23_683, rel=0.15)
    asked = (jobs.gpus * jobs.seconds).sum() / (10_000 * jobs.submit.max())
    assert asked == pytest.approx(0.8, rel=0.02)
    assert (np.diff(jobs.submit) >= 0).all()
    again = generate(Wanted(200_000, 10_000, load=0.8), np.random.default_rng(5))
    assert (again.submit == jobs.submit).all()


def test_a_trace_that_cannot_be_made_is_refused():
    with pytest.raises(BadRequest, match="0 jobs, 8 GPUs"):
        generate(Wanted(0, 8), np.random.default_rng(1))


def test_no_made_job_is_larger_than_the_fleet():
    assert generate(Wanted(5000, 8), np.random.default_rng(1)).gpus.max() == 8


def test_every_source_names_a_licence():
    assert all(source.licence and source.where for source in SOURCES)
    assert {source.reader for source in SOURCES} >= {"openb", "philly", "muri", "tiresias", "own"}


def test_rows_out_of_order_are_put_in_order_of_submission(tmp_path):
    assert read_jobs(written(tmp_path, OWN + "9,1,1\n4,2,1\n")).seconds.tolist() == [2.0, 1.0]
    assert len(table([])) == 0
