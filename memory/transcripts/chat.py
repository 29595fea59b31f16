"""Reading chat archives and plain text: `Name: words`, or paragraphs when nobody is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from memory.transcripts.events import Event, HumanTurn, Place, Reply, Transcript
from memory.word_lists import word_set

HEADER = re.compile(r"^# Session: (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC$")
BULLET = re.compile(r"^- \*\*(Session Key|Session ID|Source)\*\*: (.*)$")
TURN = re.compile(
    r"^(?:\[?(?P<at>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?|\d{1,2}:\d\d)(?: ?UTC|Z)?\]?[ -]+)?"
    r"(?P<name>\*{0,2}[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}\*{0,2}): (?P<text>.*)$"
)
ENVELOPE = re.compile(
    r"^\[(?P<channel>[A-Za-z]+) (?P<who>[^\]]*?)"
    r"(?P<at>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2})(?: ?(?P<zone>[A-Z]{1,5}))?\] ?"
)
MESSAGE_ID = re.compile(r"^\[message_id: [^\]]*\]$")
ASSISTANTS = word_set(
    "assistant agent bot ai claude codex chatgpt gpt gemini copilot system touchbase"
)
LABELS = word_set(
    "todo note action question decision http https warning error summary update "
    "re subject from date cc ps fyi ok also next owner due idea tldr"
)
SUMMARY_HEADING = "## Conversation Summary"


@dataclass
class _Turn:
    line: int
    speaker: str
    lines: list[str]
    at: datetime | None


def read_chat(text: str) -> Transcript:
    """Read an archive of section 5.1, any `Name: text` log, or plain paragraphs."""
    lines = text.split("\n")
    started, session, body = _heading(lines)
    turns = _turns(lines, body)
    archive = started is not None
    spoken = {turn.speaker.casefold() for turn in turns}
    if not archive and not _is_dialogue(turns):
        return Transcript("text", tuple(_paragraphs(lines)), started=started)
    listeners = spoken & ASSISTANTS
    events = tuple(
        _event(number, turn, listeners) for number, turn in enumerate(turns, start=1) if turn.lines
    )
    return Transcript("chat", events, session=session, started=started)


def _heading(lines: list[str]) -> tuple[datetime | None, str, int]:
    started: datetime | None = None
    session = ""
    body = 0
    for index, line in enumerate(lines[:20]):
        if header := HEADER.match(line.rstrip()):
            started = _utc(f"{header[1]} {header[2]}")
            body = index + 1
        elif bullet := BULLET.match(line.rstrip()):
            session = bullet[2] if bullet[1] == "Session ID" else session
            body = index + 1
        elif line.strip() == SUMMARY_HEADING:
            body = index + 1
    return started, session, body


def _turns(lines: list[str], start: int) -> list[_Turn]:
    turns: list[_Turn] = []
    for index, line in enumerate(lines[start:], start=start + 1):
        spoken = None if line.startswith((" ", "\t")) else TURN.match(line)
        name = spoken["name"].strip("*") if spoken else ""
        if spoken and name.casefold() not in LABELS:
            turns.append(_turn(index, name, spoken["text"], spoken["at"]))
        elif turns and not MESSAGE_ID.match(line.strip()):
            turns[-1].lines.append(line.strip() if line.startswith("  ") else line.rstrip())
    return turns


def _turn(line: int, speaker: str, text: str, at: str | None) -> _Turn:
    envelope = ENVELOPE.match(text)
    if envelope:
        local = envelope["zone"] not in (None, "UTC", "Z")
        return _Turn(
            line, speaker, [text[envelope.end() :]], None if local else _utc(envelope["at"])
        )
    return _Turn(line, speaker, [text], _utc(at) if at and "-" in at else None)


def _utc(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp.replace("Z", "")).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_dialogue(turns: list[_Turn]) -> bool:
    """One `Word: text` line does not make a conversation; two speakers who return do."""
    speakers = [turn.speaker.casefold() for turn in turns]
    return len(set(speakers)) >= 2 and (
        len(speakers) > len(set(speakers)) or bool(set(speakers) & (ASSISTANTS | {"user"}))
    )


def _event(number: int, turn: _Turn, listeners: set[str]) -> Event:
    text = "\n".join(turn.lines).strip()
    place = Place(number, turn.line, turn.at)
    if turn.speaker.casefold() in listeners:
        return Reply(place, text, turn.speaker)
    return HumanTurn(place, text, turn.speaker)


def _paragraphs(lines: list[str]) -> list[Event]:
    events: list[Event] = []
    start = 0
    for index in range(len(lines) + 1):
        if index < len(lines) and lines[index].strip():
            continue
        words = "\n".join(lines[start:index]).strip()
        if words:
            first = next(i for i in range(start, index) if lines[i].strip())
            events.append(HumanTurn(Place(len(events) + 1, first + 1), words))
        start = index + 1
    return events
