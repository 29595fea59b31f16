"""Reading in which process, namespace and environment the probe runs. It asks no driver."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gpu_lab.probe.values import Surroundings

_CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
_CONTAINER_GROUPS = ("docker", "kubepods", "containerd", "libpod", "lxc")


def read_surroundings(environment: Mapping[str, str], root: Path = Path("/")) -> Surroundings:
    """Read /proc below `root` and CUDA's variables from `environment`.

    What this system does not have (no /proc, say) is None or False.
    """
    own = root / "proc" / "self"
    return Surroundings(
        boot_id=_text(root / "proc/sys/kernel/random/boot_id"),
        ram_bytes=_ram(_text(root / "proc/meminfo") or ""),
        pid=os.getpid(),
        pid_namespace=_link(own / "ns" / "pid"),
        in_container=_in_container(root),
        cuda_library_loaded="libcuda.so" in (_text(own / "maps") or ""),
        visible_devices=environment.get("CUDA_VISIBLE_DEVICES"),
        nvidia_visible_devices=environment.get("NVIDIA_VISIBLE_DEVICES"),
        device_order=environment.get("CUDA_DEVICE_ORDER"),
    )


def _in_container(root: Path) -> bool:
    groups = _text(root / "proc/1/cgroup") or ""
    return any((root / mark).exists() for mark in _CONTAINER_MARKS) or any(
        word in groups for word in _CONTAINER_GROUPS
    )


def _ram(meminfo: str) -> int | None:
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _link(path: Path) -> str | None:
    try:
        return str(path.readlink()).removeprefix("pid:[").removesuffix("]")
    except OSError:
        return None
