"""Where the pods of a failed node go while the others stay. It moves no healthy pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gpu_lab.placement.topology.asks import requested_level, slice_size
from gpu_lab.placement.topology.request import (
    Assignment,
    DoesNotFit,
    DomainCount,
    PodSet,
    Slice,
    TopologyRequest,
)
from gpu_lab.placement.topology.tree import Tree

# Places pods inside a domain named by its values; () is anywhere.
Place = Callable[[PodSet, tuple[str, ...]], Assignment]


def replace_node(
    tree: Tree, pods: PodSet, running: Assignment, failed: str, place: Place
) -> tuple[Assignment, Assignment]:
    """Place only the pods of `failed`; return the whole assignment and the new part of it."""
    kept = tuple(each for each in running.domains if each.values[-1] != failed)
    lost = sum(each.count for each in running.domains) - sum(each.count for each in kept)
    _refuse_stale(tree, kept)
    missing = pods.model_copy(update={"count": lost})
    home = required_home(tree, missing, kept)
    if home and _breaks_slices(missing):
        missing = missing.model_copy(update={"topology_request": _unbroken(missing)})
    replacement = place(missing, home)
    if not replacement.domains:
        raise DoesNotFit(f"cannot find replacement assignment for unhealthy node: {failed}")
    return merge(tree, replacement, kept), replacement


def _refuse_stale(tree: Tree, kept: tuple[DomainCount, ...]) -> None:
    stale = next((each for each in kept if tree.leaf(each.values) is None), None)
    if stale is not None:
        raise DoesNotFit(
            "Cannot replace the node, because the existing topologyAssignment is invalid,"
            f" as it contains the stale domain {stale.values[0]}"
        )


def required_home(tree: Tree, missing: PodSet, kept: tuple[DomainCount, ...]) -> tuple[str, ...]:
    """Give the values of the domain that the missing pods must return to; () is anywhere.

    A broken slice must be mended where it is, at its innermost broken layer; otherwise only a
    required level binds, to the domain where the first kept pod is.
    """
    wish = missing.topology_request
    level = tree.level(requested_level(tree, wish))
    if wish is None or level is None or not kept:
        return ()
    if _breaks_slices(missing):
        broken = [layer for layer in wish.layers if layer.size and missing.count % layer.size]
        return _incomplete_slice(tree, missing.count, broken[-1], kept)
    if wish.required is None:
        return ()
    first = tree.leaf(kept[0].values)
    return first.ancestor(level).values if first else ()


def _breaks_slices(missing: PodSet) -> bool:
    layers = missing.topology_request.layers if missing.topology_request else ()
    return bool(layers) and missing.count % slice_size(layers) != 0


def _incomplete_slice(
    tree: Tree, lost: int, layer: Slice, kept: tuple[DomainCount, ...]
) -> tuple[str, ...]:
    level = tree.level(layer.level)
    if level is None or not layer.size:
        return ()
    pods: Counter[tuple[str, ...]] = Counter()
    for each in kept:
        leaf = tree.leaf(each.values)
        if leaf is not None:
            pods[leaf.ancestor(level).values] += each.count
    return next((home for home in sorted(pods) if (pods[home] + lost) % layer.size == 0), ())


def _unbroken(missing: PodSet) -> TopologyRequest:
    """Ask for the innermost slices that the missing pods can still form whole."""
    wish = missing.topology_request
    assert wish is not None, "only a request with slices can have broken ones"
    whole = [layer for layer in wish.layers if layer.size and missing.count % layer.size == 0]
    return wish.model_copy(update={"slices": tuple(whole[-1:])})


def merge(tree: Tree, new: Assignment, kept: tuple[DomainCount, ...]) -> Assignment:
    """Join two assignments, adding up where they share a domain; sorted by name."""
    pods: Counter[tuple[str, ...]] = Counter()
    for each in (*new.domains, *kept):
        pods[each.values] += each.count

    def path(values: tuple[str, ...]) -> str:
        leaf = tree.leaf(values)
        return ",".join(leaf.values if leaf else values)

    return Assignment(
        levels=new.levels,
        domains=tuple(
            DomainCount(values=values, count=pods[values]) for values in sorted(pods, key=path)
        ),
    )
