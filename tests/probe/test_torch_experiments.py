"""What `make gpu` measures with torch: the scripts where torch is, and the reports without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_lab.probe import Memory, Snapshot
from gpu_lab.probe.polling import SCRIPT as MATMUL
from gpu_lab.probe.polling import Matmul, Rates, check_polling, measure_polling, say_rates
from gpu_lab.probe.torch_child import NotMeasured, TorchChild, check_torch, has_torch
from gpu_lab.vram import Attention, Encoder, closed_form, peak_check, read_encoder
from gpu_lab.vram.peak_check import (
    ROOM_BYTES,
    SCRIPT,
    Case,
    Ready,
    TorchPeak,
    check_largest,
    check_peaks,
    check_shapes,
    compare,
    search,
)
from tests.probe.machines import simulated

MIB = 1 << 20
HERE = dict(os.environ)
BERT = read_encoder("bert-base")
TINY = BERT.model_copy(update={"name": "tiny", "hidden": 128, "heads": 2, "ffn": 512, "layers": 2})

Started: TypeAlias = Callable[[str], TorchChild]
needs_torch = pytest.mark.skipif(not has_torch(HERE), reason="torch is not installed")

# What the script said on a CPU for BERT-base with two layers (the peak does not grow with them).
RECORDED = """\
{"model": "bert-base", "attention": "eager", "batch": 1, "seq": 512, "survived": true, \
"peak_bytes": 15728640, "reserved_bytes": null}
{"model": "bert-base", "attention": "eager", "batch": 8, "seq": 128, "survived": true, \
"peak_bytes": 17301504, "reserved_bytes": null}
{"model": "bert-base", "attention": "fused", "batch": 2, "seq": 512, "survived": true, \
"peak_bytes": 17301504, "reserved_bytes": null}
"""


def said_by_torch(batch: int, seq: int, peak: int | None) -> TorchPeak:
    return TorchPeak(
        model="bert-base",
        attention=Attention.EAGER,
        batch=batch,
        seq=seq,
        survived=peak is not None,
        peak_bytes=peak,
        reserved_bytes=None,
    )


def look_at(machine: str) -> Snapshot:
    with simulated(machine) as probe:
        return probe.snapshot()


def free_on(snapshot: Snapshot) -> int:
    memory = snapshot.reachable[0].memory
    assert isinstance(memory, Memory)
    return memory.free


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Started]:
    """A child that runs a script of the test's own."""
    opened: list[TorchChild] = []

    def started(code: str) -> TorchChild:
        file = tmp_path / "script.py"
        file.write_text(code, encoding="utf-8")
        opened.append(TorchChild(file, HERE, seconds=60))
        return opened[-1]

    yield started
    for child in opened:
        child.close()


def test_recorded_peaks_equal_the_closed_form() -> None:
    lines = [compare(TorchPeak.model_validate_json(one), BERT) for one in RECORDED.splitlines()]
    assert lines == [
        "peak: bert-base eager 1x512: torch 15.0 MiB, closed form 15.0 MiB, +0.0 %",
        "peak: bert-base eager 8x128: torch 16.5 MiB, closed form 16.5 MiB, +0.0 %",
        "peak: bert-base fused 2x512: torch 16.5 MiB, closed form 16.5 MiB, +0.0 %",
    ]


def test_a_form_below_torch_shows_a_minus_and_a_dead_batch_shows_no_figure() -> None:
    assert compare(said_by_torch(1, 512, 20 * MIB), BERT).endswith("-25.0 %")
    assert "torch ran out of memory" in compare(said_by_torch(1, 512, None), BERT)


