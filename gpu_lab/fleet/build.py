"""From a description to a fleet: expand blocks, check the tree, lay out the arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gpu_lab.fleet.describe import Block, FleetDescription
from gpu_lab.fleet.errors import (
    CyclicTopology,
    DuplicateName,
    FleetNotReadable,
    UnevenTopology,
    UnknownName,
)
from gpu_lab.fleet.model import Fleet, Level


@dataclass(frozen=True)
class Place:
    """A domain or node in the tree, before it becomes a row of an array."""

    name: str
    depth: int
    parent: str | None
    node_type: str = ""


def build_fleet(description: FleetDescription) -> Fleet:
    """Build the arrays; raise a FleetRefused that names what is wrong and the way out."""
    _check_names(description)
    places = _unique(_places(description))
    for place in places.values():
        _check_parent(place, places, description.levels)
    rows = _in_tree_order(places, len(description.levels))
    if not rows[-1]:
        raise FleetNotReadable(f"fleet {description.name!r} has no nodes; add [[blocks]]")
    types = tuple(description.node_types)
    return Fleet(
        name=description.name,
        levels=tuple(
            _level(name, rows[depth], rows[depth - 1] if depth else [])
            for depth, name in enumerate(description.levels)
        ),
        node_types=tuple(description.node_types.values()),
        type_names=types,
        type_of=np.asarray([types.index(row.node_type) for row in rows[-1]], dtype=np.int64),
        spine_oversubscription=description.spine_oversubscription,
    )


def _check_names(description: FleetDescription) -> None:
    levels = description.levels
    for level in levels:
        if levels.count(level) > 1:
            raise DuplicateName("level", level)
    for kind in description.node_types.values():
        if kind.nvlink is not None and kind.nvlink not in levels:
            raise UnknownName("level", kind.nvlink, levels)
    used = [block.node_type for block in description.blocks]
    for node_type in (*used, *(node.node_type for node in description.nodes)):
        if node_type not in description.node_types:
            raise UnknownName("node type", node_type, tuple(description.node_types))
    for domain in description.domains:
        if domain.level not in levels[:-1]:
            raise UnknownName("level above nodes", domain.level, levels[:-1])


def _places(description: FleetDescription) -> Iterator[Place]:
    levels = description.levels
    for domain in description.domains:
        yield Place(domain.name, levels.index(domain.level), domain.parent)
    for node in description.nodes:
        yield Place(node.name, len(levels) - 1, node.parent, node.node_type)
    for block in description.blocks:
        yield from _expand(block, levels)


def _expand(block: Block, levels: tuple[str, ...]) -> Iterator[Place]:
    top = len(levels) - len(block.counts)
    if top < 0 or (top > 0) != (block.under is not None):
        raise FleetNotReadable(
            f"block {block.name!r} has {len(block.counts)} counts for the levels"
            f" {', '.join(levels)}; give one for each level, or name in `under` the domain"
            " that holds the widest counted level"
        )
    above: list[str | None] = [block.under]
    for depth, count in enumerate(block.counts, start=top):
        is_node = depth == len(levels) - 1
        stem = block.name if depth == top else levels[depth]
        here = [
            Place(
                f"{parent}/{stem}{number}" if parent and depth > top else f"{stem}{number}",
                depth,
                parent,
                block.node_type if is_node else "",
            )
            for parent in above
            for number in range(1, count + 1)
        ]
        yield from here
        above = [place.name for place in here]


def _unique(places: Iterator[Place]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for place in places:
        if place.name in found:
            raise DuplicateName("domain or node", place.name)
        found[place.name] = place
    return found


def _check_parent(place: Place, places: dict[str, Place], levels: tuple[str, ...]) -> None:
    level, above = levels[place.depth], levels[place.depth - 1] if place.depth else None
    if place.parent is None:
        if above is not None:
            raise UnevenTopology(place.name, level, above, "none")
        return
    parent = places.get(place.parent)
    if parent is None:
        raise UnknownName("domain", place.parent, tuple(places))
    if parent.depth != place.depth - 1:
        _refuse_cycle(place, places)
        raise UnevenTopology(
            place.name, level, above, f"{parent.name!r} at level {levels[parent.depth]!r}"
        )


def _refuse_cycle(start: Place, places: dict[str, Place]) -> None:
    trail: list[str] = []
    here: Place | None = start
    while here is not None:
        if here.name in trail:
            raise CyclicTopology(tuple(trail[trail.index(here.name) :]))
        trail.append(here.name)
        here = places.get(here.parent) if here.parent else None


def _in_tree_order(places: dict[str, Place], depth: int) -> list[list[Place]]:
    """Give the rows of each level so that the children of a domain are neighbours."""
    children: dict[str | None, list[Place]] = {}
    for place in places.values():
        children.setdefault(place.parent, []).append(place)
    rows = [children.get(None, [])]
    for _ in range(1, depth):
        rows.append([child for row in rows[-1] for child in children.get(row.name, [])])
    return rows


def _level(name: str, rows: list[Place], above: list[Place]) -> Level:
    index = {place.name: number for number, place in enumerate(above)}
    parents = [index[row.parent] if row.parent is not None else 0 for row in rows]
    return Level(name, tuple(row.name for row in rows), np.asarray(parents, dtype=np.int64))
