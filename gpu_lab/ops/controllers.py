"""Two ways to bring a fleet to its wishes, as pure deciders: by node, and by cluster.

Both finish what is begun in the same way; they differ in whom they take out of production.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from gpu_lab.ops.values import (
    Action,
    Drain,
    Goals,
    HandOver,
    Node,
    Observed,
    Phase,
    Repair,
    Repave,
    Validate,
    Wish,
)

Controller = Callable[[Observed, Mapping[str, Wish], Goals], list[Action]]


def node_convergence(observed: Observed, wishes: Mapping[str, Wish], goals: Goals) -> list[Action]:
    """Let each node close its own gap, in name order, within the budget of what controllers took.

    It sees no cluster: a switch that is down, or another cluster's maintenance, does not hold it
    back, so a cluster may fall under its objective.
    """
    actions = _steps(observed, wishes)
    out = sum(node.phase is not Phase.SERVING for node in observed.nodes.values())
    for name, node in sorted(observed.nodes.items()):
        if out < goals.budget and node.phase is Phase.SERVING and _differs(node, wishes[name]):
            actions.append(Drain(name))
            out += 1
    return actions


def cluster_convergence(
    observed: Observed, wishes: Mapping[str, Wish], goals: Goals
) -> list[Action]:
    """Close the gap cluster by cluster without taking a serving node that the objective needs.

    Everything not serving counts, whatever the cause. Nodes that do no work anyway go first,
    then those under the switch with the fewest nodes out, so that no switch is emptied.
    """
    actions = _steps(observed, wishes)
    out = sum(node.phase is not Phase.SERVING for node in observed.nodes.values())
    away = Counter(node.switch for node in observed.nodes.values() if not node.serves)
    spare = {
        cluster: observed.serving(cluster) - goals.serving.get(cluster, 0)
        for cluster in {node.cluster for node in observed.nodes.values()}
    }
    todo = [
        node
        for name, node in observed.nodes.items()
        if node.phase is Phase.SERVING and _differs(node, wishes[name])
    ]
    while todo and out < goals.budget:
        todo.sort(key=lambda node: (node.serves, away[node.switch], node.name))
        node = next((n for n in todo if not n.serves or spare[n.cluster] > 0), None)
        if node is None:
            break
        todo.remove(node)
        spare[node.cluster] -= node.serves
        away[node.switch] += 1
        out += 1
        actions.append(Drain(node.name))
    return actions


CONTROLLERS: dict[str, Controller] = {
    "node": node_convergence,
    "cluster": cluster_convergence,
}


def _differs(node: Node, wish: Wish) -> bool:
    return node.image != wish.image or node.cluster != wish.cluster


def _steps(observed: Observed, wishes: Mapping[str, Wish]) -> list[Action]:
    # The next step of every node that is on its way; a wish that changed meanwhile is followed.
    actions: list[Action] = []
    for name, node in sorted(observed.nodes.items()):
        if not node.reachable:
            continue
        match node.phase:
            case Phase.DRAINED:
                actions.append(Repave(name, wishes[name]))
            case Phase.REPAVED if _differs(node, wishes[name]):
                actions.append(Repave(name, wishes[name]))
            case Phase.REPAVED:
                actions.append(Validate(name))
            case Phase.VALIDATED if _differs(node, wishes[name]):
                actions.append(Repave(name, wishes[name]))
            case Phase.VALIDATED:
                actions.append(HandOver(name))
            case Phase.FAILED:
                actions.append(Repair(name))
            case _:
                pass
    return actions
