"""Talking with a script that runs torch in a process of its own. This process never imports it.

Questions and answers are JSON, one line each; the first question sets the script up.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

_FIND = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)"
_SEE = "import torch, sys; sys.exit(not torch.cuda.is_available())"


class NotMeasured(Exception):
    """not measured: {why}"""

    def __init__(self, why: str) -> None:
        super().__init__((type(self).__doc__ or "").format(why=why))


class Answer(BaseModel):
    """What a script says in one line; each kind of answer names its parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


A = TypeVar("A", bound=Answer)


def has_torch(environment: Mapping[str, str]) -> bool:
    """Say whether a child could import torch, without importing it anywhere."""
    command = [sys.executable, "-c", _FIND]
    return subprocess.run(command, env=dict(environment), check=False).returncode == 0


def check_torch(environment: Mapping[str, str]) -> None:
    """Raise NotMeasured where torch is missing, or is there and sees no GPU."""
    if not has_torch(environment):
        raise NotMeasured("torch is not installed beside this program")
    command = [sys.executable, "-c", _SEE]
    seen = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    if seen.returncode:
        raise NotMeasured("torch is installed and sees no GPU")


class TorchChild:
    """A running script. Every failure of it is NotMeasured with the last line it complained."""

    def __init__(self, script: Path, environment: Mapping[str, str], seconds: float) -> None:
        self._seconds = seconds
        self._complaints = TemporaryFile()  # noqa: SIM115 - closed with the child
        # -P: the script's neighbours must not stand in for modules that torch imports.
        self._running = subprocess.Popen(
            [sys.executable, "-P", str(script)],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            bufsize=0,
        )

    def ask(self, question: Mapping[str, object], answer: type[A]) -> A:
        """Ask and wait for the answer. Raises NotMeasured."""
        self.begin(question)
        return self.finish(answer)

    def begin(self, question: Mapping[str, object]) -> None:
        """Ask and do not wait."""
        assert self._running.stdin is not None
        try:
            self._running.stdin.write(json.dumps(question).encode() + b"\n")
        except BrokenPipeError:
            raise NotMeasured(self._why_it_ended()) from None

    def has_answered(self, within_seconds: float) -> bool:
        """Wait that long at most, and say whether an answer (or the end) is there."""
        assert self._running.stdout is not None
        return bool(select.select([self._running.stdout], [], [], within_seconds)[0])

    def finish(self, answer: type[A]) -> A:
        """Wait for the answer to what was asked. Raises NotMeasured."""
        if not self.has_answered(self._seconds):
            raise NotMeasured(f"no answer within {self._seconds:.0f} s")
        assert self._running.stdout is not None
        line = self._running.stdout.readline()
        if not line:
            raise NotMeasured(self._why_it_ended())
        try:
            return answer.model_validate_json(line)
        except ValidationError:
            said = line.decode(errors="replace").strip()
            raise NotMeasured(f"the script said {said!r}") from None

    def close(self) -> None:
        """End the script, whatever it is doing."""
        self._running.kill()
        self._running.communicate()
        self._complaints.close()

    def __enter__(self) -> TorchChild:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _why_it_ended(self) -> str:
        status = self._running.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").splitlines()
        return f"the script ended with status {status}: {lines[-1] if lines else 'no word'}"
