"""What can be wrong with a fleet's description: one small class for each."""

from __future__ import annotations


class FleetRefused(Exception):
    """A fleet cannot be built as described."""


class FleetNotReadable(FleetRefused):
    """The fleet file is not valid; the message names the place in it and what was expected."""


class DuplicateName(FleetRefused):
    """Two parts of the fleet carry the same name; give each its own."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} is described twice; give each its own name")


class CyclicTopology(FleetRefused):
    """A domain lies inside itself; one of the parents must be another."""

    def __init__(self, names: tuple[str, ...]) -> None:
        ring = " > ".join((*names, names[0]))
        super().__init__(f"the topology is cyclic: {ring}; give one of them another parent")


class UnevenTopology(FleetRefused):
    """A domain or node hangs at the wrong depth; every branch must pass through every level."""

    def __init__(self, name: str, level: str, above: str | None, found: str) -> None:
        wanted = f"a parent at level {above!r}" if above else "no parent"
        super().__init__(
            f"{name!r} is at level {level!r} and needs {wanted}, but has {found};"
            " every branch must pass through every level"
        )


class UnknownName(FleetRefused):
    """The description names something that it does not describe."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known[:12]) or "none"
        super().__init__(f"no {kind} {name!r}; there are: {listed}")


class GpuTakenTwice(Exception):
    """A placement takes what another job holds or what is not there. A bug of its policy."""


class JobNotPlaced(Exception):
    """A job that holds nothing cannot give it back."""

    def __init__(self, job: str) -> None:
        super().__init__(f"job {job!r} holds no GPUs")
