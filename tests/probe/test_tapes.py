"""Recording and replaying: values, return codes, order and time."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from gpu_lab.probe import (
    Missing,
    NotATape,
    Probe,
    Reason,
    Recorder,
    Replay,
    Snapshot,
    TapeEnded,
    read_tape,
)
from gpu_lab.probe import calls as c
from gpu_lab.probe.tape import Tape, parse_tape, write_tape
from tests.probe.machines import Clock, simulator

FAULTY = "h200x4,busy,hidden:3:700,lost:1@10,xid:0:79@10,deny:2@20,mig:3:3g+2g@20"


def recorded(text: str, seconds: tuple[int, ...] = (0,)) -> tuple[str, list[Snapshot]]:
    clock = Clock()
    driver = simulator(text, clock)
    file = io.StringIO()
    # Each reading of the stopwatch is a microsecond later, so each call takes one.
    watch = count(0, 1000)
    probe = Probe(Recorder(driver, write_tape(file, driver), lambda: next(watch)))
    snapshots = []
    for second in seconds:
        clock.seconds = second
        snapshots.append(probe.snapshot())
    return file.getvalue(), snapshots


def as_replayed(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, environment=replace(snapshot.environment, backend="replay"))


@pytest.mark.parametrize("text", [FAULTY, "gb200x4,busy", "t4x2", "h200x2,old", "h100x1,mig:0:7g"])
def test_a_replay_equals_its_recording_look_by_look(text: str) -> None:
    seconds = (0, 10, 20, 30)
    tape, snapshots = recorded(text, seconds)
    again = Probe(Replay(parse_tape(tape, "tape"), None))
    assert [again.snapshot() for _ in seconds] == [as_replayed(one) for one in snapshots]


def test_errors_are_replayed_with_their_codes() -> None:
    tape, _ = recorded("t4x1,deny:0")
    replay = Replay(parse_tape(tape, "tape"), None)
    assert replay.ask(c.COMPUTE_PROCESSES, "0") == Missing(Reason.NO_PERMISSION, 4)
    assert replay.ask(c.FABRIC, "0") == Missing(Reason.NOT_SUPPORTED, 3)
    assert replay.ask(c.EVENT_WAIT, 0) == Missing(Reason.TIMED_OUT, 10)


def test_a_replay_takes_as_long_as_the_recording() -> None:
    tape, _ = recorded("h200x8")
    asked = tape.count('"rc":')
    pauses: list[float] = []
    Probe(Replay(parse_tape(tape, "tape"), pauses.append)).snapshot()
    # What is too short for a sleep is owed; less than a millisecond may stay owed at the end.
    assert asked / 1e6 - 0.001 < sum(pauses) <= asked / 1e6 + 1e-9


def test_a_slow_call_is_slow_again() -> None:
    tape, _ = recorded("t4x1")
    slow = parse_tape(tape.replace('"us": 1.0', '"us": 250000.0', 1), "tape")
    pauses: list[float] = []
    Probe(Replay(slow, pauses.append)).snapshot()
    assert max(pauses) == pytest.approx(0.25, abs=0.001)


def test_a_tape_that_is_over_says_so() -> None:
    tape, _ = recorded("t4x1")
    probe = Probe(Replay(parse_tape(tape, "tape"), None))
    probe.snapshot()
    with pytest.raises(TapeEnded, match="has been replayed"):
        probe.snapshot()


def test_a_question_that_was_never_asked_is_named() -> None:
    tape, _ = recorded("t4x1")
    with pytest.raises(TapeEnded, match=r"nvmlDeviceGetName\(7\)"):
        Replay(parse_tape(tape, "tape"), None).ask(c.NAME, "7")


def without_last(tape: str) -> str:
    return tape.rstrip()[:-20]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda _: "", "head"),
        (lambda _: "garbage", "head"),
        (lambda _: "[1, 2]", "head"),
        (lambda _: '{"schema": "something/2"}', "head"),
        (lambda _: '{\n"schema": "gpulab.snapshot/1"\n}', "head"),
        (lambda tape: tape.replace('"pid": 77', '"pidgin": 77'), "head"),
        (without_last, r"entry \d+"),
        (lambda tape: tape.replace('"rc": 0', '"rc": "fine"', 1), "entry 2"),
    ],
)
def test_what_is_no_tape_is_refused_by_its_name(spoil: Callable[[str], str], why: str) -> None:
    tape, _ = recorded("t4x1")
    with pytest.raises(NotATape, match=why) as refused:
        parse_tape(spoil(tape), "old.tape")
    assert str(refused.value).startswith("old.tape is not")
    assert "lab record" in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(NotATape, match=r"nothing\.tape"):
        read_tape(tmp_path / "nothing.tape")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    with pytest.raises(NotATape, match="picture"):
        read_tape(tmp_path / "picture")


def test_a_tape_keeps_its_entries_in_the_order_of_asking() -> None:
    tape: Tape = parse_tape(recorded("t4x1")[0], "tape")
    names = [getattr(entry, "symbol", "clock") for entry in tape.entries]
    assert names[:4] == ["clock", c.COUNT.symbol, c.OPEN.symbol, c.EVENT_REGISTER.symbol]
    assert names[-1] == "clock"
