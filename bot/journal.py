"""What was done, in order: how a repeated message is recognised and how things are undone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import cache
from typing import Any, cast, get_args

from pydantic import TypeAdapter
from sqlmodel import JSON, Column, Field, Session, SQLModel, col, select

from bot.actions import Action, Together
from bot.moments import Moment
from bot.outcomes import Done, Facts

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Action) + get_args(Facts)}


class NothingToUndo(Exception):
    """There is nothing to undo."""


class Entry(SQLModel, table=True):
    """One thing done; `number` gives the order, because two things can share a moment."""

    __tablename__ = "journal"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    at: datetime = Field(sa_type=Moment)
    by_person: bool = True
    name: str
    action: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    undo: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    parts: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))


class Journal:
    """The journal, inside one transaction."""

    def __init__(self, session: Session, *, now: Callable[[], datetime]) -> None:
        self._session, self._now = session, now

    def find(self, key: str) -> Done | None:
        """Give what was done for `key` before, if anything."""
        entry = self._session.exec(select(Entry).where(Entry.key == key)).first()
        return done_of(entry.model_dump()) if entry else None

    def under(self, prefix: str) -> list[tuple[str, Done]]:
        """List what was done under keys that begin so, in order."""
        wanted = select(Entry).where(col(Entry.key).startswith(prefix, autoescape=True))
        entries = self._session.exec(wanted.order_by(col(Entry.number)))
        return [(entry.key, done_of(entry.model_dump())) for entry in entries]

    def record(self, key: str, done: Done, *, by_person: bool) -> None:
        """Write down what was done."""
        packed = pack_done(done)
        self._session.add(Entry(key=key, at=self._now(), by_person=by_person, **packed))

    def last(self) -> Done:
        """Give the last thing that the person had done and that can be taken back."""
        wanted = (
            select(Entry)
            .where(col(Entry.by_person), col(Entry.undo).is_not(None))
            .order_by(col(Entry.number).desc())
            .limit(1)
        )
        entry = self._session.exec(wanted).first()
        if entry is None:
            raise NothingToUndo
        return done_of(entry.model_dump())


def pack_done(done: Done) -> dict[str, Any]:
    """Turn what was done into JSON."""
    return {
        "name": done.name,
        "action": pack(done.action),
        "undo": pack(done.undo) if done.undo else None,
        "facts": pack(done.facts),
        "parts": [pack_done(part) for part in done.parts],
    }


def done_of(packed: dict[str, Any]) -> Done:
    """Turn it back."""
    return Done(
        action=unpack(packed["action"]),
        name=packed["name"],
        undo=unpack(packed["undo"]) if packed["undo"] else None,
        facts=unpack(packed["facts"]),
        parts=tuple(done_of(part) for part in packed["parts"]),
    )


def pack(value: Action | Facts) -> dict[str, Any]:
    """Turn an action or its facts into JSON that still says which kind it is."""
    if isinstance(value, Together):
        return {"Together": [pack(action) for action in value.actions]}
    fields = adapter(cast(Hashable, type(value))).dump_python(value, mode="json")
    return {type(value).__name__: fields}


@cache
def adapter(kind: Hashable) -> TypeAdapter[Any]:
    """Give the reader and writer of one kind; making one costs a millisecond."""
    return TypeAdapter(cast(type[Any], kind))


def unpack(packed: dict[str, Any]) -> Any:  # noqa: ANN401 -- an Action or Facts, by its kind
    """Turn it back."""
    [(kind, fields)] = packed.items()
    if kind == "Together":
        return Together(tuple(unpack(action) for action in fields))
    return adapter(cast(Hashable, KINDS[kind])).validate_python(fields)
