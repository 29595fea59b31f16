"""What can go wrong before any GPU answers. The class docstring is the user's sentence."""

from __future__ import annotations


class ProbeUnavailable(Exception):
    """The GPUs here cannot be read: {why}. Simulated ones: touchbase lab probe --sim h200x8"""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__((type(self).__doc__ or "").format(why=why))


class NoDriver(ProbeUnavailable):
    """No NVIDIA driver here: {why}. Simulated ones: touchbase lab probe --sim h200x8"""


class WrongBinding(ProbeUnavailable):
    """nvidia-ml-py misreads process lists: {why}. Install nvidia-ml-py>=12.560."""


class ProbeRefused(Exception):
    """What was asked of the probe cannot be done as asked; the subclasses say what and why."""


class UnknownShape(ProbeRefused):
    """No such machine: {text!r} ({why}). Known GPUs: {known}. Example: --sim h200x8"""

    def __init__(self, text: str, why: str, known: str) -> None:
        super().__init__((type(self).__doc__ or "").format(text=text, why=why, known=known))


class UnknownFault(ProbeRefused):
    """Cannot simulate {text!r}: {why}. Example: --sim h200x8,busy,lost:5,xid:2:79@30"""

    def __init__(self, text: str, why: str) -> None:
        super().__init__((type(self).__doc__ or "").format(text=text, why=why))


class NotATape(ProbeRefused):
    """{where} is not a probe's tape: {why}. Make one: touchbase lab record FILE"""

    def __init__(self, where: str, why: str) -> None:
        super().__init__((type(self).__doc__ or "").format(where=where, why=why))


class TapeEnded(ProbeRefused):
    """The tape holds no further answer to {asked}; what was recorded has been replayed."""

    def __init__(self, asked: str) -> None:
        super().__init__((type(self).__doc__ or "").format(asked=asked))


class CommandNotFound(ProbeRefused):
    """Cannot run {command!r}: {why}. Write it after two dashes: lab context -- python train.py"""

    def __init__(self, command: str, why: str) -> None:
        super().__init__((type(self).__doc__ or "").format(command=command, why=why))


class LoopWouldStall(RuntimeError):
    """The probe was called on an event loop's thread, which a slow driver would stall."""

    def __init__(self) -> None:
        super().__init__(f"{type(self).__doc__} Use ProbeThread.")
