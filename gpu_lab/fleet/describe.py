"""How people write a fleet down (TOML or YAML), checked word by word. It builds no arrays."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Words(BaseModel):
    """A part of a description; an unknown word is an error, so that a slip is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeType(Words):
    """A kind of machine. CPU in cores, memory in GiB, NICs in units of `nic_gbps`.

    `nvlink` is the level inside which every GPU reaches every other by NVLink: the node level
    for a DGX, the rack level for an NVL72; absent on PCIe-only machines. `nvlink_islands`
    splits a node's GPUs into that many NVLink groups of equal size.
    """

    gpu: str
    gpus: int = Field(ge=0, le=64)
    gpu_memory_gib: float = Field(default=80.0, gt=0)
    cpus: int = Field(default=128, ge=0)
    ram_gib: float = Field(default=1024.0, ge=0)
    nics: int = Field(default=8, ge=0)
    nic_gbps: float = Field(default=400.0, gt=0)
    nvlink: str | None = None
    nvlink_islands: int = Field(default=1, ge=1)
    nvlink_gbytes_per_second: float = Field(default=450.0, gt=0)
    mig: bool = False

    @model_validator(mode="after")
    def _islands_are_equal(self) -> Self:
        if self.gpus % self.nvlink_islands:
            raise ValueError(
                f"{self.gpus} GPUs cannot be split into {self.nvlink_islands} equal NVLink islands"
            )
        return self


class Block(Words):
    """Many equal branches at once: `counts` says how many domains each level has in its parent."""

    name: str
    node_type: str
    counts: tuple[int, ...] = Field(min_length=1)
    under: str | None = None

    @model_validator(mode="after")
    def _counts_are_positive(self) -> Self:
        if any(count < 1 for count in self.counts):
            raise ValueError(f"counts {list(self.counts)} must all be at least 1")
        return self


class Domain(Words):
    """One named domain; `parent` is absent at the widest level."""

    name: str
    level: str
    parent: str | None = None


class Machine(Words):
    """One named node inside a domain of the narrowest level above nodes."""

    name: str
    node_type: str
    parent: str | None = None


class FleetDescription(Words):
    """A whole fleet: levels widest first, the last being the node."""

    name: str
    levels: tuple[str, ...] = Field(
        default=("datacenter", "pod", "rack", "node"), min_length=1, max_length=8
    )
    node_types: dict[str, NodeType] = Field(min_length=1)
    blocks: tuple[Block, ...] = ()
    domains: tuple[Domain, ...] = ()
    nodes: tuple[Machine, ...] = ()
    spine_oversubscription: float = Field(default=1.0, ge=1.0)
