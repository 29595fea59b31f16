"""Deciding what a task should be when both sides may have changed it. Pure: nothing is touched.

For each task there are three versions: what was last agreed, what is here, what is there. A field
that one side changed is taken from that side. When both changed it differently:

* title, due   the later change wins, by Google's clock; a tie or an unknown time goes to Google
* notes        merged line by line; where lines clash, as for the title
* status       a completion made after our reopening wins; otherwise what the person did here
* place        Google's, unless the move here is later
* hidden       Google's, unless completed tasks were cleared here and Google is not told yet
* deleted there, edited here    the edit wins: the task is made anew, and the person is told
* deleted there, untouched (or only ticked off) here    deleted here too
* deleted here, edited there    the later of the two wins; a return is told
* deleted here, untouched (or only ticked off) there    deleted there too
* deleted on both sides         nothing to do
* deleted there by us, taken back here since    made anew (`Mirror.absorb` knows what was sent)

Whatever loses is given as `Lost`, so that it can be brought back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import SequenceMatcher
from enum import Enum, auto
from itertools import pairwise
from typing import TypeVar

from tasks_sync.canon import same
from tasks_sync.model import Status

Value = TypeVar("Value", str, date | None)


@dataclass(frozen=True)
class Content:
    """What a task says."""

    title: str
    notes: str
    due: date | None
    status: Status
    completed_at: datetime | None


@dataclass(frozen=True)
class Spot:
    """The list and the parent that a task stands in; ids are ours."""

    list_id: str
    parent_id: str | None


@dataclass(frozen=True)
class There:
    """A task as Google shows it, now or when last agreed."""

    content: Content
    spot: Spot
    hidden: bool
    deleted: bool
    updated: datetime | None


@dataclass(frozen=True)
class Edits:
    """When each field was changed here, by Google's clock; None when it was not."""

    title: datetime | None = None
    notes: datetime | None = None
    due: datetime | None = None
    status: datetime | None = None
    place: datetime | None = None


@dataclass(frozen=True)
class Here:
    """A task as it is here; `deleted_at` by Google's clock."""

    content: Content
    spot: Spot
    hidden: bool
    deleted_at: datetime | None
    edits: Edits
    clearing: bool = False


class Fate(Enum):
    """What becomes of the task as a whole."""

    KEEP = auto()
    DELETE_HERE = auto()
    DELETE_THERE = auto()
    GONE = auto()
    RESTORE_HERE = auto()
    MAKE_ANEW = auto()


@dataclass(frozen=True)
class Lost:
    """A value that was overwritten; `side` is "here" or "there"."""

    field: str
    lost: str
    kept: str
    side: str


@dataclass(frozen=True)
class Merged:
    """What the task should be here."""

    fate: Fate
    content: Content
    spot: Spot
    hidden: bool
    lost: tuple[Lost, ...] = ()


def merge(base: There, here: Here, there: There) -> Merged:
    """Bring three versions of a task to one."""
    if there.deleted:
        return _deleted_there(base, here)
    if here.deleted_at is not None:
        return _deleted_here(base, here, there)
    content, lost = _contents(base, here, there)
    spot, lost_spot = _spots(base, here, there)
    hidden = here.hidden if here.clearing else there.hidden
    return Merged(
        Fate.KEEP,
        content,
        spot,
        hidden and content.status is Status.COMPLETED,
        (*lost, *lost_spot),
    )


def same_content(one: Content, other: Content) -> bool:
    """Tell whether two contents differ in nothing that would have to be sent."""
    return (
        same(one.title, other.title)
        and same(one.notes, other.notes)
        and (one.due, one.status) == (other.due, other.status)
    )


def _deleted_there(base: There, here: Here) -> Merged:
    if here.deleted_at is not None:
        return Merged(Fate.GONE, here.content, here.spot, here.hidden)
    # A move alone keeps nothing alive: there is no text of the person's in it.
    fate = Fate.DELETE_HERE if _only_ticked_off(base, here.content) else Fate.MAKE_ANEW
    return Merged(fate, here.content, here.spot, here.hidden)


def _deleted_here(base: There, here: Here, there: There) -> Merged:
    assert here.deleted_at is not None
    untouched = _only_ticked_off(base, there.content) and not base.deleted
    merged = merge(base, replace(here, deleted_at=None), there)
    if untouched or (there.updated is not None and there.updated < here.deleted_at):
        # What it says is kept up to date all the same, for the day it is brought back.
        lost = () if untouched else (_lost("task", there.content.title, "deleted", "there"),)
        return replace(merged, fate=Fate.DELETE_THERE, lost=lost)
    lost_deletion = _lost("task", "deleted", there.content.title, "here")
    return replace(merged, fate=Fate.RESTORE_HERE, lost=(*merged.lost, lost_deletion))


