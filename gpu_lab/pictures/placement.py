"""A fleet as a heat map with one job's placement in it. It chooses nothing and reads no file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from gpu_lab.fleet.model import Fleet
from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.pictures.card import BODY, COLOUR_MAP, DARK, Card, Theme, card
from gpu_lab.pictures.layout import Layout, fullness, lay_out
from gpu_lab.placement.allreduce import GIB, cost_of

# A cell's side; the rest is the gap to the next.
SIDE = 0.88
Share = tuple[int, int]


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
    _cells(axes, layout, fullness(state, layout), theme)
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


def _cells(axes: Axes, layout: Layout, full: NDArray[np.float64], theme: Theme) -> None:
    axes.set_facecolor(theme.card)
    boxes = [Rectangle((x, y), SIDE, SIDE) for x, y in zip(layout.column, layout.row, strict=True)]
    colours = colormaps[COLOUR_MAP](0.08 + 0.84 * full)
    axes.add_collection(PatchCollection(boxes, facecolors=colours, linewidths=0))
    axes.set_xlim(-0.3, layout.width + 0.2)
    axes.set_ylim(layout.height * 1.01, -0.3 if layout.height > 10 else -0.1)
    axes.axis("off")


def _mark_naive(
    axes: Axes, layout: Layout, fleet: Fleet, naive: Sequence[Share], theme: Theme
) -> None:
    cells = sorted(set(fleet.domain_of(layout.level)[[node for node, _ in naive]].tolist()))
    for cell in cells:
        box = Rectangle(
            (layout.column[cell], layout.row[cell]),
            SIDE,
            SIDE,
            fill=False,
            edgecolor=theme.mark,
            linewidth=2.2,
        )
        axes.add_patch(box)


def _mark_job(axes: Axes, layout: Layout, fleet: Fleet, placement: Placement, theme: Theme) -> None:
    nodes = list(placement.nodes)
    cells = sorted(set(fleet.domain_of(layout.level)[nodes].tolist()))
    # A lone small cell gets a halo to be found by; a block of them is seen as it is.
    halo = min(0.3, layout.width / 190) if len(cells) <= 4 else 0.0
    rise = min(0.3, layout.height / 80) if len(cells) <= 4 else 0.0
    for cell in cells:
        x, y = layout.column[cell], layout.row[cell]
        for grown, colour in ((1.0, theme.card), (0.5, theme.mark)):
            corner = (x - halo * grown, y - rise * grown)
            across, down = SIDE + 2 * halo * grown, SIDE + 2 * rise * grown
            axes.add_patch(Rectangle(corner, across, down, color=colour))
    first = int(fleet.domain_of(layout.level)[nodes[0]])
    x, y = layout.column[first] + 0.45, layout.row[first] + 0.45
    right = x < layout.width / 2
    axes.annotate(
        f"{placement.job}: {_common_domain(fleet, nodes)}",
        (x, y),
        (
            x + (layout.width * 0.06 if right else -layout.width * 0.06),
            y + max(layout.height * 0.14, 1.1),
        ),
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
            middle, layout.height * 1.02, name, size=BODY, color=theme.pale, ha="center", va="top"
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
