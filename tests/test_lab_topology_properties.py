"""What holds for every answer of the topology rules, whatever the cluster and the request."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_lab.placement.topology import Cluster, Gates, Node, PodSet, place_workload
from gpu_lab.placement.topology.request import Slice, TopologyRequest

HOST = "kubernetes.io/hostname"
LEVELS = ("block", "rack", HOST)


@st.composite
def clusters(draw) -> Cluster:
    nodes = []
    for block in range(draw(st.integers(1, 3))):
        for rack in range(draw(st.integers(1, 3))):
            for host in range(draw(st.integers(1, 3))):
                name = f"b{block}-r{rack}-h{host}"
                labels = {"block": f"b{block}", "rack": f"r{rack}", HOST: name}
                amounts = {"gpu": draw(st.integers(0, 9)), "pods": 20}
                nodes.append(Node(name=name, labels=labels, allocatable=amounts))
    return Cluster(levels=LEVELS, nodes=tuple(nodes))


@st.composite
def requests(draw) -> tuple[TopologyRequest, int]:
    level = draw(st.sampled_from(LEVELS))
    inner = draw(st.sampled_from(LEVELS[LEVELS.index(level) :]))
    size = draw(st.integers(1, 3))
    slices = draw(st.sampled_from([(), (Slice(level=inner, size=size),)]))
    mode = draw(st.sampled_from(("required", "preferred", "unconstrained")))
    wish = TopologyRequest(**{mode: True if mode == "unconstrained" else level}, slices=slices)
    return wish, size * draw(st.integers(1, 10))


gates = st.builds(Gates, profile_mixed=st.booleans(), balanced_placement=st.booleans())


@settings(max_examples=300, deadline=None)
@given(clusters(), requests(), gates, st.booleans())
def test_an_answer_is_whole_fits_its_nodes_and_keeps_the_wish(cluster, asked, rules, led) -> None:
    wish, count = asked
    workers = PodSet(name="workers", count=count, requests_per_pod={"gpu": 1}, group="g",
                     topology_request=wish)  # fmt: skip
    leader = workers.model_copy(update={"name": "leader", "count": 1})
    pod_sets = (workers, leader) if led and count > 1 else (workers,)

    answers = place_workload(cluster, pod_sets, rules)

    if answers[0].assignment is None:
        assert answers[0].reason
        return
    free = {node.name: node.allocatable["gpu"] for node in cluster.nodes}
    labels = {node.name: node.labels for node in cluster.nodes}
    used = Counter()
    for pods, answer in zip(pod_sets, answers, strict=True):
        assert answer.assignment is not None
        assert answer.assignment.pods == pods.count
        for domain in answer.assignment.domains:
            used[domain.values[0]] += domain.count
    assert all(used[name] <= free[name] for name in used)
    if wish.required is not None:
        assert len({domain_at(labels[name], wish.required) for name in used}) == 1
    for layer in wish.layers:
        per_domain = Counter()
        for domain in answers[0].assignment.domains:
            per_domain[domain_at(labels[domain.values[0]], layer.level)] += domain.count
        assert all(pods % layer.size == 0 for pods in per_domain.values())


def domain_at(labels, level: str) -> tuple[str, ...]:
    return tuple(labels[each] for each in LEVELS[: LEVELS.index(level) + 1])


@settings(max_examples=100, deadline=None)
@given(clusters(), requests(), gates)
def test_the_order_of_the_nodes_does_not_change_the_answer(cluster, asked, rules) -> None:
    wish, count = asked
    pods = PodSet(name="p", count=count, requests_per_pod={"gpu": 1}, topology_request=wish)
    turned = cluster.model_copy(update={"nodes": cluster.nodes[::-1]})

    assert place_workload(cluster, (pods,), rules) == place_workload(turned, (pods,), rules)
