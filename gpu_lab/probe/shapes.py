"""The catalogue of machines that can be simulated, and its short names: h200x8, gb200x4, t4x2.

Memory is what NVML shows in MiB, from drivers' outputs in public threads. The reserved part was
measured on H200 (623) and B200 (717); for the others it is scaled from those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gpu_lab.probe.errors import UnknownShape


@dataclass(frozen=True, slots=True)
class GpuModel:
    """What one kind of GPU answers when nothing is wrong with it."""

    name: str
    total_mib: int
    reserved_mib: int
    compute_capability: tuple[int, int]
    per_node: int
    watts: int
    sm_mhz: int
    memory_mhz: int
    link_version: int = 0
    links: int = 0
    has_fabric: bool = False
    has_row_remapping: bool = True
    can_divide: bool = False
    is_numa_node: bool = False


MODELS: dict[str, GpuModel] = {
    "a100": GpuModel(
        "NVIDIA A100-SXM4-80GB", 81920, 355, (8, 0), 8, 400, 1410, 1593, 3, 12, can_divide=True
    ),
    "a100-40": GpuModel(
        "NVIDIA A100-SXM4-40GB", 40960, 178, (8, 0), 8, 400, 1410, 1215, 3, 12, can_divide=True
    ),
    "h100": GpuModel(
        "NVIDIA H100 80GB HBM3",
        *(81559, 353, (9, 0), 8, 700, 1980, 2619, 4, 18),
        has_fabric=True,
        can_divide=True,
    ),
    "h200": GpuModel(
        "NVIDIA H200",
        *(143771, 623, (9, 0), 8, 700, 1980, 3201, 4, 18),
        has_fabric=True,
        can_divide=True,
    ),
    "b200": GpuModel(
        "NVIDIA B200",
        *(183359, 717, (10, 0), 8, 1000, 1965, 3996, 5, 18),
        has_fabric=True,
        can_divide=True,
    ),
    "gb200": GpuModel(
        "NVIDIA GB200",
        *(189471, 741, (10, 0), 4, 1200, 2062, 3996, 5, 18),
        has_fabric=True,
        can_divide=True,
        is_numa_node=True,
    ),
    "gb300": GpuModel(
        "NVIDIA GB300",
        *(294912, 1153, (10, 3), 4, 1400, 2032, 3996, 5, 18),
        has_fabric=True,
        can_divide=True,
        is_numa_node=True,
    ),
    "l40s": GpuModel("NVIDIA L40S", 46068, 199, (8, 9), 8, 350, 2520, 9001),
    "l4": GpuModel("NVIDIA L4", 23034, 100, (8, 9), 8, 72, 2040, 6251),
    "a10": GpuModel("NVIDIA A10", 23028, 100, (8, 6), 4, 150, 1695, 6251),
    "t4": GpuModel("Tesla T4", 15360, 66, (7, 5), 4, 70, 1590, 5001, has_row_remapping=False),
}

MOST_GPUS = 64
_SHAPE = re.compile(r"(?P<model>[a-z0-9-]+?)(?:x(?P<count>\d+))?")


@dataclass(frozen=True, slots=True)
class Shape:
    """A node: so many GPUs of one model."""

    key: str
    count: int

    @property
    def model(self) -> GpuModel:
        """Look the model up in the catalogue."""
        return MODELS[self.key]


def parse_shape(text: str) -> Shape:
    """Read `h200x8`; without a number it is the model's usual node. Raises UnknownShape."""
    known = ", ".join(MODELS)
    found = _SHAPE.fullmatch(text.strip().lower())
    if found is None or found["model"] not in MODELS:
        raise UnknownShape(text, "no such GPU in the catalogue", known)
    count = int(found["count"] or MODELS[found["model"]].per_node)
    if not 1 <= count <= MOST_GPUS:
        raise UnknownShape(text, f"a node has 1 to {MOST_GPUS} GPUs", known)
    return Shape(found["model"], count)
