"""What looking at a GPU ten times a second costs a computation on it. The computation is a child's.

Windows with and without the probe alternate, so that a GPU that warms up slows both alike.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_lab.probe.torch_child import Answer, NotMeasured, TorchChild, check_torch

SCRIPT = Path(__file__).parent / "torch_matmul.py"
POLL_SECONDS = 0.1
PAIRS = 5


class Ready(Answer):
    """The script has warmed up on this device."""

    device: str


class Window(Answer):
    """How many products were made in how long."""

    products: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Matmul:
    """What is multiplied, where, and for how long a window lasts."""

    device: str = "cuda"
    size: int = 8192
    seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Floating-point operations a second in each window, alone and while being looked at."""

    alone: tuple[float, ...]
    polled: tuple[float, ...]
    looks: int

    @property
    def change(self) -> float:
        """Give the share by which looking changes the median rate; below 0 it slows."""
        return statistics.median(self.polled) / statistics.median(self.alone) - 1

    @property
    def spread(self) -> float:
        """Give how far the windows without looks lie apart: a change below it says nothing."""
        return (max(self.alone) - min(self.alone)) / statistics.median(self.alone)


def check_polling(look: Callable[[], object], environment: Mapping[str, str]) -> Iterator[str]:
    """Measure on a GPU and say it in one line, or say in one line why not."""
    matmul = Matmul()
    try:
        check_torch(environment)
        with TorchChild(SCRIPT, environment, seconds=120) as child:
            rates = measure_polling(look, child, matmul)
    except NotMeasured as why:
        yield f"polling: {why}"
    else:
        yield say_rates(rates, matmul)


def measure_polling(
    look: Callable[[], object], child: TorchChild, matmul: Matmul, pairs: int = PAIRS
) -> Rates:
    """Run the windows in turn. Raises NotMeasured."""
    alone, polled, looks = [], [], 0
    child.ask({"device": matmul.device, "size": matmul.size}, Ready)
    for _ in range(pairs):
        alone.append(child.ask({"seconds": matmul.seconds}, Window))
        child.begin({"seconds": matmul.seconds})
        looks += _look_until_answered(child, look)
        polled.append(child.finish(Window))
    return Rates(_rates(alone, matmul.size), _rates(polled, matmul.size), looks)


def _look_until_answered(child: TorchChild, look: Callable[[], object]) -> int:
    looks = 0
    while not child.has_answered(POLL_SECONDS):
        look()
        looks += 1
    return looks


def _rates(windows: Sequence[Window], size: int) -> tuple[float, ...]:
    return tuple(2 * size**3 * one.products / one.seconds for one in windows)


def say_rates(rates: Rates, matmul: Matmul) -> str:
    """Write both medians in TFLOP/s, the change, and how much the windows differ by themselves."""
    alone, polled = (statistics.median(some) / 1e12 for some in (rates.alone, rates.polled))
    return (
        f"polling: matmul {matmul.size} on {matmul.device}: {alone:.4g} TFLOP/s alone,"
        f" {polled:.4g} with a look every {POLL_SECONDS:g} s ({rates.looks} looks),"
        f" {100 * rates.change:+.2f} %; windows without looks differ by {100 * rates.spread:.2f} %"
    )
