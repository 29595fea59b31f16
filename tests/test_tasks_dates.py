from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tasks_sync.google.wire import read_day, write_day

ZONES = [
    "Etc/GMT+12", "Pacific/Midway", "Pacific/Honolulu", "Pacific/Marquesas", "America/Anchorage",
    "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
    "America/Halifax", "America/St_Johns", "America/Sao_Paulo", "Atlantic/Azores", "Europe/London",
    "Europe/Berlin", "Africa/Cairo", "Asia/Tehran", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Bangkok", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati",
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_due_day_is_the_same_day_there_on_400_days_at_both_ends_of_the_day(zone):
    here = ZoneInfo(zone)
    for number in range(400):
        day = date(2026, 1, 1) + timedelta(days=number)
        for hour, minute in ((0, 0), (0, 30), (23, 30)):
            said = datetime(day.year, day.month, day.day, hour, minute, tzinfo=here)
            # The day the person means is the day on their wall, whatever UTC calls the moment.
            wanted = said.astimezone(UTC).astimezone(here).date() + timedelta(days=1)
            text = write_day(wanted)
            assert text == f"{wanted:%Y-%m-%d}T00:00:00.000Z"
            assert read_day(text) == wanted


def test_there_are_27_zones():
    assert len(set(ZONES)) == 27


@pytest.mark.parametrize("text", [None, "", "soon", "2026-13-40T00:00:00.000Z", 7])
def test_a_due_day_that_is_none_is_read_as_none(text):
    assert read_day(text) is None
