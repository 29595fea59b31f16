"""The sentences that say why a request does not fit. They only read counts."""

from __future__ import annotations

from gpu_lab.placement.topology.capacity import Ask, Exclusions
from gpu_lab.placement.topology.tree import Domain, Tree

TOPOLOGY = 'topology "default"'


def not_fit(tree: Tree, ask: Ask, level: int, fitting: int, exclusions: Exclusions) -> str:
    """Say how much of the request fits at `level`, and why nodes were left out."""
    if ask.inner_sizes:
        return f"{TOPOLOGY} doesn't allow to fit{_layers(tree, ask, level)}{exclusions}"
    unit = "pod" if ask.slice_size == 1 else "slice"
    if fitting == 0:
        return f"{TOPOLOGY} doesn't allow to fit any of {ask.slices} {unit}(s){exclusions}"
    return f"{TOPOLOGY} allows to fit only {fitting} out of {ask.slices} {unit}(s){exclusions}"


def _layers(tree: Tree, ask: Ask, level: int) -> str:
    domains = tree.by_level[level].values()
    best = min(domains, key=lambda domain: (-domain.slices, ",".join(domain.values)))
    lines = []
    for layer in ask.layers:
        target = tree.level(layer.level)
        if target is not None and layer.size:
            fitting = _slices_below(best, target - level, layer.size)
            needed = ask.count // layer.size
            lines.append(f"; {fitting}/{needed} slice(s) fit on level {layer.level}")
    return "".join(lines)


def _slices_below(domain: Domain, depth: int, size: int) -> int:
    if depth == 0:
        return domain.pods // size
    return sum(_slices_below(child, depth - 1, size) for child in domain.children)
