"""A snapshot as one picture for a chat: who holds each GPU's memory. 1280 x 960 PNG, dark card."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gpu_lab.probe.findings import findings, headline
from gpu_lab.probe.values import Memory, Missing, SeenGpu, Snapshot, Unattributed, UnreachableGpu

MIB, GIB = 2**20, 2**30
INCHES, DOTS = (8, 6), 160
CARD, INK, PALE, ALARM = "#17212B", "#E6EDF3", "#9FB0C0", "#E5534B"
COLOURS = {
    "processes": "#5E81AC",
    "unattributed": "#D9A441",
    "reserved": "#4C5A67",
    "free": "#2A3947",
}
# Above this many bars the labels would be smaller than a phone can show.
BARS_AT_MOST = 12
BARS_AT_LEAST = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of one bar, in GiB."""

    kind: str
    gib: float


def snapshot_png(snapshot: Snapshot) -> bytes:
    """Draw the picture. Machines with more than 12 GPUs show the 12 with the least free memory."""
    gpus = _shown(snapshot)
    figure = Figure(figsize=INCHES, dpi=DOTS, facecolor=CARD)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.145, 0.17, 0.82, 0.62))
    axes.set_facecolor(CARD)
    for place, gpu in enumerate(gpus):
        left = 0.0
        for part in _parts(gpu):
            axes.barh(place, part.gib, left=left, height=0.7, color=COLOURS[part.kind])
            left += part.gib
        _write(axes, gpu, place)
    _dress(figure, snapshot, gpus)
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=CARD)
    return file.getvalue()


def caption(snapshot: Snapshot) -> str:
    """Give the picture's text: one line of what it shows, one of when and from where."""
    env, taken = snapshot.environment, snapshot.taken.wall
    return (
        f"{headline(snapshot)}\n{taken:%Y-%m-%d %H:%M:%S} UTC, {env.backend}, driver {env.driver}"
    )


def _shown(snapshot: Snapshot) -> list[SeenGpu]:
    gpus = list(snapshot.gpus)
    if len(gpus) <= BARS_AT_MOST:
        return gpus
    return sorted(gpus, key=_free)[:BARS_AT_MOST]


def _free(gpu: SeenGpu) -> int:
    if isinstance(gpu, UnreachableGpu) or isinstance(gpu.memory, Missing):
        return 0
    return gpu.memory.free


def _parts(gpu: SeenGpu) -> Iterator[Part]:
    if isinstance(gpu, UnreachableGpu) or not isinstance(gpu.memory, Memory):
        return
    memory, left = gpu.memory, gpu.unattributed
    hidden = left.memory if isinstance(left, Unattributed) else 0
    if isinstance(gpu.processes, Missing):
        hidden = memory.used
    yield Part("processes", (memory.used - hidden) / GIB)
    yield Part("unattributed", hidden / GIB)
    if not isinstance(memory.reserved, Missing):
        yield Part("reserved", memory.reserved / GIB)
    yield Part("free", memory.free / GIB)


def _write(axes: Axes, gpu: SeenGpu, place: int) -> None:
    words = _words(gpu)
    colour = ALARM if isinstance(gpu, UnreachableGpu) else INK
    if not isinstance(gpu, UnreachableGpu) and isinstance(gpu.memory, Memory):
        memory, pad = gpu.memory, gpu.memory.total / GIB / 80
        edge = (memory.total - memory.free) / GIB
        # On a nearly full GPU the words stand inside the full part.
        is_full = memory.free < memory.total / 5
        where, side = (edge - pad, "right") if is_full else (edge + pad, "left")
        axes.text(where, place, words, color=colour, fontsize=15, va="center", ha=side)
    else:
        axes.text(0.5, place, words, color=colour, fontsize=15, va="center", ha="left")


def _words(gpu: SeenGpu) -> str:
    if isinstance(gpu, UnreachableGpu):
        return f"! {gpu.why}"
    if not isinstance(gpu.memory, Memory):
        return str(gpu.memory)
    return f"{gpu.memory.free / GIB:.0f} free"


def _dress(figure: Figure, snapshot: Snapshot, gpus: list[SeenGpu]) -> None:
    axes = figure.axes[0]
    axes.set_yticks(range(len(gpus)), [_name(gpu) for gpu in gpus], fontsize=17, color=INK)
    # One bar alone would fill the card.
    axes.set_ylim(max(len(gpus), BARS_AT_LEAST) - 0.5, -0.5)
    axes.tick_params(axis="x", colors=PALE, labelsize=16)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(_unit(snapshot, gpus), color=PALE, fontsize=16)
    for spine in axes.spines.values():
        spine.set_visible(False)
    alarmed = any(one.is_alarm for one in findings(snapshot))
    figure.text(
        0.03,
        0.95,
        _title(snapshot),
        color=ALARM if alarmed else INK,
        fontsize=19,
        va="top",
        linespacing=1.3,
    )
    _key(figure)


def _unit(snapshot: Snapshot, gpus: list[SeenGpu]) -> str:
    everything = len(snapshot.gpus)
    return "GiB" if len(gpus) == everything else f"GiB, the {len(gpus)} fullest of {everything}"


def _title(snapshot: Snapshot) -> str:
    first, _, rest = headline(snapshot).partition("; ")
    return f"{first}\n! {rest}" if rest else first


def _name(gpu: SeenGpu) -> str:
    return f"GPU {gpu.index if isinstance(gpu, UnreachableGpu) else gpu.identity.index}"


def _key(figure: Figure) -> None:
    words = {
        "processes": "by processes",
        "unattributed": "by nobody listed",
        "reserved": "driver",
        "free": "free",
    }
    for place, (kind, word) in enumerate(words.items()):
        left = (0.04, 0.30, 0.62, 0.82)[place]
        figure.patches.append(_swatch(figure, left, COLOURS[kind]))
        figure.text(left + 0.035, 0.045, word, color=INK, fontsize=15, va="center")


def _swatch(figure: Figure, left: float, colour: str) -> Rectangle:
    return Rectangle(
        (left, 0.03), 0.025, 0.03, transform=figure.transFigure, color=colour, figure=figure
    )
