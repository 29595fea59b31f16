"""Working out which moments of speech are owed, from the wall clock alone.

Nothing here remembers, waits or speaks: each answer is computed anew from the jobs, the moment
and what has been dealt with. A daily job has one slot per local date; where clocks jump it falls
on the first minute that exists, where they repeat on the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeAlias, assert_never

ONE_DAY = timedelta(days=1)
SUNDAY = 6
WEEKEND = frozenset({5, SUNDAY})
EVERY_DAY = frozenset(range(7))
WORKDAYS = EVERY_DAY - WEEKEND


class Purpose(StrEnum):
    """What a job is for."""

    BRIEFING = "briefing"
    CHECK_IN = "check-in"
    REVIEW = "review"
    WEEKLY = "weekly"
    REMINDER = "reminder"


@dataclass(frozen=True)
class Daily:
    """Once per local date at a local time, and late at most until `until` or the date's end.

    `days` are the weekdays that it has a slot on, Monday being 0.
    """

    id: str
    purpose: Purpose
    at: time
    until: time | None = None
    days: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.at:
            raise ValueError(f"job {self.id!r}: until {self.until} must come after {self.at}")


@dataclass(frozen=True)
class Once:
    """At one instant that the person named, and however late after it."""

    id: str
    purpose: Purpose
    at: datetime


Job: TypeAlias = Daily | Once


@dataclass(frozen=True)
class Slot:
    """One moment of one job; `key` is its local date or its instant, unique within the job.

    `closes_at` is the moment from which it is too late, None when it never is.
    """

    job_id: str
    purpose: Purpose
    key: str
    planned_at: datetime
    local_date: date
    closes_at: datetime | None

    def late_by(self, now: datetime) -> timedelta:
        """Tell how long ago it was meant to be."""
        return max(now - self.planned_at, timedelta(0))


@dataclass(frozen=True)
class Missed:
    """A slot that nobody was there for until it was too late."""

    slot: Slot

    @property
    def reason(self) -> str:
        """Say why it is not made up for."""
        return f"nothing was running from {self.slot.planned_at:%Y-%m-%d %H:%M} UTC until too late"


@dataclass(frozen=True)
class Mark:
    """How far a job has been dealt with: first seen at `since`, last slot `last_key`."""

    since: datetime
    last_key: str | None = None


def due_slots(
    jobs: Sequence[Job], *, now: datetime, timezone: tzinfo, last_ended: Mapping[str, Mark]
) -> tuple[Slot | Missed, ...]:
    """List what is owed at `now`, oldest first: slots still in their grace, and missed ones.

    A daily job without a mark owes nothing yet, so that a first start is not met by
    a heap of missed mornings.
    """
    found = [
        owed
        for job in jobs
        for owed in owed_by(job, now=now, timezone=timezone, mark=last_ended.get(job.id))
    ]
    return tuple(sorted(found, key=lambda owed: (planned(owed), slot_of(owed).job_id)))


def owed_by(
    job: Job, *, now: datetime, timezone: tzinfo, mark: Mark | None
) -> Iterator[Slot | Missed]:
    """Give what one job owes at `now`."""
    match job:
        case Once():
            slot = once_slot(job, timezone)
            if slot.planned_at <= now and (mark is None or mark.last_key != slot.key):
                yield slot
        case Daily():
            if mark:
                yield from owed_days(job, now, timezone, mark)
        case _:
            assert_never(job)


def owed_days(job: Daily, now: datetime, timezone: tzinfo, mark: Mark) -> Iterator[Slot | Missed]:
    """Give a daily job's slots since its mark, each as due or missed."""
    first = mark.since.astimezone(timezone).date()
    if mark.last_key is not None:
        first = max(first, date.fromisoformat(mark.last_key) + ONE_DAY)
    for day in days(first, now.astimezone(timezone).date()):
        slot = daily_slot(job, day, timezone)
        if slot is None or not mark.since <= slot.planned_at <= now:
            continue
        yield Missed(slot) if slot.closes_at is not None and now >= slot.closes_at else slot


def next_slot(job: Job, *, after: datetime, timezone: tzinfo) -> Slot | None:
    """Give a job's first slot after a moment; None for an instant that has passed."""
    match job:
        case Once():
            return once_slot(job, timezone) if job.at > after else None
        case Daily():
            today = after.astimezone(timezone).date()
            slots = (daily_slot(job, today + ONE_DAY * ahead, timezone) for ahead in range(-1, 10))
            return next(slot for slot in slots if slot and slot.planned_at > after)
        case _:
            assert_never(job)


def daily_slot(job: Daily, day: date, timezone: tzinfo) -> Slot | None:
    """Give a daily job's slot on a local date; None on other weekdays, and where the zone left
    the date out."""
    if day.weekday() not in job.days:
        return None
    begins, ends = (
        first_instant(day, time(0), timezone),
        first_instant(day + ONE_DAY, time(0), timezone),
    )
    if begins == ends:
        return None
    planned_at = first_instant(day, job.at, timezone)
    closes_at = first_instant(day, job.until, timezone) if job.until else ends
    if closes_at <= planned_at:
        # A jump of the clock swallowed the whole grace; the job keeps the length it was given.
        closes_at = planned_at + wall_length(job.at, job.until)
    return Slot(job.id, job.purpose, day.isoformat(), planned_at, day, closes_at)


