"""One pass over the queue: who starts now, and where. Starts nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

Waiting = Sequence[tuple[int, Job]]
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


@dataclass
class _Allowance:
    # What each tenant still may take; None lends without limit.
    left: dict[str, int] | None
    shares: dict[str, int] | None

    def admits(self, job: Job) -> bool:
        return self.left is None or self.left.get(job.tenant, 0) >= job.gpus

    def use(self, job: Job) -> int | None:
        if self.left is None or self.shares is None:
            return None
        self.left[job.tenant] -= job.gpus
        return self.shares[job.tenant]


def chosen(
    rules: Rules,
    room: Room,
    waiting: Waiting,
    running: Sequence[Running],
    now: float,
    shares: dict[str, int] | None,
) -> Starts:
    """Give the jobs that start now, in order, with their places; uses `room` up.

    A job beyond its tenant's share stands aside: it neither starts nor blocks the others.
    """
    allowance = _Allowance(None, None)
    if shares is not None:
        left = dict(shares)
        for one in running:
            left[one.job.tenant] = left.get(one.job.tenant, 0) - one.job.gpus
        allowance = _Allowance(left, shares)
    match rules.backfill:
        case Backfill.NONE:
            return _straight(room, waiting, allowance)[0]
        case Backfill.SKIP:
            return _skipping(room, waiting, allowance)
        case Backfill.EASY | Backfill.EASY_BY_COUNTS:
            return _easy(rules, room, waiting, running, now, allowance)
        case Backfill.CONSERVATIVE:
            return _conservative(rules, room, waiting, running, now, allowance)
        case unknown:
            assert_never(unknown)


def _straight(room: Room, waiting: Waiting, allowance: _Allowance) -> tuple[Starts, int]:
    # The starts, and the place in the queue of the first job that does not fit.
    starts: Starts = []
    for place, (number, job) in enumerate(waiting):
        if not allowance.admits(job):
            continue
        placement = room.fit(job)
        if placement is None:
            return starts, place
        room.take(placement)
        starts.append((number, placement, allowance.use(job)))
    return starts, len(waiting)


def _skipping(room: Room, waiting: Waiting, allowance: _Allowance) -> Starts:
    starts: Starts = []
    for number, job in waiting:
        if allowance.admits(job) and (placement := room.fit(job)) is not None:
            room.take(placement)
            starts.append((number, placement, allowance.use(job)))
    return starts


def _easy(
    rules: Rules,
    room: Room,
    waiting: Waiting,
    running: Sequence[Running],
    now: float,
    allowance: _Allowance,
) -> Starts:
    starts, blocked = _straight(room, waiting, allowance)
    if blocked == len(waiting):
        return starts
    by_counts = rules.backfill is Backfill.EASY_BY_COUNTS
    reservation = (reserve_by_counts if by_counts else reserve)(
        room, waiting[blocked][1], _releases(waiting, running, starts, now), now
    )
    for number, job in waiting[blocked + 1 :]:
        if not allowance.admits(job):
            continue
        placement = beside(room, job, reservation, now)
        if placement is None:
            continue
        room.take(placement)
        if now + job.estimate > reservation.at:
            reservation = _narrowed(reservation, placement, by_counts=by_counts)
        starts.append((number, placement, allowance.use(job)))
    return starts


def _narrowed(reservation: Reservation, placement: Placement, *, by_counts: bool) -> Reservation:
    if not by_counts:
        return used_of_spare(reservation, placement)
    used = sum(part.gpus for part in placement)
    spare = tuple(max(gpus - used, 0) for gpus in reservation.spare_gpus)
    return Reservation(reservation.at, spare, reservation.spare_cpus)


def _conservative(
    rules: Rules,
    room: Room,
    waiting: Waiting,
    running: Sequence[Running],
    now: float,
    allowance: _Allowance,
) -> Starts:
    admitted = []
    for number, job in waiting:
        if allowance.admits(job):
            admitted.append((number, job, allowance.use(job)))
        if len(admitted) == rules.depth:
            break
    releases = [Release(max(one.promised, now), one.placement) for one in running]
    starts = starts_now(room, [job for _, job, _ in admitted], releases, now)
    return [(admitted[place][0], placement, admitted[place][2]) for place, placement in starts]


def _releases(
    waiting: Waiting, running: Sequence[Running], starts: Starts, now: float
) -> list[Release]:
    jobs = dict(waiting)
    releases = [Release(max(one.promised, now), one.placement) for one in running]
    releases += [Release(now + jobs[n].estimate, placement) for n, placement, _ in starts]
    return releases
