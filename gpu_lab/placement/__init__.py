"""Choosing machines for jobs: one interface, many policies. Nothing here touches files or plots.

The policies compile on first use; this face imports none of them (see `placement.policies`).
"""

from gpu_lab.placement.policy import NoPlace, Policy

__all__ = ["NoPlace", "Policy"]
