"""The memory peak of one forward pass of an encoder, as a closed form. Inference only.

With T = requests * longest tokens, H hidden, F the FFN's width and L the longest request, the
peak in numbers is T * max(3H + 2F, 4H + 2 * heads * L): either the GELU of the FFN (its input,
its output, and three H-wide rows) or the scores and probabilities of eager attention. Fused
attention writes no scores and drops the second branch. A sum of the two branches would be 15 % off
where they meet; the maximum is what was seen. A compiled model or another library changes the
constants: calibrate with two measured points.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpu_lab.vram.encoder import Encoder
from gpu_lab.vram.errors import PointsRefused


class Attention(StrEnum):
    """How attention is computed: with its scores in memory, or fused (flash, SDPA)."""

    EAGER = "eager"
    FUSED = "fused"


@dataclass(frozen=True, slots=True)
class Activations:
    """Peak bytes = fixed + T * max(per_token, eager_base + eager_slope * L), T padded tokens.

    `eager_slope` is 0 for fused attention, and the second branch is then not there.
    """

    per_token: float
    eager_base: float = 0.0
    eager_slope: float = 0.0
    fixed: float = 0.0

    def peak_bytes(self, requests: int, longest: int) -> int:
        """Give the peak of a batch padded to its longest request, rounded up."""
        return _up(self.fixed + requests * longest * self.per_token_at(longest))

    def per_token_at(self, longest: int) -> float:
        """Give the bytes of one padded token in a batch whose longest request is `longest`."""
        if not self.eager_slope:
            return self.per_token
        return max(self.per_token, self.eager_base + self.eager_slope * longest)

    def most_requests(self, longest: int, room_bytes: int) -> int:
        """Give how many requests padded to `longest` fit into the room; 0 if not even one does."""
        each = longest * self.per_token_at(longest)
        most = max(int((room_bytes - self.fixed) / each), 0)
        # A quotient of floats can be one off; the peak decides.
        while most and self.peak_bytes(most, longest) > room_bytes:
            most -= 1
        while self.peak_bytes(most + 1, longest) <= room_bytes:
            most += 1
        return most

    @property
    def crossover(self) -> float | None:
        """Give the length from which eager attention's scores decide; none when fused."""
        if not self.eager_slope:
            return None
        return (self.per_token - self.eager_base) / self.eager_slope


def closed_form(encoder: Encoder, attention: Attention) -> Activations:
    """Give the form with the constants of plain PyTorch (within 0.6 % on 24 cases there)."""
    size, hidden = encoder.dtype.size, encoder.hidden
    per_token = size * (3 * hidden + 2 * encoder.ffn)
    if attention is Attention.FUSED:
        return Activations(per_token)
    return Activations(per_token, size * 4 * hidden, size * 2 * encoder.heads)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured peak of activations: weights and context are not in `peak_bytes`."""

    requests: int
    longest: int
    peak_bytes: int

    @property
    def tokens(self) -> int:
        """Count the padded tokens."""
        return self.requests * self.longest


def calibrated_fused(one: Measured, other: Measured) -> Activations:
    """Fit fixed + per_token * T through two points with different numbers of tokens.

    Raises PointsRefused where they have the same T or fall with T.
    """
    _check(one, other)
    few, many = sorted((one, other), key=lambda point: point.tokens)
    if few.tokens == many.tokens:
        raise PointsRefused(why=f"both have {few.tokens} padded tokens; change one of them")
    slope = (many.peak_bytes - few.peak_bytes) / (many.tokens - few.tokens)
    if slope <= 0:
        raise PointsRefused(
            why=f"{many.tokens} tokens took no more than {few.tokens} tokens; measure again"
        )
    fixed = few.peak_bytes - slope * few.tokens
    if fixed < 0:
        # A cost that is negative at zero tokens is noise; the dearer point is the safe line.
        return Activations(max(point.peak_bytes / point.tokens for point in (few, many)))
    return Activations(slope, fixed=fixed)


def calibrated_eager(form: Activations, short: Measured, long: Measured) -> Activations:
    """Scale both branches of an eager form by one point below and one above its crossover.

    Raises PointsRefused where they do not lie on both sides, or the scores would cost nothing.
    """
    _check(short, long)
    if form.crossover is None:
        raise PointsRefused(why="fused attention has one branch; use calibrated_fused")
    short, long = sorted((short, long), key=lambda point: point.longest)
    if not short.longest < form.crossover < long.longest:
        raise PointsRefused(
            why=f"lengths {short.longest} and {long.longest} must lie on both sides of"
            f" {form.crossover:.0f} tokens, where the scores begin to decide"
        )
    per_token = short.peak_bytes / short.tokens
    base = form.eager_base * per_token / form.per_token
    slope = (long.peak_bytes / long.tokens - base) / long.longest
    if slope <= 0:
        raise PointsRefused(why=f"{long.longest} tokens show no attention scores; was it fused?")
    return Activations(per_token, base, slope)


def _check(*points: Measured) -> None:
    for point in points:
        if min(point.requests, point.longest, point.peak_bytes) <= 0:
            raise PointsRefused(why=f"{point} has a part that is not above 0")


def _up(amount: float) -> int:
    whole = int(amount)
    return whole if whole == amount else whole + 1
