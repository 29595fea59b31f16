from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartbeat.slots import (
    Daily,
    Hours,
    Mark,
    Missed,
    Once,
    Purpose,
    Slot,
    daily_slot,
    default_jobs,
    due_slots,
    first_instant,
    next_slot,
)

NEW_YORK, VIENNA = ZoneInfo("America/New_York"), ZoneInfo("Europe/Vienna")
FIRST, LAST = date(2024, 1, 1), date(2032, 12, 31)
TRICKY = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Asuncion",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Kiritimati",
    "UTC",
]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BRIEFING = Daily("briefing", Purpose.BRIEFING, time(7, 15), time(11, 0))


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def first_reading(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first minute at which a clock on the wall reads `at` or later on that day."""
    target = datetime.combine(day, at)
    instant = target.replace(tzinfo=UTC) - timedelta(hours=15)
    while wall(instant + timedelta(hours=3), zone) < target - timedelta(hours=4):
        instant += timedelta(hours=3)
    while wall(instant, zone) < target:
        instant += MINUTE
    return instant


def changes_near(day: date, zone: ZoneInfo) -> bool:
    noon = datetime.combine(day, time(12), UTC)
    return (
        len({(noon + DAY * ahead).astimezone(zone).utcoffset() for ahead in (-2, -1, 0, 1, 2)}) > 1
    )


def changing_days(zone: ZoneInfo) -> list[date]:
    noons = [datetime.combine(FIRST, time(12), UTC) + DAY * n for n in range((LAST - FIRST).days)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    return [
        noons[n].date() + DAY * around
        for n in range(1, len(noons))
        if offsets[n] != offsets[n - 1]
        for around in (-1, 0)
    ]


def fired(job: Daily, zone: ZoneInfo, start: datetime, ticks: int, step: timedelta) -> list[str]:
    """Tick through time as the clock does, and list the keys that came due or were missed."""
    mark, keys = Mark(start), []
    for tick in range(ticks):
        now = start + tick * step
        for owed in due_slots([job], now=now, timezone=zone, last_ended={job.id: mark}):
            slot = owed.slot if isinstance(owed, Missed) else owed
            keys.append(slot.key)
            mark = Mark(mark.since, slot.key)
    return keys


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(TRICKY),
    st.dates(FIRST, LAST),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_a_daily_moment_is_the_first_at_which_the_wall_clock_reads_it(name, day, at):
    zone = ZoneInfo(name)
    assert first_instant(day, at, zone) == first_reading(day, at, zone)


@pytest.mark.parametrize("name", TRICKY)
def test_each_local_date_fires_once_in_zones_that_jump_oddly(name):
    zone = ZoneInfo(name)
    for day in changing_days(zone)[:6] or [date(2026, 7, 1)]:
        start = datetime.combine(day, time(0), UTC) - 2 * DAY
        for at in (time(0), time(1, 30), time(2, 30), time(23, 30)):
            keys = fired(Daily("j", Purpose.REVIEW, at), zone, start, 5 * 48, timedelta(minutes=30))
            wanted = sorted(set(keys))
            assert keys == wanted
            assert len(keys) in (4, 5, 6)
            assert all(
                date.fromisoformat(b) - date.fromisoformat(a) == DAY for a, b in pairwise(keys)
            )


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_every_zone_has_one_moment_for_each_local_date_from_2024_to_2032(name):
    zone = ZoneInfo(name)
    times = (time(0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(7, 15), time(23, 30))
    jobs = [Daily(f"{at}", Purpose.BRIEFING, at) for at in times]
    before: dict[str, datetime] = {}
    for ahead in range((LAST - FIRST).days + 1):
        day = FIRST + DAY * ahead
        near = changes_near(day, zone)
        for job in jobs:
            slot = daily_slot(job, day, zone)
            assert slot is not None
            assert slot.planned_at > before.get(job.id, datetime.min.replace(tzinfo=UTC))
            before[job.id] = slot.planned_at
            expected = datetime.combine(day, job.at)
            if near:
                assert slot.planned_at == first_reading(day, job.at, zone)
            else:
                assert wall(slot.planned_at, zone) == expected
            assert slot.closes_at is not None
            assert slot.closes_at > slot.planned_at


def test_a_time_that_the_clock_skips_falls_on_the_first_minute_that_exists():
    assert first_instant(date(2026, 3, 8), time(2, 30), NEW_YORK) == datetime(
        2026, 3, 8, 7, tzinfo=UTC
    )


def test_a_time_that_the_clock_reads_twice_is_meant_the_first_time():
    assert first_instant(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )
    start = datetime(2026, 10, 31, 12, tzinfo=UTC)
    job = Daily("j", Purpose.REVIEW, time(1, 30))
    assert fired(job, NEW_YORK, start, 36, timedelta(hours=1)) == ["2026-11-01"]


def test_a_date_that_the_zone_left_out_has_no_slot():
    apia = ZoneInfo("Pacific/Apia")
    assert daily_slot(BRIEFING, date(2011, 12, 30), apia) is None
    start = datetime(2011, 12, 28, tzinfo=UTC)
    assert fired(BRIEFING, apia, start, 84, timedelta(hours=1)) == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
    ]


def test_a_grace_that_a_jump_swallows_keeps_its_length():
    slot = daily_slot(
        Daily("j", Purpose.CHECK_IN, time(2, 10), time(2, 40)), date(2026, 3, 8), NEW_YORK
    )
    assert slot is not None
    assert slot.closes_at == slot.planned_at + timedelta(minutes=30)


def test_a_first_start_owes_nothing_of_the_past_and_the_next_moment_in_full():
    now = datetime(2026, 2, 19, 9, 0, tzinfo=UTC)
    jobs = default_jobs(Hours())
    marks = {job.id: Mark(now) for job in jobs}
    assert due_slots(jobs, now=now, timezone=UTC, last_ended=marks) == ()
    assert due_slots(jobs, now=now, timezone=UTC, last_ended={}) == ()
    later = due_slots(jobs, now=now + timedelta(hours=4), timezone=UTC, last_ended=marks)
    assert [slot.job_id for slot in later if isinstance(slot, Slot)] == ["check-in-1"]


OFFLINE = [
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(days=7),
]


@pytest.mark.parametrize("away", OFFLINE, ids=str)
@pytest.mark.parametrize(
    "asleep_from", [time(0, 30), time(7, 14), time(12, 59), time(21, 29), time(23, 59)]
)
def test_after_a_sleep_each_slot_is_caught_up_inside_its_grace_or_named_as_missed(
    away, asleep_from
):
    begin = datetime.combine(date(2026, 2, 18), asleep_from, VIENNA).astimezone(UTC)
    now = begin + away
    jobs = [job for job in default_jobs(Hours()) if isinstance(job, Daily)]
    marks = {job.id: Mark(begin) for job in jobs}
    owed = due_slots(jobs, now=now, timezone=VIENNA, last_ended=marks)
    planned = {
        (job.id, slot.key): slot
        for job in jobs
        for ahead in range(10)
        if (slot := daily_slot(job, date(2026, 2, 17) + DAY * ahead, VIENNA))
        and begin <= slot.planned_at <= now
    }
    found = {(slot.job_id, slot.key) for one in owed for slot in [getattr(one, "slot", one)]}
    assert found == set(planned)
    assert len(owed) == len(found)
    for one in owed:
        if isinstance(one, Missed):
            assert one.slot.closes_at <= now
            assert "nothing was running" in one.reason
        else:
            assert one.closes_at > now
    assert sum(1 for one in owed if isinstance(one, Slot)) <= len(jobs)


def test_the_briefing_is_made_up_for_until_eleven_and_the_review_on_the_same_date_only():
    def owed(hour: int, minute: int, day: int = 19) -> dict[str, type]:
        now = datetime(2026, 2, day, hour, minute, tzinfo=VIENNA).astimezone(UTC)
        since = datetime(2026, 2, 19, 6, 0, tzinfo=VIENNA).astimezone(UTC)
        jobs = [job for job in default_jobs(Hours(check_ins_at=())) if isinstance(job, Daily)]
        marks = {job.id: Mark(since) for job in jobs}
        found = due_slots(jobs, now=now, timezone=VIENNA, last_ended=marks)
        return {getattr(one, "slot", one).job_id: type(one) for one in found}

    assert owed(10, 59) == {"briefing": Slot}
    assert owed(11, 0) == {"briefing": Missed}
    assert owed(23, 59)["review"] is Slot
    assert owed(0, 0, day=20)["review"] is Missed


def plan_of(day: date, hours: Hours) -> list[str]:
    """List a date's slots with their times, as the person would see them."""
    jobs = [job for job in default_jobs(hours) if isinstance(job, Daily)]
    slots = sorted(
        (slot.planned_at, job.id) for job in jobs if (slot := daily_slot(job, day, VIENNA))
    )
    return [f"{at.astimezone(VIENNA):%H:%M} {name}" for at, name in slots]


FRIDAY = date(2026, 2, 20)
USUAL = ["07:15 briefing", "13:00 check-in-1", "18:30 check-in-2", "21:30 review"]


def test_at_weekends_midday_is_quiet_and_sunday_looks_back():
    saturday = ["07:15 briefing", "18:30 check-in-2", "21:30 review"]
    assert plan_of(FRIDAY, Hours()) == USUAL
    assert plan_of(FRIDAY + DAY, Hours()) == saturday
    assert plan_of(FRIDAY + 2 * DAY, Hours()) == [saturday[0], "18:00 weekly", *saturday[1:]]
    assert plan_of(FRIDAY + 3 * DAY, Hours()) == USUAL


def test_the_briefing_can_come_later_at_weekends_but_not_past_midnight():
    later = timedelta(hours=2)
    assert plan_of(FRIDAY, Hours(weekend_later=later)) == USUAL
    assert plan_of(FRIDAY + DAY, Hours(weekend_later=later))[0] == "09:15 weekend-briefing"
    late = Hours(briefing_at=time(23, 0), weekend_later=later)
    assert plan_of(FRIDAY + DAY, late)[-1] == "23:00 briefing"


def test_weekends_can_be_as_other_days():
    same = Hours(weekend_midday=True, weekly_at=None)
    assert [plan_of(FRIDAY + DAY * ahead, same) for ahead in range(3)] == [USUAL] * 3


def test_a_reminder_is_owed_however_late_and_says_by_how_much():
    at = datetime(2026, 2, 1, 15, 0, tzinfo=UTC)
    now = at + timedelta(days=6, hours=2)
    job = Once("reminder:1", Purpose.REMINDER, at)
    (slot,) = due_slots([job], now=now, timezone=VIENNA, last_ended={})
    assert isinstance(slot, Slot)
    assert slot.late_by(now) == timedelta(days=6, hours=2)
    assert due_slots([job], now=now, timezone=VIENNA, last_ended={job.id: Mark(at, slot.key)}) == ()


def test_moving_to_another_zone_or_another_time_does_not_say_the_same_date_twice():
    tokyo, honolulu = ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Honolulu")
    since = datetime(2026, 2, 18, tzinfo=UTC)
    done = Mark(since, "2026-02-19")
    now = datetime(2026, 2, 19, 18, 0, tzinfo=UTC)
    assert due_slots([BRIEFING], now=now, timezone=honolulu, last_ended={"briefing": done}) == ()
    moved = Daily("briefing", Purpose.BRIEFING, time(9), time(23))
    assert due_slots([moved], now=now, timezone=UTC, last_ended={"briefing": done}) == ()
    (next_day,) = due_slots(
        [BRIEFING], now=now + timedelta(hours=5), timezone=tokyo, last_ended={"briefing": done}
    )
    assert isinstance(next_day, Slot)
    assert next_day.key == "2026-02-20"


def test_a_clock_set_back_owes_nothing_again_and_one_set_forward_recovers():
    since = datetime(2026, 2, 19, 0, 0, tzinfo=UTC)
    done = {"briefing": Mark(since, "2026-02-20")}
    for hour in range(48):
        now = since + timedelta(hours=hour)
        assert due_slots([BRIEFING], now=now, timezone=UTC, last_ended=done) == ()
    assert due_slots([BRIEFING], now=since + timedelta(hours=56), timezone=UTC, last_ended=done)


def test_the_next_slot_comes_after_now_for_every_kind_of_job():
    now = datetime(2026, 2, 19, 7, 15, tzinfo=UTC)
    hours = Hours(weekend_later=timedelta(hours=2))
    slots = [next_slot(job, after=now, timezone=UTC) for job in default_jobs(hours)]
    assert [(slot.job_id, slot.planned_at - now) for slot in slots if slot] == [
        ("briefing", DAY),
        ("weekend-briefing", timedelta(days=2, hours=2)),
        ("check-in-1", timedelta(hours=5, minutes=45)),
        ("check-in-2", timedelta(hours=11, minutes=15)),
        ("weekly", timedelta(days=3, hours=10, minutes=45)),
        ("review", timedelta(hours=14, minutes=15)),
    ]
    assert next_slot(Once("r", Purpose.REMINDER, now), after=now, timezone=UTC) is None


def test_a_job_whose_grace_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="must come after"):
        Daily("j", Purpose.REVIEW, time(9), time(9))


@pytest.mark.parametrize("at", [time(0), time(6), time(10, 59), time(11), time(20), time(23, 59)])
def test_any_settable_briefing_time_makes_a_job_with_a_grace(at):
    (briefing,) = [
        job
        for job in default_jobs(Hours(briefing_at=at, check_ins_at=(at,)))
        if job.id == "briefing"
    ]
    slot = daily_slot(briefing, date(2026, 2, 19), UTC)
    assert slot is not None
    assert slot.closes_at > slot.planned_at
