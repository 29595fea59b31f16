"""A fleet as a heat map with one job's placement in it. It chooses nothing and reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from gpu_lab.fleet.model import Fleet, Ints
from gpu_lab.fleet.state import WHOLE, FleetState, Placement
from gpu_lab.pictures.card import BODY, COLOUR_MAP, DARK, Card, Theme, card
from gpu_lab.placement.allreduce import GIB, cost_of

# More cells than this would be smaller than the 12 pixels that survive a chat's compression.
CELLS_AT_MOST = 1_500
GAP = 0.6
Share = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """Where each cell goes: columns are the domains above the cells, rows the cells in them."""

    level: int
    column: NDArray[np.float64]
    row: Ints
    above: Ints

    @property
    def width(self) -> float:
        """Give the columns' extent, gaps included."""
        return float(self.column.max()) + 1

    @property
    def height(self) -> int:
        """Give the number of rows."""
        return int(self.row.max()) + 1


def placement_card(
    state: FleetState,
    placement: Placement,
    naive: Sequence[Share] = (),
    theme: Theme = DARK,
) -> Card:
    """Draw how full the fleet is, where the job goes, and where a naive choice would go."""
    fleet = state.fleet
    drawn = card(finding(fleet, placement, naive), footer(state), theme)
    layout = lay_out(fleet)
    axes = drawn.figure.add_axes((0.04, 0.155, 0.92, 0.60))
    _cells(axes, layout, _fullness(state, layout), theme)
    _mark_naive(axes, layout, fleet, naive, theme)
    _mark_job(axes, layout, fleet, placement, theme)
    _name_domains(axes, layout, fleet, theme)
    _scale(drawn, theme)
    if naive:
        _key(drawn, placement, theme)
    return drawn


def finding(fleet: Fleet, placement: Placement, naive: Sequence[Share]) -> str:
    """Say in two lines where the job goes, and what the naive choice would cost."""
    shares = [(hold.node, len(hold.gpus)) for hold in placement.holds if hold.gpus]
    gpus = sum(count for _, count in shares)
    model = fleet.node_types[fleet.type_of[shares[0][0]]].gpu
    first = f"{gpus} {model}s {_spread(fleet, shares)}"
    if not naive:
        return first
    slower = cost_of(fleet, naive, 10 * GIB) / cost_of(fleet, shares, 10 * GIB)
    where = _spread(fleet, naive).removeprefix("on ")
    pace = f"{slower:.0f}x slower" if slower >= 1.5 else "about as fast"
    return f"{first}\nFirst {gpus} free: {where}, {pace}"


def _spread(fleet: Fleet, shares: Sequence[Share]) -> str:
    nodes = [node for node, _ in shares]
    if len(nodes) == 1:
        return f"on one {fleet.level_names[-1]}"
    above = len(fleet.levels) - 2
    domains = len(set(fleet.domain_of(above)[nodes].tolist())) if above >= 0 else 1
    level = fleet.level_names[max(above, 0)]
    return f"on {len(nodes)} {fleet.level_names[-1]}s in {domains} {level}{'s' * (domains > 1)}"


def footer(state: FleetState) -> str:
    """Say how large and how full the fleet is."""
    total = state.fleet.total_gpus
    return f"fleet {state.fleet.name}: {total:,} GPUs, {state.used_gpus / total:.0%} in use"


