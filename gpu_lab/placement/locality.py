"""Whole-GPU gangs as near together as they can be: the rule, written to be read.

`locality_index` answers the same in a microsecond on a million GPUs; the tests hold it to this.

A gang of up to a node's GPUs goes to the node it leaves least free. A larger one takes wholly
free nodes: inside the narrowest domain that has enough of them, of these the one with the
fewest, and within it the same rule again. Ties go to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Branch:
    """A domain and what lies in it: narrower branches, or nodes (by index) at the narrowest."""

    branches: tuple[Branch, ...] = ()
    nodes: range = field(default_factory=lambda: range(0))

    def walk(self) -> Iterator[Branch]:
        """Yield this branch and all below, narrow ones after wide ones."""
        yield self
        for branch in self.branches:
            yield from branch.walk()

    @property
    def height(self) -> int:
        """Count the levels of branches below."""
        return 1 + self.branches[0].height if self.branches else 0


Share = tuple[int, int]


def place_plainly(
    tops: Sequence[Branch], free: Sequence[int], width: int, gpus: int
) -> list[Share]:
    """Choose (node, GPUs) pairs for a gang of `gpus` GPUs on nodes of `width`; [] if none fits."""
    if gpus <= width:
        fitting = [node for node, here in enumerate(free) if here >= gpus]
        return [(min(fitting, key=lambda node: free[node]), gpus)] if fitting else []
    whole = -(-gpus // width)
    home = narrowest(tops, free, width, whole)
    if home is None:
        return []
    nodes = take_whole(home, free, width, whole)
    return [(node, width) for node in nodes[:-1]] + [(nodes[-1], gpus - width * (whole - 1))]


def narrowest(tops: Sequence[Branch], free: Sequence[int], width: int, whole: int) -> Branch | None:
    """Find the domain: lowest level first, then fewest wholly free nodes, then the first."""
    everything = Branch(branches=tuple(tops))
    candidates = [
        branch for branch in everything.walk() if whole_nodes(branch, free, width) >= whole
    ]
    return min(
        candidates,
        key=lambda branch: (branch.height, whole_nodes(branch, free, width)),
        default=None,
    )


def take_whole(branch: Branch, free: Sequence[int], width: int, whole: int) -> list[int]:
    """Take nodes from the roomiest branches, and the last ones from the tightest that suffices."""
    if not branch.branches:
        return [node for node in branch.nodes if free[node] == width][:whole]
    taken: list[int] = []
    rest = list(branch.branches)
    while whole > len(taken):
        need = whole - len(taken)
        counts = [whole_nodes(each, free, width) for each in rest]
        enough = [place for place, count in enumerate(counts) if count >= need]
        if enough:
            tightest = min(enough, key=lambda place: counts[place])
            return taken + take_whole(rest[tightest], free, width, need)
        roomiest = rest.pop(max(range(len(rest)), key=lambda place: counts[place]))
        taken += [node for node in nodes_of(roomiest) if free[node] == width]
    return taken


def whole_nodes(branch: Branch, free: Sequence[int], width: int) -> int:
    """Count the wholly free nodes in a branch."""
    return sum(free[node] == width for node in nodes_of(branch))


def nodes_of(branch: Branch) -> Iterable[int]:
    """Yield the nodes in a branch, in order."""
    yield from branch.nodes
    for each in branch.branches:
        yield from nodes_of(each)
