"""Curves on a card: allocation and fragments, the queue over time, completion times, a rollout.

Each takes figures that are already there; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from gpu_lab.ops.report import Span
from gpu_lab.pictures.card import BODY, COLOUR_MAP, DARK, Card, Theme, card
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

# Below this arrived percent the policies' allocations lie on one another.
PARTING = 75


def allocation_card(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> Card:
    """Draw GPU allocation against arrived demand, one line per policy, where they part."""
    drawn = card(allocation_finding(workload, curves), DEMAND, theme)
    axes = _axes(drawn, "allocated, %")
    lines = {name: np.array(curve.allocation) for name, curve in curves.items()}
    _lines(axes, lines, first=PARTING, theme=theme)
    return drawn


def fragmentation_card(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> Card:
    """Draw the share of idle GPU that no typical pod could use."""
    drawn = card(fragmentation_finding(workload, curves), DEMAND, theme)
    axes = _axes(drawn, "fragments, % of idle")
    _lines(axes, {name: np.array(c.fragmentation) for name, c in curves.items()}, 0, theme)
    return drawn


def queue_card(title: str, curve: QueueCurve, gpus: int, theme: Theme = DARK) -> Card:
    """Draw how many jobs wait over time, and how many GPUs are in use beneath."""
    drawn = card(queue_finding(curve, gpus), f"{title}; days", theme)
    days = curve.seconds / (24 * HOUR)
    upper = _styled(drawn.figure.add_axes((0.13, 0.49, 0.83, 0.30)), "waiting", theme)
    upper.fill_between(days, curve.waiting, color=_colour(0.75), linewidth=0)
    lower = _styled(drawn.figure.add_axes((0.13, 0.13, 0.83, 0.28)), "GPUs", theme)
    lower.fill_between(days, curve.busy_gpus, color=_colour(0.45), linewidth=0)
    lower.axhline(gpus, color=theme.pale, linewidth=1)
    return drawn


def completion_card(seconds: Mapping[str, Floats], theme: Theme = DARK) -> Card:
    """Draw the distribution of completion times, one line per run."""
    label = "time from submission to completion, hours (log)"
    drawn = card(completion_finding(seconds), label, theme)
    axes = _axes(drawn, "jobs done, %")
    axes.set_xscale("log")
    for place, (name, values) in enumerate(seconds.items()):
        hours, share = done_by(values)
        colour = _colour(_spread(place, len(seconds)))
        axes.plot(hours, share, color=colour, linewidth=3, label=name)
    _legend(axes, theme)
    return drawn


def rollout_card(finding: str, spans: Sequence[Span], theme: Theme = DARK) -> Card:
    """Draw who was in which state when, as bars on rows (a Gantt chart)."""
    drawn = card(finding, "hours", theme)
    axes = _styled(drawn.figure.add_axes((0.20, 0.13, 0.76, 0.66)), "", theme)
    rows = list(dict.fromkeys(span.row for span in spans))
    kinds = list(dict.fromkeys(span.what for span in spans))
    for kind in kinds:
        colour = (
            theme.alarm if kind == "failed" else _colour(_spread(kinds.index(kind), len(kinds)))
        )
        mine = [span for span in spans if span.what == kind]
        axes.barh(
            [rows.index(span.row) for span in mine],
            [(span.end - span.begin) / HOUR for span in mine],
            left=[span.begin / HOUR for span in mine],
            height=0.8,
            color=colour,
            label=kind,
        )
    shown = rows if len(rows) <= 12 else [rows[0], rows[len(rows) // 2], rows[-1]]
    axes.set_yticks([rows.index(name) for name in shown], shown)
    axes.invert_yaxis()
    _legend(axes, theme)
    return drawn


def _axes(drawn: Card, label: str) -> Axes:
    return _styled(drawn.figure.add_axes((0.13, 0.13, 0.83, 0.66)), label, drawn.theme)


def _styled(axes: Axes, label: str, theme: Theme) -> Axes:
    axes.set_facecolor(theme.card)
    axes.tick_params(colors=theme.pale, labelsize=BODY - 2)
    axes.set_ylabel(label, color=theme.pale, size=BODY)
    axes.grid(color=theme.quiet, linewidth=1)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _lines(axes: Axes, lines: Mapping[str, Floats], first: int, theme: Theme) -> None:
    for place, (name, values) in enumerate(lines.items()):
        percent = np.arange(len(values))
        colour = _colour(_spread(place, len(lines)))
        axes.plot(percent[first:], values[first:], color=colour, linewidth=3, label=name)
    _legend(axes, theme)


def _legend(axes: Axes, theme: Theme) -> None:
    axes.legend(
        fontsize=BODY - 3, facecolor=theme.card, edgecolor=theme.quiet, labelcolor=theme.ink
    )


def _spread(place: int, count: int) -> float:
    return 0.35 + 0.6 * place / max(count - 1, 1)


def _colour(share: float) -> tuple[float, float, float, float]:
    red, green, blue, alpha = colormaps[COLOUR_MAP](share)
    return float(red), float(green), float(blue), float(alpha)
