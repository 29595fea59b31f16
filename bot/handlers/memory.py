"""How sessions end and how lines and notes are kept."""

from __future__ import annotations

from bot.actions import DropNote, EndSession, Forget, Remember, TakeDump, TakeNote
from bot.door import Job
from bot.offers import OfferKind
from bot.outcomes import Done, DumpFacts, NoteFacts, SessionFacts
from memory.dump_page import dump_body
from memory.dumps import read_dump
from memory.found import shipped_actions
from memory.writes import Written

ASSISTANT, PERSON, CHAT = "touchbase", "me", "chat"
MOST_OFFERS = 6


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


def take_dump(action: TakeDump, job: Job) -> Done:
    """Keep the note, sorted, and offer what it asks to be done; nothing is added to the list."""
    dump = read_dump(action.raw, shipped_actions(), job.writers.today())
    body = dump_body(dump, job.writers.task_lines)
    written = job.writers.memory.note(
        dump.title, body, kind="dump", author=PERSON, source=CHAT, block=job.block
    )
    wanted = [found for found in dump.actions if found.as_task][:MOST_OFFERS]
    context = f"from {written.path}"
    offers = tuple(
        job.writers.offers.make(OfferKind.TASK, found.text, notes=context, due=found.due)
        for found in wanted
    )
    facts = DumpFacts(
        written.path, len(dump.topics), len(dump.questions), len(dump.decisions), offers
    )
    return Done(action, dump.title, DropNote(written.block, dump.title, body), facts)


def drop_note(action: DropNote, job: Job) -> Done:
    written = job.writers.memory.drop_note(action.block)
    return Done(action, action.title, TakeNote(action.title, action.body), facts_of(written))
