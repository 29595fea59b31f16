"""One pass over the queue: who starts now, and where. Starts nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.plans import (
    Release,
    Reservation,
    beside,
    reserve,
    reserve_by_counts,
    starts_now,
    used_of_spare,
)
from gpu_lab.simulate.room import Placement, Room
from gpu_lab.simulate.rules import Backfill, Rules
from gpu_lab.simulate.turns import Turns

Starts = list[tuple[int, Placement, int | None]]


@dataclass(frozen=True, slots=True)
class Running:
    """A running job: since when, its promised and its true end, and where it is."""

    number: int
    job: Job
    started: float
    promised: float
    end: float
    placement: Placement


def chosen(
    rules: Rules, room: Room, turns: Turns, running: Sequence[Running], now: float
) -> Starts:
    """Give the jobs that start now, in order, with their places; uses `room` and `turns` up.

    A job beyond its tenant's share stands aside: it neither starts nor blocks the others.
    """
    match rules.backfill:
        case Backfill.NONE:
            return _straight(room, turns)[0]
        case Backfill.SKIP:
            return _skipping(room, turns)
        case Backfill.EASY | Backfill.EASY_BY_COUNTS:
            return _easy(rules, room, turns, running, now)
        case Backfill.CONSERVATIVE:
            return _conservative(rules, room, turns, running, now)
        case unknown:
            assert_never(unknown)


def _straight(room: Room, turns: Turns) -> tuple[Starts, Job | None]:
    # The starts, and the first job that does not fit.
    starts: Starts = []
    for number, job in turns:
        placement = room.fit(job)
        if placement is None:
            return starts, job
        room.take(placement)
        starts.append((number, placement, turns.started(job)))
    return starts, None


def _skipping(room: Room, turns: Turns) -> Starts:
    starts: Starts = []
    for number, job in turns:
        if (placement := room.fit(job)) is not None:
            room.take(placement)
            starts.append((number, placement, turns.started(job)))
    return starts


def _easy(rules: Rules, room: Room, turns: Turns, running: Sequence[Running], now: float) -> Starts:
    starts, blocked = _straight(room, turns)
    if blocked is None:
        return starts
    by_counts = rules.backfill is Backfill.EASY_BY_COUNTS
    reservation = (reserve_by_counts if by_counts else reserve)(
        room, blocked, _releases(turns, running, starts, now), now
    )
    for number, job in turns:
        placement = beside(room, job, reservation, now)
        if placement is None:
            continue
        room.take(placement)
        if now + job.estimate > reservation.at:
            reservation = _narrowed(reservation, placement, by_counts=by_counts)
        starts.append((number, placement, turns.started(job)))
    return starts


def _narrowed(reservation: Reservation, placement: Placement, *, by_counts: bool) -> Reservation:
    if not by_counts:
        return used_of_spare(reservation, placement)
    used = sum(part.gpus for part in placement)
    spare = tuple(max(gpus - used, 0) for gpus in reservation.spare_gpus)
    return Reservation(reservation.at, spare, reservation.spare_cpus)


def _conservative(
    rules: Rules, room: Room, turns: Turns, running: Sequence[Running], now: float
) -> Starts:
    planned = [(number, job, turns.started(job)) for number, job in islice(turns, rules.depth)]
    releases = [Release(max(one.promised, now), one.placement) for one in running]
    starts = starts_now(room, [job for _, job, _ in planned], releases, now)
    return [(planned[place][0], placement, planned[place][2]) for place, placement in starts]


def _releases(
    turns: Turns, running: Sequence[Running], starts: Starts, now: float
) -> list[Release]:
    releases = [Release(max(one.promised, now), one.placement) for one in running]
    releases += [Release(now + turns.jobs[n].estimate, placement) for n, placement, _ in starts]
    return releases
