"""Reading Claude Code's JSON lines. Side chains and bookkeeping lines are not events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from memory.transcripts.events import (
    Compaction,
    Event,
    HumanTurn,
    Place,
    Reply,
    Skipped,
    Step,
    Todo,
    ToolUse,
    Transcript,
)
from memory.transcripts.jsonl import Json, Row, Rows, inner, moment, objects, text_of, word
from memory.word_lists import word_set

BOOKKEEPING = word_set(
    "summary progress file-history-snapshot system queue-operation last-prompt custom-title "
    "ai-title agent-name mode permission-mode attachment pr-link tag"
)
CONTINUED = "This session is being continued from a previous conversation"
HARNESS = re.compile(
    r"^\s*(?:<(?:command-name|command-message|local-command|bash-input|bash-stdout|bash-stderr|"
    r"user-prompt-submit-hook|task-notification)|Caveat: The messages below|\[Request interrupted)"
)
REMINDER = re.compile(r"<(system-reminder|ide_\w+)>.*?</\1>\s*", re.DOTALL)
WRITERS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
REQUEST_KEYS = ("command", "file_path", "notebook_path", "pattern", "query", "url", "description")
RESULT_CHARS = 4_000


@dataclass
class _Reading:
    events: list[Event] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    unknown: int = 0

    def place(self, row: Row) -> Place:
        value = row.value
        return Place(
            len(self.events) + 1,
            row.line,
            moment(value),
            word(value, "cwd"),
            word(value, "gitBranch"),
        )


def read_claude_code(rows: Rows) -> Transcript:
    """Turn rows into events; a tool result joins the call that it answers."""
    reading = _Reading()
    for row in rows.rows:
        _take(reading, row)
    events = tuple(reading.events)
    first = next((row.value for row in rows.rows if word(row.value, "sessionId")), {})
    return Transcript(
        "claude-code",
        events,
        Skipped(rows.broken, reading.unknown),
        session=word(first, "sessionId"),
        cwd=word(first, "cwd"),
        started=next((e.place.at for e in events if e.place.at), None),
    )


def _take(reading: _Reading, row: Row) -> None:
    kind = word(row.value, "type")
    if row.value.get("isSidechain") is True or kind in BOOKKEEPING:
        return
    match kind:
        case "user":
            _take_user(reading, row)
        case "assistant":
            _take_assistant(reading, row)
        case _:
            reading.unknown += 1


def _take_user(reading: _Reading, row: Row) -> None:
    content = inner(row.value, "message").get("content")
    for block in objects(content):
        if word(block, "type") == "tool_result":
            _pair(reading, block)
    text = REMINDER.sub("", text_of(content)).strip()
    if not text or row.value.get("isMeta") is True or HARNESS.match(text):
        return
    place = reading.place(row)
    if text.startswith(CONTINUED) or row.value.get("isCompactSummary") is True:
        reading.events.append(Compaction(place, text))
    else:
        reading.events.append(HumanTurn(place, text))


def _take_assistant(reading: _Reading, row: Row) -> None:
    content = inner(row.value, "message").get("content")
    text = text_of(content).strip()
    if text:
        reading.events.append(Reply(reading.place(row), text))
    for block in objects(content):
        if word(block, "type") == "tool_use":
            reading.calls[word(block, "id")] = len(reading.events)
            reading.events.append(_tool_use(reading.place(row), block))


def _tool_use(place: Place, block: Json) -> ToolUse:
    tool, asked = word(block, "name"), inner(block, "input")
    request = next((word(asked, key) for key in REQUEST_KEYS if word(asked, key)), "")
    path = word(asked, "file_path") or word(asked, "notebook_path")
    return ToolUse(
        place,
        tool,
        request or json.dumps(asked, ensure_ascii=False)[:200],
        answered=False,
        files=(path,) if path and tool in WRITERS else (),
        todos=tuple(todos_of(asked.get("todos"), "content")),
    )


def todos_of(entries: object, text_key: str) -> list[Todo]:
    """Read a plan; an unknown status counts as pending, so that nothing looks done by mistake."""
    known = {step.value for step in Step}
    return [
        Todo(
            word(entry, text_key),
            Step(word(entry, "status")) if word(entry, "status") in known else Step.PENDING,
        )
        for entry in objects(entries)
        if word(entry, text_key)
    ]


def _pair(reading: _Reading, block: Json) -> None:
    where = reading.calls.get(word(block, "tool_use_id"))
    if where is None:
        reading.unknown += 1
        return
    use = reading.events[where]
    if isinstance(use, ToolUse):
        result = text_of(block.get("content"))[-RESULT_CHARS:]
        failed = block.get("is_error") is True
        reading.events[where] = replace(use, result=result, failed=failed, answered=True)
