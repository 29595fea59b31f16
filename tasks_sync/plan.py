"""Deciding what Google is to be told, and when to stop and ask. Pure: nothing is told here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks_sync.canon import same
from tasks_sync.merge import Content
from tasks_sync.model import UNSET
from tasks_sync.remote import FieldChanges

OVERLAP = timedelta(seconds=120)
"""How far each reading reaches back before the last: Google's times may be whole seconds."""

FULL_EVERY = timedelta(hours=24)
QUIET_AFTER_BREAK = timedelta(seconds=10)
QUIET_AFTER_TIMEOUT = timedelta(seconds=90)
BETWEEN_PROBES = timedelta(seconds=30)
PROBE_REACH = timedelta(minutes=5)
LATE_TWIN = timedelta(minutes=15)
TWIN_WATCH = timedelta(hours=24)
BRAKE_COUNT, BRAKE_SHARE = 10, 0.2
MOST_REFUSALS = 3


def changes_needed(ours: Content, agreed: Content) -> FieldChanges:
    """Give the fields Google must be told so that it says what we say; false when none."""
    status_differs = ours.status != agreed.status
    return FieldChanges(
        title=UNSET if same(ours.title, agreed.title) else ours.title,
        notes=UNSET if same(ours.notes, agreed.notes) else ours.notes,
        due=UNSET if ours.due == agreed.due else ours.due,
        status=ours.status if status_differs else UNSET,
        completed_at=ours.completed_at if status_differs else None,
    )


def brake(gone: int, of: int) -> bool:
    """Tell whether so many removals at once look more like a mishap than a wish."""
    return gone > BRAKE_COUNT and gone > of * BRAKE_SHARE


def full_reading_due(now: datetime, last_full_at: datetime | None) -> bool:
    """Tell whether a list is to be read in full: first, daily, and so after any long absence.

    A day is far below the three months for which Google remembers deletions.
    """
    return last_full_at is None or now - last_full_at >= FULL_EVERY


def suspects(known: Collection[str], shown: Collection[str]) -> set[str]:
    """Give what a full reading did not show. Not deleted: only to be looked at one by one."""
    return set(known) - set(shown)


def quiet_until(now: datetime, *, timed_out: bool) -> datetime:
    """Give when it is safe to look for what an unanswered insert has made."""
    return now + (QUIET_AFTER_TIMEOUT if timed_out else QUIET_AFTER_BREAK)


def probes_wanted(*, timed_out: bool) -> int:
    """Give how often an insert must be found missing before it is sent again."""
    return 2 if timed_out else 1


@dataclass(frozen=True)
class LateCopy:
    """What is known of an insert that was sent again."""

    sent_at: datetime
    probed_at: datetime


def could_be_late(copy: LateCopy, updated: datetime | None) -> bool:
    """Tell whether a look-alike can be the first copy, come after we had looked for it.

    Before the last look it would have been found, and no line is slower than a quarter hour, so a
    task that somebody made with the same words at another time is not mistaken for it.
    """
    if updated is None:
        return False
    a_second = timedelta(seconds=1)
    return copy.probed_at - a_second <= updated <= copy.sent_at + LATE_TWIN
