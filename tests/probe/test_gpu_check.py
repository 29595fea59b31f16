"""What `make gpu` would do on a real machine, run once on the fake libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gpu_lab.probe import Probe, Replay, read_tape
from tests.fakes.nvml.libraries import Machine


def test_each_experiment_reports_and_a_tape_is_kept(
    machine: Callable[..., Machine], tmp_path: Path
) -> None:
    done = machine("h200x1", has_cuda=True).lab("gpu-check", "--tapes", str(tmp_path))
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "total 143771, reserved 623, used 0, free 143148 MiB (v2)" in said
    assert "ladder: libcuda loaded: Clean" in said
    assert "ladder: cuInit: CUDA was initialised, no context was made" in said
    assert "ladder: primary context: A CUDA context was created. 426 MiB" in said
    assert "its free (before that context) 426 more" in said
    assert "fork: a handle used in a forked child: 143148 MiB free" in said
    for experiment in ("polling", "peak", "largest batch"):
        # No torch sees the fake GPU, installed or not.
        assert f"\n{experiment}: not measured: torch is " in said
    (tape,) = tmp_path.glob("*.tape")
    assert tape.name == "nvidia-h200-x1.tape"
    assert len(Probe(Replay(read_tape(tape), None)).snapshot().gpus) == 1
