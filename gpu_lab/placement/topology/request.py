"""What a topology-aware request says and what its answer looks like. Nothing is placed here.

The words are those of Kueue's Topology-Aware Scheduling, so that its cases can be read as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HOSTNAME = "kubernetes.io/hostname"
PODS = "pods"

Requests = Mapping[str, int]


class Value(BaseModel):
    """A frozen value read from a case; words that the rules do not need are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Gates(Value):
    """The switches that change the rules; the defaults are the published ones."""

    profile_mixed: bool = Field(default=True, alias="TASProfileMixed")
    balanced_placement: bool = Field(default=False, alias="TASBalancedPlacement")
    respect_preferred_affinity: bool = Field(default=False, alias="TASRespectNodeAffinityPreferred")
    multi_layer: bool = Field(default=True, alias="TASMultiLayerTopology")
    keep_single_pods: bool = Field(default=True, alias="SkipReassignmentForPodOwnedWorkloads")
    elastic: bool = Field(default=False, alias="ElasticJobsViaWorkloadSlices")
    elastic_topology: bool = Field(default=False, alias="ElasticJobsViaWorkloadSlicesWithTAS")
    shared_flavors: bool = Field(default=True, alias="TASHandleOverlappingFlavors")


class Taint(Value):
    """A node's refusal of pods that do not tolerate it."""

    key: str
    value: str = ""
    effect: str

    @property
    def written(self) -> str:
        """Give the taint as people write it: `key=value:Effect`."""
        return (
            f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"
        )


class Toleration(Value):
    """A pod's consent to a taint; empty fields match everything."""

    key: str | None = None
    operator: Literal["Equal", "Exists"] | None = None
    value: str | None = None
    effect: str | None = None

    def accepts(self, taint: Taint) -> bool:
        """Say whether this consent covers `taint`."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        return self.operator == "Exists" or (self.value or "") == taint.value


class LabelTerm(Value):
    """One expression over a node's labels."""

    key: str
    op: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: tuple[str, ...] = ()
    weight: int = 0

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether a node with these labels satisfies the expression."""
        here = labels.get(self.key)
        match self.op:
            case "In":
                return here in self.values
            case "NotIn":
                return here not in self.values
            case "Exists":
                return here is not None
            case "DoesNotExist":
                return here is None
            case "Gt":
                return here is not None and int(here) > int(self.values[0])
            case "Lt":
                return here is not None and int(here) < int(self.values[0])


class NodeAffinity(Value):
    """Which nodes a pod needs (any one term suffices) and which it would rather have."""

    required_any_of: tuple[LabelTerm, ...] = ()
    preferred: tuple[LabelTerm, ...] = ()


class Node(Value):
    """A machine as the scheduler sees it; amounts in milli-CPU, bytes and units."""

    name: str
    labels: Mapping[str, str] = Field(default_factory=dict)
    allocatable: Requests = Field(default_factory=dict)
    ready: bool = True
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class RunningPod(Value):
    """A pod outside the topology's accounts that uses a node all the same."""

    node: str
    requests: Requests = Field(default_factory=dict)
    phase: str = "Running"


class Usage(Value):
    """Capacity already taken in one leaf domain: `count` pods of `requests_per_pod` each.

    `requests` is taken besides, as it is, where only a total is known.
    """

    values: tuple[str, ...]
    requests: Requests = Field(default_factory=dict)
    requests_per_pod: Requests = Field(default_factory=dict)
    count: int = 0


class DomainCount(Value):
    """How many pods one domain receives."""

    values: tuple[str, ...]
    count: int


class Assignment(Value):
    """Where the pods of a set go: values of `levels`, each with its count."""

    levels: tuple[str, ...]
    domains: tuple[DomainCount, ...]

    @property
    def pods(self) -> int:
        """Count the pods assigned."""
        return sum(domain.count for domain in self.domains)


class Slice(Value):
    """`size` pods that must sit inside one domain of `level`."""

    level: str | None = None
    size: int | None = None


class TopologyRequest(Value):
    """How near to each other the pods of a set must or should be."""

    required: str | None = None
    preferred: str | None = None
    unconstrained: bool = False
    slices: tuple[Slice, ...] = ()

    @property
    def layers(self) -> tuple[Slice, ...]:
        """Give the slice layers that count: a size without a level says nothing."""
        return tuple(layer for layer in self.slices if layer.level is not None)

    @property
    def slices_only(self) -> bool:
        """Say whether slices are all that is asked for."""
        return bool(self.layers) and self.required is None and self.preferred is None


class PodSet(Value):
    """Equal pods that are placed together; sets with the same `group` are leader and workers."""

    name: str
    group: str | None = None
    topology_request: TopologyRequest | None = None
    requests_per_pod: Requests = Field(default_factory=dict)
    count: int
    tolerations: tuple[Toleration, ...] | None = None
    node_selector: Mapping[str, str] | None = None
    node_affinity: NodeAffinity | None = None
    previous_assignment: Assignment | None = None


class AdmittedPodSet(Value):
    """A pod set that already runs somewhere."""

    name: str
    count: int = 0
    assignment: Assignment | None = None


class Workload(Value):
    """A running workload some of whose nodes have failed."""

    owners: tuple[str, ...] = ()
    unhealthy_nodes: tuple[str, ...] = ()
    admitted_podsets: tuple[AdmittedPodSet, ...] = ()
    is_pod_group: bool = False

    @property
    def is_one_pod(self) -> bool:
        """Say whether the workload is a single bare pod, which cannot move."""
        return self.owners == ("Pod",) and not self.is_pod_group


class Cluster(Value):
    """Everything about the machines that a placement depends on; levels widest first."""

    levels: tuple[str, ...]
    nodes: tuple[Node, ...]
    flavor_node_labels: Mapping[str, str] = Field(default_factory=dict)
    other_pods: tuple[RunningPod, ...] = ()
    prior_own_usage: tuple[Usage, ...] = ()
    prior_flavor_usage: tuple[Usage, ...] = ()


class Answer(Value):
    """Where a pod set goes, or the reason why it cannot."""

    name: str
    assignment: Assignment | None
    reason: str = ""


class DoesNotFit(Exception):
    """The request cannot be met; the message says which part of it."""
