"""Reading the day that a line names. Whatever is not plainly a day is left alone."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = tuple(name.lower() for name in calendar.month_name)
WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b"
MONTH = (
    r"\b(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
LEAD = r"\b(?:(?:by|due|until|before|on|for|deadline:?)\s+)?(?:the\s+)?"


@dataclass(frozen=True)
class Due:
    """A day and the words that named it."""

    day: date
    words: str


def due_in(text: str, today: date) -> Due | None:
    """Give the first day that a line names; "Friday" is the next one, today included never."""
    for pattern, read in READERS:
        found = pattern.search(text)
        day = read(found, today) if found else None
        if found and day:
            return Due(day, found[0].strip())
    return None


def _iso(found: re.Match[str], _: date) -> date | None:
    try:
        return date.fromisoformat(found["iso"])
    except ValueError:
        return None


def _near(found: re.Match[str], today: date) -> date:
    word = found["near"].lower()
    return today + timedelta(days=1 if word == "tomorrow" else 0)


def _in_days(found: re.Match[str], today: date) -> date:
    number = {"a": 1, "one": 1, "two": 2, "three": 3}.get(found["count"].lower())
    count = number or int(found["count"])
    return today + timedelta(days=count * (7 if found["unit"].lower() == "week" else 1))


def _end_of(found: re.Match[str], today: date) -> date:
    if found["end"].lower() == "week":
        return today + timedelta(days=(4 - today.weekday()) % 7)
    return today.replace(day=calendar.monthrange(today.year, today.month)[1])


def _month_day(found: re.Match[str], today: date) -> date | None:
    month = _starting(MONTHS, found["month"])
    try:
        day = date(int(found["year"] or today.year), month, int(found["day"]))
    except ValueError:
        return None
    past = not found["year"] and day < today
    return day.replace(year=day.year + 1) if past and (month, day.day) != (2, 29) else day


def _weekday(found: re.Match[str], today: date) -> date:
    wanted = _starting(WEEKDAYS, found["weekday"])
    ahead = (wanted - today.weekday()) % 7 or 7
    if (found["next"] or "").lower() == "next" and today.weekday() + ahead < 7:
        ahead += 7
    return today + timedelta(days=ahead)


def _starting(names: tuple[str, ...], short: str) -> int:
    return next(n for n, name in enumerate(names) if name and name.startswith(short[:3].lower()))


Reader = Callable[[re.Match[str], date], date | None]
YEAR = r"\b(?:,? (?P<year>\d{4}))?"
MONTH_FIRST = MONTH + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?" + YEAR
DAY_FIRST = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? " + MONTH + YEAR
COUNTED = r"\bin (?P<count>a|one|two|three|\d{1,2}) (?P<unit>day|week)s?\b"
END_OF = r"(?:end of|eo)\s*(?:the |this )?(?P<end>week|month)\b"
READERS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(LEAD + r"(?P<iso>\d{4}-\d\d-\d\d)\b", re.I), _iso),
    (re.compile(LEAD + MONTH_FIRST, re.I), _month_day),
    (re.compile(LEAD + DAY_FIRST, re.I), _month_day),
    (re.compile(LEAD + r"(?P<near>today|tonight|tomorrow)\b", re.I), _near),
    (re.compile(COUNTED, re.I), _in_days),
    (re.compile(LEAD + END_OF, re.I), _end_of),
    (re.compile(LEAD + r"(?:(?P<next>next|this) )?\b" + WEEKDAY, re.I), _weekday),
)
