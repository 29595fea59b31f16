"""Reading for how long nothing unasked is wanted: `/pause 2h`, `pause today`, `pause off`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from bot.actions import Pause
from bot.conversation.dates import day_named
from bot.conversation.meaning import Act, Meaning, Unclear
from bot.conversation.situation import Situation
from heartbeat.slots import first_instant

LENGTH = re.compile(r"^(\d{1,3}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)$")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
LONGEST = timedelta(days=60)


def pause(rest: str, situation: Situation) -> Meaning:
    """Want nothing unasked for a while, or again from now on."""
    words = re.sub(r"^(?:for|until|till)\s+(?:the\s+)?", "", rest.casefold().strip(" .!"))
    if words in ("off", "over", "end"):
        return Act(Pause(None))
    until = moment_after(words, situation)
    if until is None:
        return Unclear("Pause for how long? For example: /pause 2h, /pause today, /pause week")
    return Act(Pause(until))


def moment_after(words: str, situation: Situation) -> datetime | None:
    """Give the moment at which a pause ends; a day's name is its first moment."""
    now, zone = situation.now.astimezone(UTC), situation.now.tzinfo
    assert zone is not None, "the moment is in the person's zone"
    if not words:
        return None
    if words in ("today", "the day", "day"):
        return midnight(situation, 1, zone)
    if words in ("week", "a week", "one week"):
        return midnight(situation, 7, zone)
    if found := LENGTH.match(words):
        length = timedelta(minutes=int(found[1]) * MINUTES[found[2][0]])
        return now + length if timedelta(0) < length <= LONGEST else None
    day = day_named(words, situation.today)
    ahead = (day - situation.today).days if day else 0
    return midnight(situation, ahead, zone) if 0 < ahead <= LONGEST.days else None


def midnight(situation: Situation, days: int, zone: tzinfo) -> datetime:
    """Give the first moment of a day to come."""
    return first_instant(situation.today + timedelta(days=days), time(0), zone)