def _only_ticked_off(base: There, content: Content) -> bool:
    """Tell whether nothing was changed but that the task was done, if that."""
    ticked_off = replace(base.content, status=Status.COMPLETED)
    return same_content(content, base.content) or same_content(content, ticked_off)


def _contents(base: There, here: Here, there: There) -> tuple[Content, tuple[Lost, ...]]:
    was, ours, theirs, edits = base.content, here.content, there.content, here.edits
    title, lost_title = _field("title", was.title, ours.title, theirs.title, edits.title, there)
    due, lost_due = _field("due", was.due, ours.due, theirs.due, edits.due, there)
    notes, lost_notes = _notes(was.notes, ours.notes, theirs.notes, edits.notes, there)
    status, lost_status = _status(was, ours, theirs, edits.status)
    content = Content(title, notes, due, status.status, status.completed_at)
    return content, (*lost_title, *lost_due, *lost_notes, *lost_status)


def _field(
    name: str, was: Value, ours: Value, theirs: Value, edited: datetime | None, there: There
) -> tuple[Value, tuple[Lost, ...]]:
    if _equal(ours, was) or _equal(ours, theirs):
        return theirs, ()
    if _equal(theirs, was):
        return ours, ()
    if _later(edited, there.updated):
        return ours, (_lost(name, theirs, ours, "there"),)
    return theirs, (_lost(name, ours, theirs, "here"),)


def _notes(
    was: str, ours: str, theirs: str, edited: datetime | None, there: There
) -> tuple[str, tuple[Lost, ...]]:
    if not (_equal(ours, was) or _equal(theirs, was) or _equal(ours, theirs)):
        merged = merge_lines(was, ours, theirs)
        if merged is not None:
            return merged, ()
    return _field("notes", was, ours, theirs, edited, there)


def _status(
    was: Content, ours: Content, theirs: Content, edited: datetime | None
) -> tuple[Content, tuple[Lost, ...]]:
    again = theirs.status is Status.COMPLETED and theirs.completed_at != was.completed_at
    theirs_changed = theirs.status != was.status or again
    if ours.status == was.status or ours.status == theirs.status:
        return theirs, ()
    if not theirs_changed:
        return ours, ()
    # Completed before, reopened here, completed there once more.
    if _later(edited, theirs.completed_at):
        return ours, (_lost("status", theirs.status, ours.status, "there"),)
    return theirs, (_lost("status", ours.status, theirs.status, "here"),)


def _spots(base: There, here: Here, there: There) -> tuple[Spot, tuple[Lost, ...]]:
    was, ours, theirs = base.spot, here.spot, there.spot
    if ours in (was, theirs):
        return theirs, ()
    if theirs == was:
        return ours, ()
    if _later(here.edits.place, there.updated):
        return ours, (_lost("place", _words(theirs), _words(ours), "there"),)
    return theirs, (_lost("place", _words(ours), _words(theirs), "here"),)


def _words(spot: Spot) -> str:
    return f"{spot.list_id}/{spot.parent_id or ''}"


def _equal(one: str | date | None, other: str | date | None) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return same(one, other)
    return one == other


def _later(edited: datetime | None, updated: datetime | None) -> bool:
    return edited is not None and updated is not None and edited > updated


def _lost(field: str, lost: str | date | None, kept: str | date | None, side: str) -> Lost:
    return Lost(field, _text(lost), _text(kept), side)


def _text(value: str | date | None) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def merge_lines(was: str, ours: str, theirs: str) -> str | None:
    """Merge two edits of one text line by line; None when they touch the same lines."""
    before = was.splitlines()
    edits = [*_edits(before, ours.splitlines()), *_edits(before, theirs.splitlines())]
    edits = sorted(set(edits))
    for one, other in pairwise(edits):
        # Touching edits clash too: which of two lines added at one spot comes first is a guess.
        if other[0] < one[1] or (other[0] == one[1] and _touching(one, other)):
            return None
    merged: list[str] = []
    at = 0
    for start, end, lines in edits:
        merged += before[at:start]
        merged += lines
        at = end
    return "\n".join([*merged, *before[at:]])


def _touching(
    one: tuple[int, int, tuple[str, ...]], other: tuple[int, int, tuple[str, ...]]
) -> bool:
    return one[0] == other[0] or other[0] == other[1] or one[0] == one[1]


def _edits(before: list[str], after: list[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    steps = SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    return [(i1, i2, tuple(after[j1:j2])) for tag, i1, i2, j1, j2 in steps if tag != "equal"]
