"""The fleet's heat map as an interactive page: hover over a node to see its name and what is free.

One self-contained HTML text without any address; it chooses nothing and reads no file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from gpu_lab.fleet.model import Fleet
from gpu_lab.fleet.state import WHOLE, FleetState, Placement
from gpu_lab.pictures.card import COLOUR_MAP, DARK, Theme
from gpu_lab.pictures.layout import Layout, fullness, lay_out
from gpu_lab.pictures.placement import Share, finding, footer


def placement_page(
    state: FleetState, placement: Placement, naive: Sequence[Share] = (), theme: Theme = DARK
) -> str:
    """Draw what `placement_card` draws, to be looked into."""
    layout = lay_out(state.fleet)
    figure = go.Figure(data=[_cells(state, layout)])
    nodes = [hold.node for hold in placement.holds]
    figure.add_trace(_marks(state.fleet, layout, nodes, placement.job, "square", theme))
    if naive:
        first = [node for node, _ in naive]
        figure.add_trace(_marks(state.fleet, layout, first, "first free", "square-open", theme))
    figure.update_layout(
        title=finding(state.fleet, placement, naive).replace("\n", "<br>"),
        paper_bgcolor=theme.card,
        plot_bgcolor=theme.card,
        font={"color": theme.ink, "size": 16},
        xaxis={"visible": False},
        yaxis={"visible": False, "autorange": "reversed"},
        legend={"orientation": "h", "y": -0.05},
        annotations=[_note(footer(state), theme)],
    )
    page: str = figure.to_html(include_plotlyjs=True, full_html=True)
    return page


def _cells(state: FleetState, layout: Layout) -> go.Scatter:
    level, domain = state.fleet.levels[layout.level], state.fleet.domain_of(layout.level)
    free = np.bincount(domain, weights=state.free_milli.sum(axis=1)) / WHOLE
    return go.Scatter(
        x=layout.column,
        y=layout.row,
        mode="markers",
        name=f"{level.name}s",
        showlegend=False,
        text=[
            f"{name}<br>{left:g} GPUs free" for name, left in zip(level.names, free, strict=True)
        ],
        hoverinfo="text",
        marker={
            "symbol": "square",
            "size": 14,
            "color": fullness(state, layout),
            "colorscale": COLOUR_MAP,
            "cmin": 0,
            "cmax": 1,
            "colorbar": {"title": "in use", "tickformat": ".0%"},
        },
    )


def _marks(
    fleet: Fleet, layout: Layout, nodes: list[int], name: str, symbol: str, theme: Theme
) -> go.Scatter:
    cells = sorted(set(fleet.domain_of(layout.level)[nodes].tolist()))
    return go.Scatter(
        x=layout.column[cells],
        y=layout.row[cells],
        mode="markers",
        name=name,
        text=[f"{name}: {fleet.levels[layout.level].names[cell]}" for cell in cells],
        hoverinfo="text",
        marker={"symbol": symbol, "size": 18, "color": theme.mark, "line": {"width": 3}},
    )


def _note(text: str, theme: Theme) -> dict[str, object]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": -0.1,
        "showarrow": False,
        "font": {"color": theme.pale},
    }
