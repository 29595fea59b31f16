"""Where each public trace is had, under which licence, and what it is good for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A public trace: `reader` is the name that the command line knows, empty for none."""

    name: str
    reader: str
    where: str
    licence: str
    holds: str
    beware: str


SOURCES = (
    Source(
        "openb (Alibaba 2023)",
        "openb",
        "github.com/alibaba/clusterdata, cluster-trace-gpu-v2023/csv; the same files in "
        "github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv",
        "research or study purpose (clusterdata README); Apache-2.0 in the simulator's repository",
        "1,213 GPU nodes with 6,212 GPUs and 24 pod lists with GPU shares and models",
        "the FGD protocol ignores times; many deletion times are the end of the trace",
    ),
    Source(
        "FGD expected results",
        "",
        "github.com/hkust-adsl/kubernetes-scheduler-simulator, "
        "experiments/analysis/expected_results",
        "Apache-2.0",
        "allocation and fragmentation of 17 workloads x 6 policies x 10 seeds",
        "the random policy shares its generator with goroutines and cannot be redrawn",
    ),
    Source(
        "Philly (Microsoft 2017)",
        "philly",
        "github.com/msr-fiddle/philly-traces; as a table in github.com/siasosp23/artifacts, "
        "sia-simulator/traces/philly.csv",
        "CC-BY-4.0",
        "82,247 of about 113,000 jobs, up to 128 GPUs, with virtual clusters",
        "on its real 2,490 GPUs nothing waits; shrink the fleet or press time together",
    ),
    Source(
        "Muri",
        "muri",
        "github.com/Rivendile/Muri, simulator/trace-data",
        "Apache-2.0 (derived from Philly)",
        "four traces of 992 to 5,755 jobs with models and batch sizes",
        "times are in milliseconds",
    ),
    Source(
        "Tiresias",
        "tiresias",
        "github.com/SymbioticLab/Tiresias, simulator",
        "Apache-2.0",
        "60 demonstration jobs",
        "small",
    ),
    Source(
        "PAI (Alibaba 2020)",
        "pai",
        "github.com/alibaba/clusterdata, cluster-trace-gpu-v2020; its job lists in "
        "simulator/traces/pai",
        "research or study purpose (clusterdata README)",
        "over a million jobs, many of half a GPU; the job lists hold 100,000",
        "its simulator ticks once a second; shares of a GPU are read as whole ones here",
    ),
    Source(
        "Acme (Shanghai AI Laboratory)",
        "",
        "github.com/InternLM/AcmeTrace, data",
        "CC-BY-4.0",
        "training of large language models: Seren and Kalos",
        "the job tables are large",
    ),
    Source(
        "Helios (SenseTime)",
        "",
        "github.com/S-Lab-System-Group/HeliosData",
        "MIT for the code, CC-BY-4.0 for the data",
        "3.4 million jobs of four clusters",
        "large",
    ),
    Source(
        "one's own",
        "own",
        "a CSV with submit_seconds, duration_seconds (or end_seconds), gpus; optional: cpus, "
        "priority, tenant, kind, estimate_seconds",
        "one's own",
        "whatever one has",
        "times in seconds",
    ),
    Source(
        "synthetic",
        "synthetic",
        "made here: `touchbase lab traces --make 1000000 --gpus 100000 --out FILE`",
        "none needed",
        "jobs drawn from Philly's sizes, durations, hours and tenants, up to a million and more",
        "bursts within an hour are not modelled",
    ),
)
