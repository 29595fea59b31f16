"""Telling which program wrote a transcript, and handing it to that reader. Opens no file."""

from __future__ import annotations

import re

from memory.transcripts.chat import read_chat
from memory.transcripts.claude_code import read_claude_code
from memory.transcripts.codex import read_codex
from memory.transcripts.events import Transcript, TranscriptRefused
from memory.transcripts.jsonl import Rows, rows_of, word

SNIFFED_ROWS = 50
CODEX_TYPES = {"session_meta", "response_item", "event_msg", "turn_context", "compacted"}
CODEX_BARE_TYPES = {"message", "function_call", "function_call_output", "reasoning"}
CLAUDE_TYPES = {"user", "assistant", "system", "summary", "progress", "file-history-snapshot"}


def read_transcript(text: str, name: str = "") -> Transcript:
    """Read a chat archive, Claude Code or Codex JSONL, or plain text, told apart by content.

    `name` is only used in the sentence of a refusal. Raises TranscriptRefused for a binary file.
    """
    if "\x00" in text:
        raise TranscriptRefused(f"{name or 'this file'} is binary; give a transcript or a note")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not looks_like_json_lines(text):
        return read_chat(text)
    rows = rows_of(text)
    return read_codex(rows) if is_codex(rows) else read_claude_code(rows)


def looks_like_json_lines(text: str) -> bool:
    """Say whether most of the first lines open a JSON object."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:SNIFFED_ROWS]
    objects = sum(bool(re.match(r"\s*\{\s*\"", line)) for line in lines)
    return objects > 0 and objects * 2 >= len(lines)


def is_codex(rows: Rows) -> bool:
    """Say whether the rows speak Codex (wrapped or the older bare form) and not Claude Code."""
    kinds = [word(row.value, "type") for row in rows.rows[:SNIFFED_ROWS]]
    codex = sum(kind in CODEX_TYPES or kind in CODEX_BARE_TYPES for kind in kinds)
    claude = sum(kind in CLAUDE_TYPES for kind in kinds)
    nested = sum("message" in row.value for row in rows.rows[:SNIFFED_ROWS])
    return codex > claude and codex > nested
