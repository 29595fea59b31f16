"""Reading Codex's JSON lines, wrapped and bare. Reasoning and token counts are not events."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from memory.transcripts.claude_code import RESULT_CHARS, todos_of
from memory.transcripts.events import (
    Compaction,
    Event,
    HumanTurn,
    Place,
    Reply,
    Skipped,
    ToolUse,
    Transcript,
)
from memory.transcripts.jsonl import Json, Row, Rows, inner, moment, text_of, word

TEXT_KINDS = frozenset({"input_text", "output_text", "text"})
SILENT_ITEMS = frozenset({"reasoning", "web_search_call", "ghost_snapshot", "compaction"})
HARNESS = re.compile(
    r"^\s*(?:<(?:environment_context|user_instructions|permissions|turn_aborted|INSTRUCTIONS|"
    r"collaboration_mode|skills?_instructions)|# AGENTS\.md instructions)"
)
PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)
EXIT_CODE = re.compile(r"(?:exit code|exited with code):?\s*(\d+)", re.IGNORECASE)


@dataclass
class _Reading:
    events: list[Event] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    session: str = ""
    cwd: str = ""
    branch: str = ""

    def place(self, row: Row) -> Place:
        return Place(len(self.events) + 1, row.line, moment(row.value), self.cwd, self.branch)


def read_codex(rows: Rows) -> Transcript:
    """Turn rows into events; the working folder follows `turn_context`."""
    reading = _Reading()
    for row in rows.rows:
        _take(reading, row)
    events = tuple(reading.events)
    return Transcript(
        "codex",
        events,
        Skipped(rows.broken, reading.unknown),
        session=reading.session,
        cwd=events[0].place.cwd if events else reading.cwd,
        started=next((e.place.at for e in events if e.place.at), None),
    )


def _take(reading: _Reading, row: Row) -> None:
    payload = inner(row.value, "payload")
    match word(row.value, "type"):
        case "session_meta":
            _take_meta(reading, payload)
        case "turn_context":
            reading.cwd = word(payload, "cwd") or reading.cwd
        case "compacted":
            reading.events.append(Compaction(reading.place(row), word(payload, "message")))
        case "event_msg":
            # The same words stand in a response_item; taking both would double every turn.
            return
        case "response_item":
            _take_item(reading, row, payload)
        case "" if "id" in row.value and "timestamp" in row.value:
            _take_meta(reading, row.value)
        case "":
            reading.unknown += "record_type" not in row.value
        case _:
            _take_item(reading, row, row.value)


def _take_meta(reading: _Reading, meta: Json) -> None:
    reading.session = word(meta, "id")
    reading.cwd = word(meta, "cwd") or reading.cwd
    reading.branch = word(inner(meta, "git"), "branch")


def _take_item(reading: _Reading, row: Row, item: Json) -> None:
    match word(item, "type"):
        case "message":
            _take_message(reading, row, item)
        case "function_call" | "custom_tool_call" | "local_shell_call":
            reading.calls[word(item, "call_id")] = len(reading.events)
            reading.events.append(_tool_use(reading.place(row), item))
        case "function_call_output" | "custom_tool_call_output":
            _pair(reading, item)
        case kind if kind not in SILENT_ITEMS:
            reading.unknown += 1


def _take_message(reading: _Reading, row: Row, item: Json) -> None:
    text = text_of(item.get("content"), TEXT_KINDS).strip()
    role = word(item, "role")
    if not text or role not in {"user", "assistant"} or HARNESS.match(text):
        return
    place = reading.place(row)
    reading.events.append(HumanTurn(place, text) if role == "user" else Reply(place, text))


def _tool_use(place: Place, item: Json) -> ToolUse:
    raw = word(item, "arguments") or word(item, "input")
    try:
        parsed = json.loads(raw)
    except ValueError:
        parsed = None
    asked: Json = parsed if isinstance(parsed, dict) else inner(item, "action")
    request = _command(asked) or raw
    return ToolUse(
        place,
        word(item, "name") or "shell",
        request,
        answered=False,
        files=tuple(path.strip() for path in PATCHED.findall(request)),
        todos=tuple(todos_of(asked.get("plan"), "step")),
    )


def _command(asked: Json) -> str:
    command = asked.get("command") or asked.get("cmd")
    if isinstance(command, Sequence) and not isinstance(command, str):
        # `["bash", "-lc", "pytest -q"]`: only the last part was meant.
        return str(command[-1]) if command[:1] in (["bash"], ["sh"], ["zsh"]) else " ".join(command)
    return command if isinstance(command, str) else ""


def _pair(reading: _Reading, item: Json) -> None:
    where = reading.calls.get(word(item, "call_id"))
    use = reading.events[where] if where is not None else None
    if where is None or not isinstance(use, ToolUse):
        reading.unknown += 1
        return
    result, failed = _outcome(item.get("output"))
    reading.events[where] = replace(
        use, result=result[-RESULT_CHARS:], failed=failed, answered=True
    )


def _outcome(output: object) -> tuple[str, bool]:
    if isinstance(output, str):
        try:
            parsed = json.loads(output)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            shown = EXIT_CODE.search(output[:200])
            return output, bool(shown and shown[1] != "0")
        output = parsed
    if not isinstance(output, dict):
        return text_of(output, TEXT_KINDS), False
    code = inner(output, "metadata").get("exit_code")
    text = word(output, "output") or text_of(output.get("content"), TEXT_KINDS)
    return text, code not in (None, 0) or output.get("success") is False
