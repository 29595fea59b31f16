"""Topology-aware placement by Kueue's rules, complete: slices, leaders, balance, repair, growth."""

from gpu_lab.placement.topology.cases import Case, CaseNotReadable, answer_case, read_cases
from gpu_lab.placement.topology.place import place_workload
from gpu_lab.placement.topology.request import Answer, Assignment, Cluster, Gates, Node, PodSet

__all__ = [
    "Answer",
    "Assignment",
    "Case",
    "CaseNotReadable",
    "Cluster",
    "Gates",
    "Node",
    "PodSet",
    "answer_case",
    "place_workload",
    "read_cases",
]
