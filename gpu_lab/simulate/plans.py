"""Reservations: when and where a blocked job will start, given when running ones end.

Decides who may pass; starts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from gpu_lab.simulate.jobs import Job
from gpu_lab.simulate.room import Placement, Room


@dataclass(frozen=True, slots=True)
class Release:
    """A running job's promised end and what it then gives back."""

    at: float
    placement: Placement


@dataclass(frozen=True)
class Reservation:
    """The blocked job's start, and per node the GPUs and CPUs that stay free beside it then."""

    at: float
    spare_gpus: tuple[int, ...]
    spare_cpus: tuple[int, ...]


def reserve(room: Room, job: Job, releases: Sequence[Release], now: float) -> Reservation:
    """Find the first end after which the job fits, node by node and not by counting GPUs.

    Counting says "fits now" while every free GPU sits on the wrong node; then nobody may be
    backfilled at all, and EASY is no better than strict FIFO. All that ends at one instant is
    free then, in whatever order `releases` has it.
    """
    later = room.copy()
    at = now
    placement = later.fit(job)
    for end, together in _by_instant(releases):
        if placement is not None:
            break
        for release in together:
            later.free(release.placement)
        at = end
        placement = later.fit(job)
    if placement is not None:
        later.take(placement)
    return Reservation(at, tuple(later.gpus), tuple(later.cpus))


def reserve_by_counts(room: Room, job: Job, releases: Sequence[Release], now: float) -> Reservation:
    """Reserve as if every free GPU were as good as another: the classic mistake."""
    idle, at = room.idle, now
    for end, together in _by_instant(releases):
        if idle >= job.gpus:
            break
        idle += sum(part.gpus for release in together for part in release.placement)
        at = end
    spare = max(idle - job.gpus, 0)
    return Reservation(at, (spare,) * len(room.gpus), tuple(room.cpus))


def _by_instant(releases: Sequence[Release]) -> Iterator[tuple[float, Iterator[Release]]]:
    at = attrgetter("at")
    return groupby(sorted(releases, key=at), key=at)


def beside(room: Room, job: Job, reservation: Reservation, now: float) -> Placement | None:
    """Find a place that does not delay the reservation: done before it, or on what it spares."""
    if now + job.estimate <= reservation.at:
        return room.fit(job)
    narrow = room.copy()
    narrow.gpus = [min(a, b) for a, b in zip(room.gpus, reservation.spare_gpus, strict=True)]
    narrow.cpus = [min(a, b) for a, b in zip(room.cpus, reservation.spare_cpus, strict=True)]
    return narrow.fit(job)


def used_of_spare(reservation: Reservation, placement: Placement) -> Reservation:
    """Take a long backfilled job out of what the reservation spares."""
    gpus, cpus = list(reservation.spare_gpus), list(reservation.spare_cpus)
    for part in placement:
        gpus[part.node] -= part.gpus
        cpus[part.node] -= part.cpus
    return Reservation(reservation.at, tuple(gpus), tuple(cpus))


def starts_now(
    room: Room, waiting: Sequence[Job], releases: Sequence[Release], now: float
) -> list[tuple[int, Placement]]:
    """Plan every waiting job in order and give those whose planned start is now (conservative).

    Every job keeps the start that it was promised by those before it.
    """
    times = [now, *sorted({release.at for release in releases if release.at > now})]
    frames = []
    for at in times:
        frame = room.copy()
        for release in releases:
            if release.at <= at:
                frame.free(release.placement)
        frames.append(frame)
    chosen = []
    for number, job in enumerate(waiting):
        found = _first_window(times, frames, job)
        if found is None:
            continue
        start, placement = found
        _occupy(times, frames, start, times[start] + job.estimate, placement)
        if start == 0:
            chosen.append((number, placement))
    return chosen


def _first_window(times: list[float], frames: list[Room], job: Job) -> tuple[int, Placement] | None:
    for start, at in enumerate(times):
        narrow = frames[start].copy()
        for frame, other in zip(frames[start + 1 :], times[start + 1 :], strict=True):
            if other >= at + job.estimate:
                break
            narrow.gpus = [min(a, b) for a, b in zip(narrow.gpus, frame.gpus, strict=True)]
            narrow.cpus = [min(a, b) for a, b in zip(narrow.cpus, frame.cpus, strict=True)]
        if (placement := narrow.fit(job)) is not None:
            return start, placement
    return None


def _occupy(
    times: list[float], frames: list[Room], start: int, end: float, placement: Placement
) -> None:
    if end not in times:
        place = next((i for i, at in enumerate(times) if at > end), len(times))
        times.insert(place, end)
        frames.insert(place, frames[place - 1].copy())
    for at, frame in zip(times[start:], frames[start:], strict=True):
        if at < end:
            frame.take(placement)
