"""Every policy of this lab by name. Importing this loads the compiler; the face does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gpu_lab.fleet.model import Ints
from gpu_lab.fleet.state import FleetState, Placement
from gpu_lab.jobs import Job
from gpu_lab.placement import best_fit, first_fit, random_fit, worst_fit
from gpu_lab.placement.allreduce_policy import CheapestAllReduce
from gpu_lab.placement.cells import CellPolicy
from gpu_lab.placement.gang import Fill, place_gang
from gpu_lab.placement.locality_policy import Locality
from gpu_lab.placement.near import TopologyAware
from gpu_lab.placement.policy import NoPlace, Policy
from gpu_lab.placement.protocol import scores
from gpu_lab.placement.scored import TYPICAL, Scored


class UnknownPolicy(Exception):
    """There is no policy of this name; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no policy {name!r}; there are: {', '.join(POLICIES)}")


@dataclass(frozen=True)
class Filling:
    """A policy that is nothing but an order of preference among places."""

    name: str
    fill: Fill

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Fill the gang in the order of preference, keeping its wishes."""
        del rng  # the order is fixed
        return place_gang(job, state, self.fill)


@dataclass(frozen=True)
class Random:
    """Any place with room, drawn anew for each gang."""

    name: str = "random"

    def choose(self, job: Job, state: FleetState, rng: np.random.Generator) -> Placement | NoPlace:
        """Fill the gang in a random order of nodes, keeping its wishes."""

        def fill(room: Ints, need: int) -> Ints:
            filled: Ints = random_fit.fill(room, need, rng.permutation(room.size))
            return filled

        return place_gang(job, state, fill)


POLICIES: dict[str, Callable[[], Policy]] = {
    "first-fit": lambda: Filling("first-fit", first_fit.fill),
    "best-fit": lambda: Filling("best-fit", best_fit.fill),
    "worst-fit": lambda: Filling("worst-fit", worst_fit.fill),
    "random": Random,
    "dot-product": lambda: Scored("dot-product", scores.dot_product),
    "clustering": lambda: Scored("clustering", scores.clustering),
    "packing": lambda: Scored("packing", scores.packing),
    "fgd": lambda: Scored("fgd", scores.fgd(TYPICAL)),
    "topology": TopologyAware,
    "locality": Locality,
    "all-reduce": CheapestAllReduce,
    "cells": CellPolicy,
}


def policy_named(name: str) -> Policy:
    """Make a policy by its name; raise UnknownPolicy, listing the names there are."""
    if name not in POLICIES:
        raise UnknownPolicy(name)
    return POLICIES[name]()