def lay_out(fleet: Fleet) -> Layout:
    """Choose the narrowest level whose domains can all be seen, and give each its cell."""
    fitting = [depth for depth, level in enumerate(fleet.levels) if len(level) <= CELLS_AT_MOST]
    level = max(fitting, default=0)
    count = len(fleet.levels[level])
    above = fleet.levels[level].parent if level else np.zeros(count, dtype=np.int64)
    row = np.arange(count) - np.searchsorted(above, above)
    if level == 0:
        side = int(np.ceil(np.sqrt(count)))
        return Layout(0, (np.arange(count) // side).astype(np.float64), row % side, above)
    return Layout(level, _columns(fleet, level)[above], row, above)


def _columns(fleet: Fleet, level: int) -> NDArray[np.float64]:
    """Give each column its place, with a gap wherever a wider domain begins."""
    columns = np.arange(len(fleet.levels[level - 1]), dtype=np.float64)
    for depth in range(level - 1, 0, -1):
        steps = np.zeros(len(columns))
        parent = fleet.levels[level - 1].parent
        for wider in range(level - 2, depth - 2, -1):
            steps[1:] = parent[1:] != parent[:-1]
            if wider > depth - 1:
                parent = fleet.levels[wider].parent[parent]
        columns += GAP * np.cumsum(steps)
    return columns


def _fullness(state: FleetState, layout: Layout) -> NDArray[np.float64]:
    domain = state.fleet.domain_of(layout.level)
    free = np.bincount(domain, weights=state.free_milli.sum(axis=1)) / WHOLE
    total = np.bincount(domain, weights=state.fleet.gpus)
    return 1 - free / np.maximum(total, 1)


def _cells(axes: Axes, layout: Layout, full: NDArray[np.float64], theme: Theme) -> None:
    axes.set_facecolor(theme.card)
    boxes = [Rectangle((x, y), 0.88, 0.88) for x, y in zip(layout.column, layout.row, strict=True)]
    colours = colormaps[COLOUR_MAP](0.08 + 0.84 * full)
    axes.add_collection(PatchCollection(boxes, facecolors=colours, linewidths=0))
    axes.set_xlim(-0.3, layout.width + 0.2)
    axes.set_ylim(layout.height + 0.2, -0.3)
    axes.axis("off")


def _mark_naive(
    axes: Axes, layout: Layout, fleet: Fleet, naive: Sequence[Share], theme: Theme
) -> None:
    cells = sorted(set(fleet.domain_of(layout.level)[[node for node, _ in naive]].tolist()))
    for cell in cells:
        box = Rectangle(
            (layout.column[cell] - 0.06, layout.row[cell] - 0.06),
            1.0,
            1.0,
            fill=False,
            edgecolor=theme.mark,
            linewidth=2.2,
        )
        axes.add_patch(box)


def _mark_job(axes: Axes, layout: Layout, fleet: Fleet, placement: Placement, theme: Theme) -> None:
    nodes = list(placement.nodes)
    cells = sorted(set(fleet.domain_of(layout.level)[nodes].tolist()))
    # A lone cell gets a halo to be found by; a block of them is seen as it is.
    halo = 0.3 if len(cells) <= 4 else 0.0
    for cell in cells:
        x, y, side = layout.column[cell], layout.row[cell], 0.88
        around, inner = side + 2 * halo, side + halo
        axes.add_patch(Rectangle((x - halo, y - halo), around, around, color=theme.card))
        axes.add_patch(Rectangle((x - halo / 2, y - halo / 2), inner, inner, color=theme.mark))
    first = int(fleet.domain_of(layout.level)[nodes[0]])
    x, y = layout.column[first] + 0.45, layout.row[first] + 0.45
    right = x < layout.width / 2
    axes.annotate(
        f"{placement.job}: {_common_domain(fleet, nodes)}",
        (x, y),
        (x + (layout.width * 0.06 if right else -layout.width * 0.06), y + layout.height * 0.14),
        size=BODY,
        color=theme.ink,
        weight="bold",
        ha="left" if right else "right",
        va="center",
        arrowprops={"arrowstyle": "-", "color": theme.mark, "linewidth": 3},
        bbox={"facecolor": theme.card, "edgecolor": "none", "boxstyle": "round,pad=0.35"},
    )


def _common_domain(fleet: Fleet, nodes: list[int]) -> str:
    """Name the narrowest domain that holds all the nodes."""
    for depth in range(len(fleet.levels) - 1, -1, -1):
        domains: set[int] = set(fleet.domain_of(depth)[nodes].tolist())
        if len(domains) == 1:
            return fleet.levels[depth].names[domains.pop()]
    return fleet.name


def _name_domains(axes: Axes, layout: Layout, fleet: Fleet, theme: Theme) -> None:
    """Name the widest domains under their columns, as many as there is room for."""
    names = fleet.levels[0].names
    if layout.level == 0 or len(names) > 6:
        return
    widest = fleet.domain_of(0)[
        np.searchsorted(fleet.domain_of(layout.level), range(len(layout.row)))
    ]
    for place, name in enumerate(names):
        columns = layout.column[widest == place]
        middle = (columns.min() + columns.max() + 0.9) / 2
        axes.text(
            middle, layout.height + 0.5, name, size=BODY, color=theme.pale, ha="center", va="top"
        )


def _key(drawn: Card, placement: Placement, theme: Theme) -> None:
    for x, filled, text in ((0.04, True, placement.job), (0.3, False, "first free ones")):
        box = Rectangle(
            (x, 0.79), 0.018, 0.024, fill=filled, facecolor=theme.mark, edgecolor=theme.mark,
            linewidth=2.2,
        )  # fmt: skip
        drawn.figure.add_artist(box)
        drawn.figure.text(x + 0.032, 0.802, text, size=BODY - 2, color=theme.ink, va="center")


def _scale(drawn: Card, theme: Theme) -> None:
    strip = drawn.figure.add_axes((0.79, 0.045, 0.09, 0.022))
    strip.imshow(
        np.linspace(0.08, 0.92, 64)[None, :], aspect="auto", cmap=COLOUR_MAP, vmin=0, vmax=1
    )
    strip.axis("off")
    for x, text, side in ((0.78, "free", "right"), (0.89, "full", "left")):
        drawn.figure.text(x, 0.035, text, size=BODY - 3, color=theme.pale, ha=side, va="bottom")
