"""Days and moments in words. Nothing here reads the clock: `today` and `now` are given."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
PARTS_OF_DAY = {
    "morning": time(9),
    "noon": time(12),
    "lunch": time(12),
    "afternoon": time(15),
    "evening": time(18),
    "tonight": time(20),
    "night": time(20),
}

_weekday = "|".join(f"{name}|{name[:3]}" for name in WEEKDAYS) + "|tues|wednes|thur|thurs"
_month = "|".join(f"{name}|{name[:3]}" for name in MONTHS) + "|sept"
_count = r"\d{1,3}|" + "|".join(NUMBERS)

DAY = rf"""(?:
    today | tonight | tomorrow | the\ day\ after\ tomorrow
  | (?:next\ |this\ |coming\ )?(?:{_weekday})
  | next\ week | next\ month | (?:this\ |the\ )?weekend
  | in\ (?:{_count})\ (?:days?|weeks?)
  | \d{{4}}-\d{{2}}-\d{{2}}
  | (?:the\ )?\d{{1,2}}(?:st|nd|rd|th)?\.?\ (?:of\ )?(?:{_month})
  | (?:{_month})\ \d{{1,2}}(?:st|nd|rd|th)?
)"""
AT_THE_END = re.compile(
    rf"^(?P<rest>.*?\S)\s+(?:(?:by|on|due|for|until|before|due\s+on|due\s+by)\s+)?(?P<day>{DAY})"
    rf"(?:\ (?:morning|afternoon|evening|night))?[.!]?$",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
AT_THE_START = re.compile(
    rf"^(?:by\ |on\ )?(?P<day>{DAY})\s*[:,]?\s+(?P<rest>\S.*)$",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
CLOCK = re.compile(r"^(?:at )?(\d{1,2})(?:[:.](\d{2}))? ?(am|pm|h)?$", re.IGNORECASE)
WAIT = re.compile(rf"^in ({_count}|half an?) ?(m|min|mins|minutes?|h|hours?)$", re.IGNORECASE)


def day_named(words: str, today: date) -> date | None:
    """Give the day that `words` name, seen from `today`; None when they name none.

    A weekday is the next one after today; a day of a month is the next such day.
    """
    said = " ".join(words.casefold().split())
    if said in ("today", "tonight"):
        return today
    if said == "tomorrow":
        return today + timedelta(days=1)
    if said == "the day after tomorrow":
        return today + timedelta(days=2)
    if said.endswith("weekend"):
        return today + timedelta(days=(5 - today.weekday()) % 7)
    if said == "next week":
        return today + timedelta(days=7 - today.weekday())
    if said == "next month":
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return counted_day(said, today) or weekday_named(said, today) or calendar_day(said, today)


def counted_day(said: str, today: date) -> date | None:
    """Read `in 3 days`, `in two weeks`."""
    found = re.fullmatch(rf"in ({_count}) (day|week)s?", said)
    if not found:
        return None
    count = NUMBERS.get(found[1]) or int(found[1])
    return today + timedelta(days=count * (7 if found[2] == "week" else 1))


def weekday_named(said: str, today: date) -> date | None:
    """Read `friday`, `next fri`: the first such day after today."""
    name = said.split()[-1]
    for number, weekday in enumerate(WEEKDAYS):
        if len(name) >= 3 and weekday.startswith(name):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def calendar_day(said: str, today: date) -> date | None:
    """Read `2026-12-03`, `3 december`, `dec 3rd`: the next such day from today on."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said):
        try:
            return date.fromisoformat(said)
        except ValueError:
            return None
    number = re.search(r"\d{1,2}", said)
    month = re.search(rf"\b({_month})\b", said)
    if not number or not month:
        return None
    which = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(month[1][:3]))
    for year in (today.year, today.year + 1):
        try:
            day = date(year, which, int(number[0]))
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def split_due(text: str, today: date) -> tuple[str, date | None]:
    """Take the day off a task's words: `call mum by friday` is `call mum` and a date."""
    for pattern in (AT_THE_END, AT_THE_START):
        found = pattern.match(text)
        if found and (day := day_named(found["day"], today)):
            return found["rest"].strip(" ,:"), day
    return text, None


def moment_named(words: str, now: datetime) -> datetime | None:
    """Give the moment that `words` name, in the zone of `now`; None when they name none.

    A bare clock time is its next occurrence; a bare day is nine in the morning.
    """
    said = " ".join(words.casefold().replace(",", " ").split())
    if wait := WAIT.match(said):
        return now + waited(wait[1], wait[2])
    if clock := clock_named(said):
        at = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)
    day, clock = day_and_clock(said, now.date())
    if day is None:
        return None
    return datetime.combine(day, clock, tzinfo=now.tzinfo)


def waited(count: str, unit: str) -> timedelta:
    """Read `20` and `min`, `half an` and `hour`."""
    number = 0.5 if count.startswith("half") else NUMBERS.get(count) or int(count)
    return timedelta(hours=number) if unit.startswith("h") else timedelta(minutes=number)


def clock_named(said: str) -> time | None:
    """Read `15:00`, `at 9`, `7pm`, `noon`, `tonight`."""
    bare = said.removeprefix("at ").removeprefix("in the ").removeprefix("this ")
    if bare in PARTS_OF_DAY:
        return PARTS_OF_DAY[bare]
    found = CLOCK.match(said)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").casefold()
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def day_and_clock(said: str, today: date) -> tuple[date | None, time]:
    """Read `tomorrow at 9`, `friday morning`, `on monday 15:00`."""
    words = said.removeprefix("on ").split()
    for cut in range(len(words), 0, -1):
        day = day_named(" ".join(words[:cut]), today)
        rest = " ".join(words[cut:])
        clock = clock_named(rest) if rest else time(9)
        if day and clock:
            return day, clock
    return None, time(9)
