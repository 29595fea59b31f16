"""Turn what a pod set says into an Ask over a tree: levels found, defaults filled, errors named."""

from __future__ import annotations

from gpu_lab.placement.topology.capacity import Ask
from gpu_lab.placement.topology.request import DoesNotFit, Gates, PodSet, Slice, TopologyRequest
from gpu_lab.placement.topology.tree import Tree


def interpret(
    tree: Tree,
    workers: PodSet,
    leader: PodSet | None,
    gates: Gates,
    confined_to: tuple[str, ...] = (),
) -> Ask:
    """Look up the levels of a request; raise DoesNotFit where it asks for what is not there.

    `confined_to` are the values of a domain that a replacement may not leave.
    """
    wish = workers.topology_request
    layers = wish.layers if wish else ()
    size = slice_size(layers)
    name = requested_level(tree, wish)
    level = _found(tree, name, "no requested topology level")
    slice_name = layers[0].level if layers else tree.levels[-1]
    slice_level = _found(tree, slice_name, "no requested topology level for slices")
    if level > slice_level:
        raise DoesNotFit(f"podset slice topology {slice_name} is above the podset topology {name}")
    inner = layers[1:] if gates.multi_layer else ()
    return Ask(
        workers=workers,
        leader=leader,
        count=workers.count,
        level=level,
        slice_level=slice_level,
        slice_size=size,
        inner_sizes=_inner_sizes(tree, slice_level, size, inner),
        layers=layers,
        required=wish is not None and wish.required is not None,
        unconstrained=wish is None or wish.unconstrained or wish.slices_only,
        gates=gates,
        confined_to=confined_to,
    )


def slice_size(layers: tuple[Slice, ...]) -> int:
    """Give the size of the outermost slices; single pods where none are asked for."""
    if not layers:
        return 1
    if not layers[0].size or layers[0].size < 0:
        raise DoesNotFit("slice topology requested, but slice size not provided")
    return layers[0].size


def requested_level(tree: Tree, wish: TopologyRequest | None) -> str:
    """Give the level at which pods should be together: the lowest where nothing is said."""
    if wish is None:
        return tree.levels[-1]
    if wish.required is not None:
        return wish.required
    if wish.preferred is not None:
        return wish.preferred
    if wish.layers:
        return tree.levels[0]
    if wish.unconstrained:
        return tree.levels[-1]
    raise DoesNotFit("topology level not specified")


def _found(tree: Tree, name: str | None, otherwise: str) -> int:
    level = tree.level(name)
    if level is None:
        raise DoesNotFit(f"{otherwise}: {name}")
    return level


def _inner_sizes(tree: Tree, level: int, size: int, layers: tuple[Slice, ...]) -> dict[int, int]:
    """Map each level below the outermost slices to the size that pods move in there."""
    sizes: dict[int, int] = {}
    for layer in layers:
        inner = _found(tree, layer.level, "no requested topology level for additional slice layer")
        if inner <= level:
            raise DoesNotFit(
                f"additional slice layer topology {layer.level} must be at a lower level"
                f" than {tree.levels[level]}"
            )
        if not layer.size or size % layer.size:
            raise DoesNotFit(
                f"additional slice layer size {layer.size or 0} must evenly divide"
                f" parent layer size {size}"
            )
        sizes |= dict.fromkeys(range(level + 1, inner + 1), layer.size)
        level, size = inner, layer.size
    return sizes
