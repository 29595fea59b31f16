"""What a job asks of a fleet. Nothing here knows where anything is free."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Wish(BaseModel):
    """A frozen part of a job; an unknown word is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SliceWish(Wish):
    """`size` workers that must sit inside one domain of `level`."""

    level: str
    size: int = Field(ge=1)


class TopologyWish(Wish):
    """How near to each other a job's GPUs must or should be.

    `required`: all inside one domain of `level`. `preferred`: there if possible, else in the
    next wider one. `unconstrained`: anywhere. `slices` go outermost first.
    """

    mode: Literal["required", "preferred", "unconstrained"] = "preferred"
    level: str | None = None
    slices: tuple[SliceWish, ...] = ()

    @model_validator(mode="after")
    def _has_a_level_where_one_is_needed(self) -> Self:
        if self.mode != "unconstrained" and self.level is None:
            raise ValueError(f"topology {self.mode!r} needs a level, such as level = 'rack'")
        return self


class Leader(Wish):
    """One more pod without GPUs that must run beside the workers, such as a driver."""

    cpus: int = Field(default=1, ge=0)
    ram_gib: float = Field(default=1.0, ge=0)


class Job(Wish):
    """A gang: all of it runs or nothing. Amounts are totals over the gang.

    With `workers` the gang is that many equal pods, each inside one node; without it the GPUs
    may be dealt out in any way that keeps the other wishes. `share_milli` asks for a part of
    one GPU in thousandths, `mig` for one MIG profile; either excludes the other and `gpus` > 1.
    A CPU-only job has `gpus = 0` and `workers`. Times are in seconds.
    """

    name: str
    gpus: int = Field(default=1, ge=0)
    gpu: tuple[str, ...] = ()
    workers: int | None = Field(default=None, ge=1)
    share_milli: int | None = Field(default=None, ge=1, le=999)
    mig: str | None = None
    cpus: int = Field(default=0, ge=0)
    ram_gib: float = Field(default=0.0, ge=0)
    nics: int = Field(default=0, ge=0)
    nvlink: bool = False
    topology: TopologyWish | None = None
    leader: Leader | None = None
    priority: int = 0
    queue: str = "default"
    submitted_seconds: float = Field(default=0.0, ge=0)
    duration_seconds: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _shape_is_possible(self) -> Self:
        parts = self.share_milli is not None or self.mig is not None
        if self.share_milli is not None and self.mig is not None:
            raise ValueError("ask for share_milli or for mig, not for both")
        if parts and self.gpus != 1:
            raise ValueError(f"a part of a GPU goes with gpus = 1, not {self.gpus}")
        if self.workers is not None and self.gpus % self.workers:
            raise ValueError(
                f"{self.gpus} GPUs cannot be dealt out evenly to {self.workers} workers"
            )
        if self.gpus == 0 and self.workers is None:
            raise ValueError("a job without GPUs needs `workers`, the number of its CPU-only pods")
        if self.nvlink and self.gpus < 2:
            raise ValueError(f"NVLink joins GPUs; {self.gpus} GPU has nothing to be joined to")
        return self

    @property
    def units(self) -> int:
        """Count the pieces that are placed whole: workers, or else single GPUs."""
        return self.workers if self.workers is not None else self.gpus

    @property
    def gpus_per_unit(self) -> int:
        """Count the GPUs of one piece."""
        return self.gpus // self.units

    @property
    def ram_mib_per_unit(self) -> int:
        """Give the memory of one piece in MiB, rounded up."""
        return -(-round(self.ram_gib * 1024) // self.units)

    @property
    def cpus_per_unit(self) -> int:
        """Give the CPU cores of one piece, rounded up."""
        return -(-self.cpus // self.units)

    @property
    def nics_per_unit(self) -> int:
        """Give the NICs of one piece, rounded up."""
        return -(-self.nics // self.units)
