"""How often a daily job fires on the dates around each change of the clock: ours, and APScheduler.

Every distinct history of offsets among the IANA zones from 2024 to 2032 is taken once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger

from heartbeat.slots import Daily, Mark, Purpose, due_slots, slot_of

DAY, STEP = timedelta(days=1), timedelta(minutes=30)
FIRST, COUNT = date(2024, 1, 1), 3288
TIMES = (time(0, 30), time(1, 30), time(2, 30), time(7, 15))
Way: TypeAlias = Callable[[time, ZoneInfo, datetime, datetime], Iterator[date]]


def histories() -> dict[tuple[int, ...], ZoneInfo]:
    """Give one zone for each distinct history of offsets, by the days on which they change."""
    found: dict[tuple[int, ...], ZoneInfo] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        noon = datetime.combine(FIRST, time(12), UTC)
        offsets = [(noon + DAY * n).astimezone(zone).utcoffset() for n in range(COUNT)]
        changes = [
            part
            for n in range(1, COUNT)
            if offsets[n] != offsets[n - 1]
            for part in (n, seconds(offsets[n - 1]), seconds(offsets[n]))
        ]
        found.setdefault(tuple(changes), zone)
    return found


def seconds(offset: timedelta | None) -> int:
    """Give an offset in seconds."""
    return int(offset.total_seconds()) if offset is not None else 0


def by_ledger(at: time, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[date]:
    """Tick every half hour as the product does."""
    job, mark, now = Daily("job", Purpose.REVIEW, at), Mark(start), start
    while now < end:
        for owed in due_slots([job], now=now, timezone=zone, last_ended={"job": mark}):
            slot = slot_of(owed)
            mark = Mark(start, slot.key)
            yield slot.local_date
        now += STEP


def by_cron(at: time, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[date]:
    """Ask APScheduler's cron trigger for each next time, as its scheduler does."""
    trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=zone)
    before: datetime | None = None
    while fires := trigger.get_next_fire_time(before, before or start):
        # Within one zone datetimes compare by the wall, which stands still where a clock repeats.
        if fires.astimezone(UTC) >= end or (
            before and fires.astimezone(UTC) <= before.astimezone(UTC)
        ):
            return
        yield fires.date()
        before = fires


def wrong_dates(way: Way) -> Counter[str]:
    """Count the dates, one before to one after each change, on which a job fires not once."""
    counts: Counter[str] = Counter()
    for changes, zone in histories().items():
        for place in changes[::3]:
            middle = FIRST + DAY * place
            start = datetime.combine(middle, time(0), UTC) - 3 * DAY
            for at in TIMES:
                fired = Counter(way(at, zone, start, start + 6 * DAY))
                for day in (middle - DAY, middle, middle + DAY):
                    counts["dates"] += 1
                    counts["twice"] += fired[day] > 1
                    counts["never"] += fired[day] == 0
    return counts


def main() -> None:
    """Print how many dates go wrong each way."""
    for name, way in (("ours", by_ledger), ("APScheduler", by_cron)):
        found = wrong_dates(way)
        print(
            f"{name:12} {found['dates']} dates: fired twice {found['twice']}, "
            f"never {found['never']}"
        )


if __name__ == "__main__":
    main()
