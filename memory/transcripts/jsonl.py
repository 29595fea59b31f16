"""Rows of a JSON-lines file and typed looks into them. A broken line is counted, never fatal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# Half of a surrogate pair is valid JSON, but no text that can be written anywhere.
HALF_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
Json = Mapping[str, object]
NOTHING: Json = {}


@dataclass(frozen=True)
class Row:
    """One object and the line that it stood on, counted from 1."""

    line: int
    value: Json


@dataclass(frozen=True)
class Rows:
    """All objects of a file, and how many lines were not objects."""

    rows: tuple[Row, ...]
    broken: int


def rows_of(text: str) -> Rows:
    """Parse each line alone, so that one torn line costs only itself."""
    rows: list[Row] = []
    broken = 0
    for line, source in enumerate(text.split("\n"), start=1):
        if not source.strip():
            continue
        try:
            value = json.loads(HALF_CHARACTER.sub(r"\\ufffd", source))
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            rows.append(Row(line, value))
        else:
            broken += 1
    return Rows(tuple(rows), broken)


def word(value: Json, key: str) -> str:
    """Give the string under `key`, or an empty one."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def inner(value: Json, key: str) -> Json:
    """Give the object under `key`, or an empty one."""
    found = value.get(key)
    return found if isinstance(found, dict) else NOTHING


def objects(value: object) -> Iterator[Json]:
    """Give the objects of a list and pass over everything else."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (item for item in value if isinstance(item, dict))


def moment(value: Json, key: str = "timestamp") -> datetime | None:
    """Read an ISO 8601 time as aware; a time without offset counts as UTC."""
    try:
        at = datetime.fromisoformat(word(value, key))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def text_of(content: object, kinds: frozenset[str] = frozenset({"text"})) -> str:
    """Join the text blocks of a message content, which may also be one plain string."""
    if isinstance(content, str):
        return content
    return "\n".join(word(b, "text") for b in objects(content) if word(b, "type") in kinds)
