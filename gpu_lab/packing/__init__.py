"""Packing sequences and requests under a cost: bins, padded batches, and a batcher.

The compiled kernels are loaded at the first packing, not at import.
"""

from gpu_lab.packing.batcher import Batcher, BatcherClosed
from gpu_lab.packing.batches import Cost, Plan, by_application, padded_tokens, plan_batches
from gpu_lab.packing.bins import Oversized, Packing, in_units, lower_bound, pack
from gpu_lab.packing.errors import (
    CapacityRefused,
    CostRefused,
    CostsNotReadable,
    CostsRefused,
    PackingRefused,
    PolicyRefused,
    RequestTooLarge,
    RunAnsweredWrongly,
    UnknownModel,
)
from gpu_lab.packing.plain import lower_bound_plainly, pack_plainly
from gpu_lab.packing.read import costs_of, read_costs
from gpu_lab.packing.simulation import Arrival, Simulated, Worker, poisson, simulate
from gpu_lab.packing.waiting import Batch, Entry, NotYet, Policy, Request, WaitingRoom

__all__ = [
    "Arrival",
    "Batch",
    "Batcher",
    "BatcherClosed",
    "CapacityRefused",
    "Cost",
    "CostRefused",
    "CostsNotReadable",
    "CostsRefused",
    "Entry",
    "NotYet",
    "Oversized",
    "Packing",
    "PackingRefused",
    "Plan",
    "Policy",
    "PolicyRefused",
    "Request",
    "RequestTooLarge",
    "RunAnsweredWrongly",
    "Simulated",
    "UnknownModel",
    "WaitingRoom",
    "Worker",
    "by_application",
    "costs_of",
    "in_units",
    "lower_bound",
    "lower_bound_plainly",
    "pack",
    "pack_plainly",
    "padded_tokens",
    "plan_batches",
    "poisson",
    "read_costs",
    "simulate",
]
