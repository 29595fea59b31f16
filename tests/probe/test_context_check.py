"""Three rungs: CUDA loaded, initialised, with a context. On fake libraries, with real processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from gpu_lab.probe.context import (
    CannotTell,
    Clean,
    ContextCreated,
    Evidence,
    Held,
    MerelyInitialised,
    Statement,
    judge,
)
from gpu_lab.probe.values import Missing, Reason
from tests.fakes.nvml.libraries import Machine

MIB = 2**20
NOTHING = Evidence(
    exit_status=0,
    looks=5,
    held=(),
    strangers=(),
    mapped_library=(),
    opened_uvm=(),
    statements=(),
    driver_missing=None,
)
LAST_WORD = Statement(9, "end", False, False, (), None)


def test_nothing_seen_by_many_looks_is_clean() -> None:
    assert isinstance(judge(NOTHING), Clean)
    assert isinstance(judge(replace(NOTHING, mapped_library=(9,))), Clean)


def test_nobody_looking_is_not_clean() -> None:
    assert isinstance(judge(replace(NOTHING, looks=0)), CannotTell)
    assert isinstance(judge(replace(NOTHING, driver_missing="no driver")), CannotTell)
    hello = replace(LAST_WORD, event="start")
    assert isinstance(judge(replace(NOTHING, looks=0, statements=(hello,))), CannotTell)


def test_a_witness_suffices_without_a_driver() -> None:
    alone = replace(NOTHING, looks=0, driver_missing="no driver", statements=(LAST_WORD,))
    assert isinstance(judge(alone), Clean)


@pytest.mark.parametrize(
    "seen",
    [
        replace(NOTHING, opened_uvm=(9,)),
        replace(NOTHING, statements=(replace(LAST_WORD, initialised=True),)),
        replace(NOTHING, statements=(replace(LAST_WORD, torch_initialised=True),)),
    ],
)
def test_any_sign_of_initialisation_is_enough(seen: Evidence) -> None:
    verdict = judge(seen)
    assert isinstance(verdict, MerelyInitialised)
    assert "spawn" in verdict.fix


@pytest.mark.parametrize(
    "seen",
    [
        replace(NOTHING, held=(Held(9, 0, 426 * MIB),)),
        replace(NOTHING, held=(Held(9, 0, Missing(Reason.HIDDEN)),)),
        replace(NOTHING, statements=(replace(LAST_WORD, active_contexts=(0,)),)),
    ],
)
def test_any_sign_of_a_context_is_enough(seen: Evidence) -> None:
    verdict = judge(seen)
    assert isinstance(verdict, ContextCreated)
    assert "NVML" in verdict.fix


def test_a_stranger_is_mentioned_and_not_blamed_on_the_command() -> None:
    verdict = judge(replace(NOTHING, strangers=(Held(1234, 3, 500 * MIB),)))
    assert isinstance(verdict, Clean)
    assert any("1234" in one and "container" in one for one in verdict.evidence)


def verdict_of(
    machine: Callable[..., Machine], code: str, *options: str, **variables: str
) -> dict[str, object]:
    child = [sys.executable, *options, "-c", code]
    play = machine("h200x1", has_cuda=True, variables=variables)
    done = play.lab("context", "--json", "--", *child)
    assert done.returncode == 0, done.stderr
    row: dict[str, object] = json.loads(done.stdout)
    return row


CUDA = "import ctypes; cuda = ctypes.CDLL('libcuda.so.1')"
INIT = f"{CUDA}; assert cuda.cuInit(0) == 0"
RETAIN = (
    f"{INIT}; c = ctypes.c_void_p(); assert cuda.cuDevicePrimaryCtxRetain(ctypes.byref(c), 0) == 0"
)
# Long enough to be looked at from outside even where many processes share two cores.
STAY = "; import time; time.sleep(1)"


def test_a_command_that_leaves_cuda_alone_is_clean(machine: Callable[..., Machine]) -> None:
    row = verdict_of(machine, "print(end='')")
    assert row["verdict"] == "clean"


def test_loading_the_library_alone_is_clean_and_said(machine: Callable[..., Machine]) -> None:
    row = verdict_of(machine, CUDA)
    assert row["verdict"] == "clean"
    assert "had libcuda.so loaded, which alone changes nothing" in str(row["evidence"])


def test_initialising_without_a_context_is_told_apart(machine: Callable[..., Machine]) -> None:
    row = verdict_of(machine, INIT)
    assert row["verdict"] == "initialised"
    assert "cuInit had been called" in str(row["evidence"])


def test_a_fork_after_initialising_is_reported(machine: Callable[..., Machine]) -> None:
    fork = f"{INIT}; import os; pid = os.fork(); pid or os._exit(0); os.waitpid(pid, 0)"
    row = verdict_of(machine, fork)
    assert row["verdict"] == "initialised"
    assert "its children cannot use CUDA" in str(row["evidence"])


def test_a_context_is_seen_from_inside_and_from_outside(machine: Callable[..., Machine]) -> None:
    row = verdict_of(machine, RETAIN + STAY)
    assert row["verdict"] == "context"
    assert "on GPU 0 with 426 MiB" in str(row["evidence"])
    assert "active primary context on CUDA device 0" in str(row["evidence"])


def test_a_context_of_an_isolated_grandchild_is_seen_from_outside(
    machine: Callable[..., Machine],
) -> None:
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {RETAIN + STAY!r}])"
    )
    row = verdict_of(machine, code, "-I")
    assert row["verdict"] == "context"
    assert "no witness spoke" in str(row["evidence"])


def test_the_witness_lets_another_sitecustomize_speak(
    machine: Callable[..., Machine], tmp_path: pytest.TempPathFactory
) -> None:
    (tmp_path / "sitecustomize.py").write_text("MARK = 'mine'\n")
    code = "import sitecustomize, sys; sys.exit(getattr(sitecustomize, 'MARK', '') != 'mine')"
    play = machine("h200x1")
    path = f"{tmp_path}:{play.environment['PYTHONPATH']}"
    done = replace(play, variables={"PYTHONPATH": path}).lab(
        "context", "--json", "--", sys.executable, "-c", code
    )
    assert json.loads(done.stdout)["exit_status"] == 0, done.stderr


def test_the_commands_own_status_is_passed_on_and_check_overrules_it(
    machine: Callable[..., Machine],
) -> None:
    play = machine("h200x1", has_cuda=True)
    failing = play.lab("context", "--", sys.executable, "-c", "raise SystemExit(7)")
    assert failing.returncode == 7
    assert "ended with status 7" in failing.stderr
    touched = play.lab("context", "--check", "--", sys.executable, "-c", INIT)
    assert touched.returncode == 3
    assert "Fix: " in touched.stderr


def test_a_command_that_does_not_exist_is_one_clear_line(machine: Callable[..., Machine]) -> None:
    done = machine("h200x1").lab("context", "--", "no-such-program")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "'no-such-program'" in done.stderr