@given(first=st.integers(0, 5000), limit=st.integers(0, 20_000))
def test_the_search_brackets_the_true_limit_to_half_a_per_cent(first: int, limit: int) -> None:
    found = search(first, lambda batch: batch <= limit)
    assert found.lived <= limit
    if found.died is None:
        assert found.lived >= 2 * max(first, 1)
    else:
        assert limit < found.died <= found.lived + max(first // 200, 1)


# A script that plays a GPU of whose 16 GiB a batch of BERT-base takes what the form says.
FAKE_GPU = """
import json, sys
setup = json.loads(sys.stdin.readline())
weights, room, uuid = {weights}, {room}, {uuid!r}
print(json.dumps(dict(gpu=uuid, weight_bytes=weights)), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if "hold_bytes" in asked:
        room -= asked["hold_bytes"]
        print(json.dumps(dict(held_bytes=asked["hold_bytes"])), flush=True)
        continue
    batch, seq = asked["batch"], asked["seq"]
    peak = batch * seq * 2 * max(3 * 768 + 2 * 3072, 4 * 768 + 2 * 12 * seq)
    lives = weights + peak + (40 << 20) <= room
    answer = dict(model=setup["model"], attention=setup["attention"], batch=batch, seq=seq)
    answer.update(survived=lives, peak_bytes=peak if lives else None)
    answer["reserved_bytes"] = weights + peak + (40 << 20) if lives else None
    print(json.dumps(answer), flush=True)
"""
EAGER = Case("bert-base", BERT, Attention.EAGER)


def fake_gpu(snapshot: Snapshot, room: int) -> str:
    uuid = str(snapshot.reachable[0].identity.uuid).removeprefix("GPU-")
    return FAKE_GPU.format(weights=BERT.weight_bytes, room=room, uuid=uuid)


def test_the_allocators_slack_is_what_is_reserved_beside_weights_and_peak(script: Started) -> None:
    before = look_at("h200x1")
    *peaks, slack = check_shapes(EAGER, script(fake_gpu(before, ROOM_BYTES)))
    assert [line.split()[3] for line in peaks] == [
        "1x512:", "8x128:", "32x128:", "8x512:", "64x256:", "32x512:",
    ]  # fmt: skip
    assert all(line.endswith("+0.0 %") for line in peaks)
    assert slack.endswith("40.0 MiB at most, 80 budgeted")


def test_a_sized_batch_lives_and_the_line_says_what_it_leaves_unused(script: Started) -> None:
    before = look_at("h200x1")
    free = free_on(before) - 600 * MIB
    (line,) = check_largest(before, EAGER, script(fake_gpu(before, free)))
    # 16384 - context 561 - slack 80 - safety 2 % - weights 209 MiB, in steps of 15 MiB.
    assert "eager at 512 with 16384 MiB free: sized 1013, which lived;" in line
    assert line.endswith(" % unused")


def test_a_sized_batch_that_dies_is_said_in_capitals(script: Started) -> None:
    before = look_at("h200x1")
    # The machine lost 3 GiB after the look: a neighbour came.
    free = free_on(before) - 3600 * MIB
    (line,) = check_largest(before, EAGER, script(fake_gpu(before, free)))
    assert "which DIED;" in line


def test_a_gpu_that_the_probe_does_not_see_is_not_taken_for_another(script: Started) -> None:
    before = look_at("h200x8")
    code = FAKE_GPU.format(weights=1, room=ROOM_BYTES, uuid="0000")
    with pytest.raises(NotMeasured, match="torch uses GPU 0000, which the probe does not see"):
        list(check_largest(before, EAGER, script(code)))


def test_a_script_that_fails_is_not_measured_with_its_last_words(script: Started) -> None:
    dies = script("import sys; sys.exit('CUDA error: out of luck')")
    with pytest.raises(NotMeasured, match="status 1: CUDA error: out of luck"):
        dies.ask({}, Ready)
    babbles = script("print('hello', flush=True); input()")
    with pytest.raises(NotMeasured, match="said 'hello'"):
        babbles.ask({}, Ready)


def test_windows_with_and_without_looks_take_turns(script: Started) -> None:
    child = script(
        "import json, sys, time\n"
        "print(json.dumps(dict(device='fake')), flush=True); sys.stdin.readline()\n"
        "for n, line in enumerate(sys.stdin):\n"
        "    time.sleep(0.3 * (n % 2))\n"
        "    print(json.dumps(dict(products=100 - n % 2, seconds=1.0)), flush=True)\n"
    )
    looked: list[int] = []
    rates = measure_polling(lambda: looked.append(1), child, Matmul(size=10), pairs=2)
    assert rates.alone == (200_000.0,) * 2
    assert rates.polled == (198_000.0,) * 2
    assert rates.looks == len(looked) >= 2


def test_a_change_is_written_beside_what_the_windows_differ_by_themselves() -> None:
    rates = Rates(alone=(1.00e14, 1.02e14, 1.01e14), polled=(1.0e14, 1.0e14, 1.0e14), looks=57)
    line = say_rates(rates, Matmul())
    assert "101 TFLOP/s alone, 100 with a look every 0.1 s (57 looks), -0.99 %" in line
    assert line.endswith("windows without looks differ by 1.98 %")


def test_without_torch_or_a_gpu_each_experiment_says_so_in_one_line() -> None:
    try:
        check_torch(HERE)
    except NotMeasured as why:
        said = str(why)
    else:
        pytest.skip("this machine has torch and a GPU")
    with simulated("t4x1") as probe:
        lines = [*check_polling(probe.snapshot, HERE), *check_peaks(probe, HERE)]
    assert lines == [f"{experiment}: {said}" for experiment in ("polling", "peak", "largest batch")]


def test_a_case_that_fails_leaves_the_others_to_be_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with simulated("h200x1") as probe:
        playing = fake_gpu(probe.snapshot(), 143_000 * MIB)
        broken = "if setup['model'] == 'bert-large': sys.exit('out of luck')\n"
        file = tmp_path / "script.py"
        file.write_text(playing.replace("weights, room", broken + "weights, room", 1), "utf-8")
        monkeypatch.setattr(peak_check, "SCRIPT", file)
        monkeypatch.setattr(peak_check, "check_torch", lambda _: None)
        lines = list(check_peaks(probe, HERE))
    starts = [line.rsplit(":", 1)[0] for line in lines if "bert-large" in line]
    why = "not measured: the script ended with status 1"
    assert starts == [
        f"{experiment}: bert-large {kind}: {why}"
        for kind in Attention
        for experiment in ("peak", "largest batch")
    ]
    assert len([line for line in lines if line.startswith("peak: bert-base")]) == 12
    # The script writes scores in either kind, so a batch sized without them must die.
    eager, fused = (line for line in lines if line.startswith("largest batch: bert-base"))
    assert (", which lived;" in eager, ", which DIED;" in fused) == (True, True)


def test_the_process_that_looks_never_loads_torch() -> None:
    code = (
        "import sys, gpu_lab.probe.gpu_check, gpu_lab.vram.peak_check;"
        "from gpu_lab.probe.torch_child import has_torch;"
        "has_torch({}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=HERE, check=False).returncode == 0


@needs_torch
@pytest.mark.parametrize("attention", Attention)
def test_on_a_cpu_the_scripts_live_storages_are_the_closed_form(attention: Attention) -> None:
    with TorchChild(SCRIPT, HERE, seconds=120) as child:
        ready = child.ask(Case("tiny", TINY, attention, "cpu").setup, Ready)
        assert ready.weight_bytes == TINY.weight_bytes
        for batch, seq in ((1, 512), (4, 64), (3, 256)):
            seen = child.ask({"batch": batch, "seq": seq}, TorchPeak)
            form = closed_form(TINY, attention).peak_bytes(batch, seq)
            assert (seen.model, seen.attention, seen.batch, seen.seq) == (
                "tiny", attention, batch, seq,
            )  # fmt: skip
            assert seen.peak_bytes == pytest.approx(form, rel=0.01)


@needs_torch
def test_on_a_cpu_the_products_are_counted() -> None:
    with TorchChild(MATMUL, HERE, seconds=120) as child:
        matmul = Matmul(device="cpu", size=64, seconds=0.3)
        rates = measure_polling(lambda: None, child, matmul, pairs=1)
    assert min(*rates.alone, *rates.polled) > 0
    assert rates.looks >= 1


def test_the_tiny_model_stands_for_one_on_both_sides_of_the_crossover() -> None:
    assert isinstance(TINY, Encoder)
    crossover = closed_form(TINY, Attention.EAGER).crossover
    assert crossover is not None
    assert 64 < crossover < 256
