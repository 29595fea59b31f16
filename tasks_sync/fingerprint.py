"""Recognising a task of ours that Google may have made. Pure: values in, pairs out.

Google takes no id of ours with an insert. When the answer is lost, the task is looked for by what
was sent: list, parent, title, notes and due. The status is left out and the parent only preferred,
because the phone may have ticked the task off or moved it before we look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tasks_sync.canon import canon
from tasks_sync.model import Status

_MARK = "⟦touchbase {op_id}⟧"
_ANY_MARK = re.compile(r"\n?⟦touchbase [^⟧\n]*⟧")


class _Sendable(Protocol):
    @property
    def status(self) -> Status: ...
    @property
    def title(self) -> str: ...
    @property
    def notes(self) -> str: ...
    @property
    def due(self) -> date | None: ...
    @property
    def parent_id(self) -> str | None: ...


class _Found(_Sendable, Protocol):
    @property
    def id(self) -> str: ...
    @property
    def list_id(self) -> str: ...


@dataclass(frozen=True)
class Sent:
    """An insert whose fate is not known; `nonce` is the mark in its notes, in strict mode."""

    op_id: str
    fingerprint: str
    nonce: str | None


@dataclass(frozen=True)
class Pair:
    """This insert made that task."""

    op_id: str
    remote_id: str


def fingerprint(list_id: str, task: _Sendable) -> str:
    """Write what identifies a task of ours at Google; ids are Google's."""
    due = task.due.isoformat() if task.due else None
    words = [canon(task.title), canon(unmarked(task.notes)), due]
    return json.dumps([list_id, task.parent_id, *words, task.status])


def sent_status(fingerprint_: str) -> Status:
    """Read back the status that was sent."""
    return Status(json.loads(fingerprint_)[5])


def mark(op_id: str) -> str:
    """Give the line that strict mode adds to the notes until the task is known."""
    return _MARK.format(op_id=op_id)


def marked(notes: str, nonce: str) -> str:
    """Add the mark to notes."""
    return f"{notes}\n{nonce}" if notes else nonce


def unmarked(notes: str) -> str:
    """Take any mark out of notes."""
    return _ANY_MARK.sub("", notes) if "⟦touchbase " in notes else notes


def pair(sent: Sequence[Sent], found: Iterable[_Found]) -> list[Pair]:
    """Pair inserts with tasks one to one, oldest insert first, same parent before other parent."""
    free = list(found)
    pairs: list[Pair] = []
    waiting = list(sent)
    for same_parent in (True, False):
        for one in list(waiting):
            match = next((task for task in free if made_by(one, task, same_parent)), None)
            if match is not None:
                pairs.append(Pair(one.op_id, match.id))
                free.remove(match)
                waiting.remove(one)
    return pairs


def made_by(sent: Sent, task: _Found, same_parent: bool = False) -> bool:
    """Tell whether a task looks like what was sent."""
    if sent.nonce is not None:
        return sent.nonce in task.notes
    wanted, given = json.loads(sent.fingerprint), json.loads(fingerprint(task.list_id, task))
    if same_parent and wanted[1] != given[1]:
        return False
    return bool(wanted[0] == given[0] and wanted[2:5] == given[2:5])
