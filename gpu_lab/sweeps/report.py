"""A sweep's results as Parquet, as a picture, and as one page of HTML that needs no network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_lab.sweeps.cells import Cell, Figures
from gpu_lab.sweeps.sweep import as_rows

WORDS = {
    "allocation": "GPU allocation at 130 % demand, %",
    "fragmentation": "fragments, % of idle GPUs",
    "failed": "pods without a place",
    "mean_completion": "mean completion, s",
    "mean_wait": "mean wait, s",
    "p99_wait": "99th percentile of the wait, s",
    "utilisation": "share of GPU time in use",
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ccc;"
    "text-align:right}td:first-child,th:first-child{text-align:left}"
)


@dataclass(frozen=True)
class Line:
    """One figure of one policy and workload at one load: the mean over seeds and its spread."""

    policy: str
    workload: str
    load: float
    seeds: int
    mean: float
    spread: float


def write_parquet(path: Path, results: dict[Cell, Figures]) -> None:
    """Write one row per cell; the file appears whole or not at all."""
    fresh = path.with_suffix(".part")
    try:
        pq.write_table(pa.Table.from_pylist(as_rows(results)), fresh)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def lines(results: dict[Cell, Figures], figure: str) -> list[Line]:
    """Average one figure over seeds."""
    groups: dict[tuple[str, str, float], list[float]] = {}
    for cell, figures in results.items():
        value = getattr(figures, figure)
        if value is not None:
            groups.setdefault((cell.policy, cell.workload, cell.load), []).append(value)
    return [
        Line(*key, len(values), float(np.mean(values)), float(np.std(values)))
        for key, values in groups.items()
    ]


def write_page(path: Path, title: str, results: dict[Cell, Figures]) -> None:
    """Write the page: per figure a chart and its table."""
    parts: list[str] = []
    for figure in (field.name for field in fields(Figures)):
        found = lines(results, figure)
        if found:
            chart = _chart(found).to_html(full_html=False, include_plotlyjs=not parts)
            parts.append(f"<h2>{html.escape(WORDS[figure])}</h2>{chart}{_table(found)}")
    head = f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title>"
    body = f"<h1>{html.escape(title)}</h1><p>{len(results)} runs.</p>{''.join(parts)}"
    fresh = path.with_suffix(".part")
    try:
        fresh.write_text(f"{head}<style>{STYLE}</style>{body}", "utf-8")
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _chart(found: Sequence[Line]) -> go.Figure:
    chart = go.Figure()
    by_load = len({line.load for line in found}) > 1
    for policy in dict.fromkeys(line.policy for line in found):
        mine = [line for line in found if line.policy == policy]
        where = [line.load if by_load else line.workload for line in mine]
        # Points, not bars: bars from zero would hide a difference of one in ninety.
        chart.add_scatter(
            x=where,
            y=[line.mean for line in mine],
            error_y={"type": "data", "array": [line.spread for line in mine]},
            mode="lines+markers" if by_load else "markers",
            marker={"size": 11},
            name=policy,
        )
    chart.update_layout(height=420, margin={"l": 60, "r": 20, "t": 20, "b": 60})
    return chart


def _table(found: Sequence[Line]) -> str:
    head = "<tr><th>policy<th>workload<th>load<th>seeds<th>mean<th>spread</tr>"
    rows = (
        f"<tr><td>{html.escape(line.policy)}<td>{html.escape(line.workload)}<td>{line.load:g}"
        f"<td>{line.seeds}<td>{line.mean:,.4g}<td>{line.spread:,.2g}</tr>"
        for line in found
    )
    return f"<table>{head}{''.join(rows)}</table>"
