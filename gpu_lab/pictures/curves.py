"""Curves on a card: allocation and fragments, the queue over time, completion times, a rollout.

Each takes figures that are already there; nothing is computed here but the finding in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gpu_lab.ops.report import Span
from gpu_lab.pictures.card import BODY, COLOUR_MAP, DARK, Card, Theme, card
from gpu_lab.placement.protocol.replay import Curves
from gpu_lab.simulate.report import QueueCurve

Floats = NDArray[np.float64]
HOUR = 3600.0
# Below this arrived percent the policies' allocations lie on one another.
PARTING = 75


def allocation_card(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> Card:
    """Draw GPU allocation against arrived demand, one line per policy, where they part."""
    finals = {name: curve.allocation[-1] for name, curve in curves.items()}
    best = max(finals, key=lambda name: finals[name])
    finding = f"{best} fills {finals[best]:.1f} % of the GPUs of {workload}"
    if len(finals) > 1:
        worst = min(finals, key=lambda name: finals[name])
        finding += f",\n{finals[best] - finals[worst]:.1f} points more than {worst}"
    drawn = card(finding, "GPU demand that arrived, % of the fleet", theme)
    axes = _axes(drawn, "allocated, %")
    lines = {name: np.array(curve.allocation) for name, curve in curves.items()}
    _lines(axes, lines, first=PARTING, theme=theme)
    return drawn


def fragmentation_card(workload: str, curves: Mapping[str, Curves], theme: Theme = DARK) -> Card:
    """Draw the share of idle GPU that no typical pod could use."""
    at = {name: curve.fragmentation[90] for name, curve in curves.items()}
    least = min(at, key=lambda name: at[name])
    finding = f"At 90 % demand {at[least]:.0f} % of what is idle\nis fragments under {least}"
    drawn = card(f"{finding} ({workload})", "GPU demand that arrived, % of the fleet", theme)
    axes = _axes(drawn, "fragments, % of idle")
    _lines(axes, {name: np.array(c.fragmentation) for name, c in curves.items()}, 0, theme)
    return drawn


def queue_card(title: str, curve: QueueCurve, gpus: int, theme: Theme = DARK) -> Card:
    """Draw how many jobs wait over time, and how many GPUs are in use beneath."""
    longest = int(curve.waiting.max()) if len(curve.waiting) else 0
    busy = float(curve.busy_gpus.mean()) / gpus * 100 if len(curve.busy_gpus) else 0.0
    finding = f"{longest:,} jobs wait at the worst;\n{busy:.0f} % of the GPUs are in use"
    drawn = card(finding, f"{title}; days", theme)
    days = curve.seconds / (24 * HOUR)
    upper = _styled(drawn.figure.add_axes((0.13, 0.49, 0.83, 0.30)), "waiting", theme)
    upper.fill_between(days, curve.waiting, color=_colour(0.75), linewidth=0)
    lower = _styled(drawn.figure.add_axes((0.13, 0.13, 0.83, 0.28)), "GPUs", theme)
    lower.fill_between(days, curve.busy_gpus, color=_colour(0.45), linewidth=0)
    lower.axhline(gpus, color=theme.pale, linewidth=1)
    return drawn


def completion_card(seconds: Mapping[str, Floats], theme: Theme = DARK) -> Card:
    """Draw the distribution of completion times, one line per run."""
    means = {name: float(np.mean(values)) for name, values in seconds.items()}
    best = min(means, key=lambda name: means[name])
    finding = f"{best}: {means[best] / HOUR:.1f} h to completion on average"
    if len(means) > 1:
        worst = max(means, key=lambda name: means[name])
        finding += f",\n{means[worst] / max(means[best], 1e-9):.1f} times less than {worst}"
    drawn = card(finding, "time from submission to completion, hours (log)", theme)
    axes = _axes(drawn, "jobs done, %")
    axes.set_xscale("log")
    for place, (name, values) in enumerate(seconds.items()):
        hours = np.sort(values) / HOUR
        share = np.arange(1, len(hours) + 1) / len(hours) * 100
        colour = _colour(_spread(place, len(seconds)))
        axes.plot(np.maximum(hours, 1e-3), share, color=colour, linewidth=3, label=name)
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