def first_instant(day: date, at: time, timezone: tzinfo) -> datetime:
    """Give a local time's UTC instant: the first of two, or the next minute that exists."""
    wall = datetime.combine(day, at)
    earlier = wall.replace(tzinfo=timezone, fold=0).astimezone(UTC)
    if earlier.astimezone(timezone).replace(tzinfo=None, fold=0) == wall:
        return earlier
    before_jump = wall.replace(tzinfo=timezone, fold=1).astimezone(UTC)
    return jump_between(before_jump, earlier, timezone)


def jump_between(before: datetime, after: datetime, timezone: tzinfo) -> datetime:
    """Give the instant between two at which the zone's offset changes, to the second."""
    old_offset = before.astimezone(timezone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, timezone).utcoffset() == old_offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def once_slot(job: Once, timezone: tzinfo) -> Slot:
    """Give the only slot of a job at an instant, which names it."""
    local_date = job.at.astimezone(timezone).date()
    return Slot(job.id, job.purpose, key_of(job.at), job.at.astimezone(UTC), local_date, None)


def key_of(instant: datetime) -> str:
    """Name an instant so that keys sort as instants do."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def days(first: date, last: date) -> Iterator[date]:
    """Count dates up, both ends included."""
    return (first + ONE_DAY * count for count in range((last - first).days + 1))


def wall_length(start: time, end: time | None) -> timedelta:
    """Give the time between two clock times of one day; no end means midnight."""
    day = date(2000, 1, 1)
    ends = datetime.combine(day, end) if end else datetime.combine(day + ONE_DAY, time(0))
    return ends - datetime.combine(day, start)


def slot_of(owed: Slot | Missed) -> Slot:
    """Give the slot that is due or was missed."""
    return owed.slot if isinstance(owed, Missed) else owed


def planned(owed: Slot | Missed) -> datetime:
    """Give the moment that was planned."""
    return slot_of(owed).planned_at


@dataclass(frozen=True)
class Hours:
    """When the everyday jobs come, in local time; `weekly_at` None is no look back at the week."""

    briefing_at: time = time(7, 15)
    review_at: time = time(21, 30)
    check_ins_at: Sequence[time] = (time(13, 0), time(18, 30))
    weekly_at: time | None = time(18, 0)
    weekend_later: timedelta = timedelta(0)
    weekend_midday: bool = False


MIDDAY = (time(11), time(15))


def default_jobs(hours: Hours) -> tuple[Job, ...]:
    """Make the everyday jobs; a check-in is known by its place, so moving it makes no new job."""
    return (
        *briefings(hours),
        *check_ins(hours),
        *weeklies(hours),
        Daily("review", Purpose.REVIEW, hours.review_at),
    )


def briefings(hours: Hours) -> Iterator[Daily]:
    """Make the briefing, and the one that comes later at weekends."""
    at, late = hours.briefing_at, shifted(hours.briefing_at, hours.weekend_later)
    until = later(at, time(11, 0), timedelta(hours=3, minutes=45))
    if late == at:
        yield Daily("briefing", Purpose.BRIEFING, at, until)
        return
    yield Daily("briefing", Purpose.BRIEFING, at, until, WORKDAYS)
    late_until = later(late, time(13, 0), timedelta(hours=3, minutes=45))
    yield Daily("weekend-briefing", Purpose.BRIEFING, late, late_until, WEEKEND)


def check_ins(hours: Hours) -> Iterator[Daily]:
    """Make the check-ins; one at midday leaves the weekend alone, unless it is wanted."""
    for place, at in enumerate(hours.check_ins_at, start=1):
        is_midday = MIDDAY[0] <= at < MIDDAY[1]
        days = WORKDAYS if is_midday and not hours.weekend_midday else EVERY_DAY
        until = later(at, at, timedelta(hours=2))
        yield Daily(f"check-in-{place}", Purpose.CHECK_IN, at, until, days)


def weeklies(hours: Hours) -> Iterator[Daily]:
    """Make the look back at the week, on Sundays."""
    if hours.weekly_at is not None:
        until = later(hours.weekly_at, time(22, 0), timedelta(hours=2))
        yield Daily("weekly", Purpose.WEEKLY, hours.weekly_at, until, frozenset({SUNDAY}))


def shifted(at: time, by: timedelta) -> time:
    """Give a later time of the same day; one that would pass midnight stays as it is."""
    moved = datetime.combine(date(2000, 1, 1), at) + by
    return moved.time() if moved.day == 1 else at


def later(at: time, until: time, least: timedelta) -> time | None:
    """Give `until` where it comes after `at`, else `least` after it; None past midnight."""
    if until > at:
        return until
    ends = datetime.combine(date(2000, 1, 1), at) + least
    return ends.time() if ends.day == 1 else None
