"""A result beside its bound: how far it is from what nothing can beat."""

from __future__ import annotations

from dataclasses import dataclass


class BoundUnavailable(Exception):
    """A bound cannot be had: a solver is missing, or found nothing; the message says which."""


@dataclass(frozen=True)
class Gap:
    """`result` and `bound` in the same `unit`; `more_is_better` says which way is up."""

    what: str
    unit: str
    result: float
    bound: float
    more_is_better: bool = True

    @property
    def distance(self) -> float:
        """Give how much is left to the bound, in the unit; 0 is the optimum."""
        return self.bound - self.result if self.more_is_better else self.result - self.bound

    def __str__(self) -> str:
        return (
            f"{self.what}: result {self.result:.4g} {self.unit}, bound {self.bound:.4g}"
            f" {self.unit}, distance {self.distance:.4g} {self.unit}"
        )
