"""What can be wrong with things to be packed. The class docstring is the user's sentence."""

from __future__ import annotations


class PackingRefused(Exception):
    """The costs cannot be packed as asked; the subclasses say what and why."""

    def __init__(self, **said: object) -> None:
        super().__init__((type(self).__doc__ or "").format(**said))


class CapacityRefused(PackingRefused):
    """The capacity is {capacity}; it must be a number above 0 and below 2^62."""


class CostRefused(PackingRefused):
    """Item {index} costs {cost}: {why}."""

    def __init__(self, index: int, cost: object, why: str) -> None:
        self.index = index
        super().__init__(index=index, cost=cost, why=why)


class CostsRefused(PackingRefused):
    """The costs are {found}; they must be one row of numbers."""


class CostsNotReadable(PackingRefused):
    """Cannot read {where}: {why}."""


class PolicyRefused(PackingRefused):
    """{setting} is {value}: {why}."""


class UnknownModel(PackingRefused):
    """Request {request} asks for model {model!r}, which has no cost; there are: {known}."""


class RequestTooLarge(PackingRefused):
    """Request {request} of {tokens} tokens costs {cost}, alone more than {model}'s {capacity}."""


class RunAnsweredWrongly(RuntimeError):
    """A model gave {answers} answers to a batch of {requests} requests."""

    def __init__(self, answers: int, requests: int) -> None:
        super().__init__((type(self).__doc__ or "").format(answers=answers, requests=requests))
