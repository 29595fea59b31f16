"""How sessions end and how lines and notes are kept."""

from __future__ import annotations

from bot.actions import DropNote, EndSession, Forget, Remember, TakeNote
from bot.door import Job
from bot.outcomes import Done, NoteFacts, SessionFacts
from memory.writes import Written

ASSISTANT, PERSON, CHAT = "touchbase", "me", "chat"


def facts_of(written: Written) -> NoteFacts:
    return NoteFacts(written.path, written.line)


def end_session(action: EndSession, job: Job) -> Done:
    """End and archive; an archive that cannot be written now is written at the next start."""
    sitting = job.writers.sittings.end(action.session_id, action.reason)
    turns = job.writers.words.turns(sitting.id)
    archive = job.writers.words.archive(sitting.id, action.reason)
    place = job.writers.vault.name(archive) if archive else None
    if place:
        name = place.rsplit("/", 1)[-1].removesuffix(".md")
        line = f"Session ended: {len(turns)} turns, [[{name}]]"
        job.writers.memory.log(line, author=ASSISTANT, source=sitting.id, block=job.block)
    return Done(action, sitting.id, None, SessionFacts(len(turns), place))


def remember(action: Remember, job: Job) -> Done:
    written = job.writers.memory.remember(action.text, author=PERSON, source=CHAT, block=job.block)
    return Done(action, action.text, Forget(written.block, action.text), facts_of(written))


def forget(action: Forget, job: Job) -> Done:
    written = job.writers.memory.forget(action.block)
    return Done(action, action.text, Remember(action.text), facts_of(written))


def take_note(action: TakeNote, job: Job) -> Done:
    written = job.writers.memory.note(
        action.title, action.body, kind="note", author=PERSON, source=CHAT, block=job.block
    )
    back = DropNote(written.block, action.title, action.body)
    return Done(action, action.title, back, facts_of(written))


def drop_note(action: DropNote, job: Job) -> Done:
    written = job.writers.memory.drop_note(action.block)
    return Done(action, action.title, TakeNote(action.title, action.body), facts_of(written))
