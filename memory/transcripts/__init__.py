"""Reading what was said and done in a session, whatever program wrote it down. Opens no file."""

from memory.transcripts.events import (
    Compaction,
    Event,
    HumanTurn,
    Reply,
    Skipped,
    Step,
    Todo,
    ToolUse,
    Transcript,
    TranscriptRefused,
)
from memory.transcripts.reading import read_transcript

__all__ = [
    "Compaction",
    "Event",
    "HumanTurn",
    "Reply",
    "Skipped",
    "Step",
    "Todo",
    "ToolUse",
    "Transcript",
    "TranscriptRefused",
    "read_transcript",
]
