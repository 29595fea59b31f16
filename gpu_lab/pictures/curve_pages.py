"""The curves of the cards as interactive pages: hover to read a value, drag to look closer.

Each gives one self-contained HTML text without any address and computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from gpu_lab.ops.report import Span
from gpu_lab.pictures.card import COLOUR_MAP, DARK, Theme
from gpu_lab.pictures.findings import (
    DEMAND,
    HOUR,
    Floats,
    allocation_finding,
    completion_finding,
    done_by,
    fragmentation_finding,
    queue_finding,
)
from gpu_lab.placement.protocol.replay import Curves
from gpu_lab.simulate.report import QueueCurve


def allocation_page(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> str:
    """Draw what `allocation_card` draws, from the first arrival on."""
    figure = go.Figure()
    _lines(figure, {name: curve.allocation for name, curve in curves.items()})
    return _page(figure, allocation_finding(workload, curves), DEMAND, "allocated, %", theme)


def fragmentation_page(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> str:
    """Draw what `fragmentation_card` draws."""
    figure = go.Figure()
    _lines(figure, {name: curve.fragmentation for name, curve in curves.items()})
    title = fragmentation_finding(workload, curves)
    return _page(figure, title, DEMAND, "fragments, % of idle", theme)


def queue_page(title: str, curve: QueueCurve, gpus: int, theme: Theme = DARK) -> str:
    """Draw what `queue_card` draws, both charts on one axis of time."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    days = (curve.seconds / (24 * HOUR)).tolist()
    waiting, busy = _colours(2)
    for row, name, values, colour in (
        (1, "waiting", curve.waiting, waiting),
        (2, "GPUs in use", curve.busy_gpus, busy),
    ):
        trace = go.Scatter(x=days, y=values.tolist(), name=name, fill="tozeroy", line_color=colour)
        figure.add_trace(trace, row=row, col=1)
    figure.add_hline(y=gpus, line_color=theme.pale, row=2, col=1)
    figure.update_xaxes(title=f"{title}; days", row=2, col=1)
    return _page(figure, queue_finding(curve, gpus), None, None, theme)


def completion_page(seconds: Mapping[str, Floats], theme: Theme = DARK) -> str:
    """Draw what `completion_card` draws."""
    figure = go.Figure()
    for (name, values), colour in zip(seconds.items(), _colours(len(seconds)), strict=True):
        hours, share = done_by(values)
        figure.add_scatter(x=hours.tolist(), y=share.tolist(), name=name, line_color=colour)
    figure.update_xaxes(type="log")
    label = "time from submission to completion, hours"
    return _page(figure, completion_finding(seconds), label, "jobs done, %", theme)


def rollout_page(finding: str, spans: Sequence[Span], theme: Theme = DARK) -> str:
    """Draw what `rollout_card` draws, every row with its name."""
    figure = go.Figure()
    kinds = list(dict.fromkeys(span.what for span in spans))
    for kind, colour in zip(kinds, _colours(len(kinds)), strict=True):
        mine = [span for span in spans if span.what == kind]
        figure.add_bar(
            orientation="h",
            y=[span.row for span in mine],
            x=[(span.end - span.begin) / HOUR for span in mine],
            base=[span.begin / HOUR for span in mine],
            name=kind,
            marker_color=theme.alarm if kind == "failed" else colour,
        )
    rows = list(dict.fromkeys(span.row for span in spans))
    figure.update_layout(barmode="overlay", height=max(500, 18 * len(rows) + 160))
    figure.update_yaxes(categoryorder="array", categoryarray=rows[::-1])
    return _page(figure, finding, "hours", None, theme)


def _lines(figure: go.Figure, lines: Mapping[str, Sequence[float]]) -> None:
    for (name, values), colour in zip(lines.items(), _colours(len(lines)), strict=True):
        percent = list(range(len(values)))
        figure.add_scatter(x=percent, y=list(values), name=name, line_color=colour)


def _colours(count: int) -> list[str]:
    places = np.linspace(0.35, 0.95, max(count, 1)).tolist()
    found: list[str] = sample_colorscale(COLOUR_MAP, places)
    return found[:count]


def _page(figure: go.Figure, title: str, x: str | None, y: str | None, theme: Theme) -> str:
    figure.update_layout(
        title=title.replace("\n", "<br>"),
        paper_bgcolor=theme.card,
        plot_bgcolor=theme.card,
        font={"color": theme.ink, "size": 16},
        hovermode="x unified" if x == DEMAND else "closest",
    )
    if x is not None:
        figure.update_xaxes(title=x)
    if y is not None:
        figure.update_yaxes(title=y)
    figure.update_xaxes(gridcolor=theme.quiet, zerolinecolor=theme.quiet)
    figure.update_yaxes(gridcolor=theme.quiet, zerolinecolor=theme.quiet)
    page: str = figure.to_html(include_plotlyjs=True, full_html=True)
    return page
