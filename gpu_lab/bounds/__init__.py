"""How much better any scheduler could do. Solvers load on use; this face loads none of them."""

from gpu_lab.bounds.gap import BoundUnavailable, Gap

__all__ = ["BoundUnavailable", "Gap"]
