"""What can be wrong with a question about memory. The class docstring is the user's sentence."""

from __future__ import annotations


class VramRefused(Exception):
    """The batch cannot be sized as asked; the subclasses say what and why."""

    def __init__(self, **said: object) -> None:
        super().__init__((type(self).__doc__ or "").format(**said))


class UnknownEncoder(VramRefused):
    """No model {name!r}; there are: {known}. Or give a .toml or a Hugging Face config.json."""


class EncoderNotReadable(VramRefused):
    """Cannot read the model {where}: {why}."""


class EncoderRefused(VramRefused):
    """The model {where} does not describe an encoder: {why}."""


class RequestRefused(VramRefused):
    """{what} is {value}: {why}."""


class PointsRefused(VramRefused):
    """These two measurements cannot calibrate the form: {why}."""


class GpuRefused(VramRefused):
    """The memory of GPU {gpu} is not known: {why}."""
