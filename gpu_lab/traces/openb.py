"""Reading Alibaba's openb nodes and pod lists, and the published orders of arrival.

Gives values; places nothing. Source: alibaba/clusterdata, cluster-trace-gpu-v2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpu_lab.traces.errors import TraceMalformed, TraceNotFound
from gpu_lab.traces.rows import Row, rows

GPUS_PER_NODE_AT_MOST = 8
POD_COLUMNS = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
NODE_COLUMNS = ("sn", "cpu_milli", "memory_mib", "gpu", "model")


@dataclass(frozen=True, slots=True)
class OpenbNode:
    """A machine: CPU in milli-cores, memory in MiB, whole GPUs of one model."""

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    model: str


@dataclass(frozen=True, slots=True)
class OpenbPod:
    """A pod: `gpu_milli` is per GPU, and under 1000 only when `gpus` is 1.

    `models` are the accepted GPU models, each once; empty means any.
    """

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    gpu_milli: int
    models: tuple[str, ...]
    spec: str
    created_seconds: float
    deleted_seconds: float


@dataclass(frozen=True, slots=True)
class ArrivalOrder:
    """Which pod arrives when (rows of the pod list) and the rank of each node by name."""

    pods: np.ndarray[tuple[int], np.dtype[np.int64]]
    node_rank: np.ndarray[tuple[int], np.dtype[np.int64]]


def read_nodes(folder: Path) -> tuple[OpenbNode, ...]:
    """Read the GPU nodes of an openb folder, sorted by name.

    Raises `TraceNotFound` and `TraceMalformed`; a node named twice is malformed.
    """
    path = _file(folder, "openb_node_list_gpu_node.csv")
    nodes: dict[str, OpenbNode] = {}
    for row in rows(path, NODE_COLUMNS):
        node = _node(row)
        if node.name in nodes:
            raise row.problem(f"node {node.name} appears twice")
        nodes[node.name] = node
    if not nodes:
        raise TraceMalformed(path, 1, "no nodes")
    return tuple(nodes[name] for name in sorted(nodes))


def read_pods(folder: Path, workload: str) -> tuple[OpenbPod, ...]:
    """Read `openb_pod_list_WORKLOAD.csv` in the file's order.

    The order matters: typical pods and the inflation draw are taken from it.
    """
    path = _file(folder, f"openb_pod_list_{workload}.csv")
    pods = []
    names: set[str] = set()
    for row in rows(path, POD_COLUMNS):
        pods.append(_pod(row))
        if pods[-1].name in names:
            raise row.problem(f"pod {pods[-1].name} appears twice")
        names.add(pods[-1].name)
    if not pods:
        raise TraceMalformed(path, 1, "no pods")
    return tuple(pods)


def workloads(folder: Path) -> tuple[str, ...]:
    """List the workloads that an openb folder holds."""
    prefix = "openb_pod_list_"
    found = _folder(folder).glob(f"{prefix}*.csv")
    return tuple(sorted(path.stem.removeprefix(prefix) for path in found))


def read_order(path: Path, workload: str, seed: int) -> ArrivalOrder:
    """Read one published order of arrival from a `sequences.npz`."""
    if not path.is_file():
        raise TraceNotFound(path, "--sequence names the .npz with the orders of arrival")
    try:
        return _order(path, f"openb_pod_list_{workload}/{seed}")
    except (ValueError, OSError) as broken:
        raise TraceMalformed(path, 0, f"not an .npz of arrival orders: {broken}") from broken


def _order(path: Path, key: str) -> ArrivalOrder:
    with np.load(path, allow_pickle=False) as archive:
        if f"{key}/pods" not in archive or f"{key}/noderank" not in archive:
            held = sorted({"/".join(name.split("/")[:2]) for name in archive.files})
            problem = f"no order {key}; it holds {', '.join(held[:4])}, ... ({len(held)})"
            raise TraceMalformed(path, 0, problem)
        pods = archive[f"{key}/pods"].astype(np.int64)
        return ArrivalOrder(pods, archive[f"{key}/noderank"].astype(np.int64))


def _folder(folder: Path) -> Path:
    # The folder of all traces and the openb folder inside it are both what people name.
    inner = folder / "openb"
    return inner if inner.is_dir() else folder


def _file(folder: Path, name: str) -> Path:
    path = _folder(folder) / name
    if path.is_file():
        return path
    prefix = "openb_pod_list_"
    held = workloads(folder)
    hint = f"workloads there: {', '.join(held)}" if held and name.startswith(prefix) else ""
    raise TraceNotFound(path, hint or "`touchbase lab traces` says where openb is had")


def _node(row: Row) -> OpenbNode:
    name, gpus = row.text("sn"), row.whole("gpu")
    if not name:
        raise row.problem("sn is empty")
    if gpus > GPUS_PER_NODE_AT_MOST:
        raise row.problem(f"gpu is {gpus}; a node has at most {GPUS_PER_NODE_AT_MOST}")
    if gpus and not row.text("model"):
        raise row.problem("a GPU node needs a model")
    cpu, memory = row.whole("cpu_milli"), row.whole("memory_mib")
    return OpenbNode(name, cpu, memory, gpus, row.text("model"))


def _pod(row: Row) -> OpenbPod:
    if not row.text("name"):
        raise row.problem("name is empty")
    gpus, milli = row.whole("num_gpu"), row.whole("gpu_milli")
    _check_share(row, gpus, milli)
    created = row.number("creation_time", default=0.0)
    deleted = row.number("deletion_time", default=created)
    if deleted < created:
        raise row.problem(f"deletion_time {deleted:g} is before creation_time {created:g}")
    spec = row.text("gpu_spec")
    return OpenbPod(
        name=row.text("name"),
        cpu_milli=row.whole("cpu_milli"),
        memory_mib=row.whole("memory_mib"),
        gpus=gpus,
        gpu_milli=milli,
        # A spec may repeat a model; a set keeps "V100M32|V100M32" from counting twice.
        models=tuple(sorted({model for model in spec.split("|") if model})),
        spec=spec,
        created_seconds=created,
        deleted_seconds=deleted,
    )


def _check_share(row: Row, gpus: int, milli: int) -> None:
    if gpus > GPUS_PER_NODE_AT_MOST:
        raise row.problem(f"num_gpu is {gpus}; a pod has at most {GPUS_PER_NODE_AT_MOST}")
    if (gpus == 0) != (milli == 0):
        raise row.problem(f"num_gpu is {gpus} but gpu_milli is {milli}")
    if milli > 1000 or (gpus > 1 and milli != 1000):
        raise row.problem(f"gpu_milli is {milli}; a share is 1..1000 of one GPU, else 1000")
