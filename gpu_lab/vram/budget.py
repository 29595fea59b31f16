"""Deciding the largest safe batch from the memory that is free now. Nothing here asks a GPU.

usable = free - context of this process, if it has none yet - allocator slack - safety. Free is
NVML v2's free: total also counts what the driver reserves and what neighbours hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpu_lab.vram.activations import Activations
from gpu_lab.vram.encoder import Encoder
from gpu_lab.vram.errors import RequestRefused

MIB = 1 << 20

# A cuBLAS workspace of 32 MiB, and segments of 20 and 2 MiB that the caching allocator of PyTorch
# leaves partly used. From its documentation; not measured on a GPU.
SLACK_BYTES = 80 * MIB
# Neighbours grow and kernels load late; nobody's estimate is better than a few per cent.
SAFETY_SHARE = 0.02
SAFETY_LEAST = 256 * MIB


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the free memory goes before the first activation, all in bytes."""

    free: int
    context: int
    slack: int
    safety: int
    weights: int

    @property
    def usable(self) -> int:
        """Give what a model may hold, weights included; it may be negative."""
        return self.free - self.context - self.slack - self.safety

    @property
    def for_activations(self) -> int:
        """Give what is left for activations; it may be negative."""
        return self.usable - self.weights


@dataclass(frozen=True, slots=True)
class Fit:
    """The largest safe batch (0 if none) of requests padded to `longest` tokens, and why."""

    batch: int
    longest: int
    budget: Budget
    activations: Activations

    @property
    def peak_bytes(self) -> int:
        """Give the peak of the batch's activations."""
        return self.activations.peak_bytes(self.batch, self.longest) if self.batch else 0

    @property
    def held_bytes(self) -> int:
        """Give what the process will hold at its peak: context, slack, weights, activations."""
        return self.budget.context + self.budget.slack + self.budget.weights + self.peak_bytes

    @property
    def scores_decide(self) -> bool:
        """Say whether attention's scores, and not the FFN, are the peak."""
        crossover = self.activations.crossover
        return crossover is not None and self.longest > crossover


@dataclass(frozen=True, slots=True)
class Overrun:
    """What happens to a batch sized from another number: it needs more than is free."""

    needed: int
    free: int

    @property
    def short(self) -> int:
        """Give how many bytes are missing."""
        return self.needed - self.free


def budget(free: int, context: int, encoder: Encoder, safety: int | None = None) -> Budget:
    """Take from `free` what is gone before the first batch; `context` is 0 where one exists."""
    kept = max(int(free * SAFETY_SHARE), SAFETY_LEAST) if safety is None else safety
    return Budget(free, context, SLACK_BYTES, kept, encoder.weight_bytes)


def largest_batch(encoder: Encoder, activations: Activations, longest: int, given: Budget) -> Fit:
    """Size the batch for requests of up to `longest` tokens. Raises RequestRefused."""
    if not 1 <= longest <= encoder.longest:
        raise RequestRefused(
            what="the sequence length",
            value=longest,
            why=f"{encoder.name} reads 1 to {encoder.longest} tokens",
        )
    room = given.for_activations
    batch = activations.most_requests(longest, room) if room > 0 else 0
    return Fit(batch, longest, given, activations)


def overrun(fit: Fit, free: int) -> Overrun | None:
    """Say by how much a fit, sized from whatever number, exceeds what is really free."""
    return Overrun(fit.held_bytes, free) if fit.held_bytes > free else None
