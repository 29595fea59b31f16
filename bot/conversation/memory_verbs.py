"""The verbs of memory and of the session: remember, forget, note, remind, find, new."""

from __future__ import annotations

import re

from bot.actions import EndSession, Forget, Remember, SetReminder, TakeNote
from bot.conversation.dates import moment_named
from bot.conversation.meaning import Act, Meaning, Recall, Unclear
from bot.conversation.situation import Situation
from bot.conversation.words import shorten


def new_session(rest: str, situation: Situation) -> Meaning:
    """End the session; there is always one, since this message belongs to it."""
    if situation.session_id is None:
        return Unclear("A new session has just begun.")
    return Act(EndSession(situation.session_id, "new"), next_text=rest or None)


def remember(rest: str, situation: Situation) -> Meaning:
    """Keep a line."""
    if not rest:
        return Unclear("Remember what? For example: remember that the lab's door code is 4711")
    return Act(Remember(rest))


def forget(rest: str, situation: Situation) -> Meaning:
    """Take the remembered line that is named out again."""
    words = rest.casefold()
    named = [(block, text) for block, text in situation.remembered if words in text.casefold()]
    match named:
        case [(block, text)] if rest:
            return Act(Forget(block, text))
        case [] | _ if not rest:
            return Unclear("Forget what? Say some words of the line.")
        case []:
            return Unclear(f"I remember nothing with “{shorten(rest, 40)}”.")
        case _:
            return Unclear("More than one line says that; say more of the one you mean.")


def note(rest: str, situation: Situation) -> Meaning:
    """Write a note: the first line is its title."""
    if not rest:
        return Unclear("Note what? The first line becomes the title.")
    title, _, body = rest.partition("\n")
    return Act(TakeNote(shorten(title, 80), body.strip() or title))


def remind(rest: str, situation: Situation) -> Meaning:
    """Set a reminder: `remind me at 15:00 to call the lab`, `remind me to stretch in 20 min`."""
    words = re.sub(r"^(?:me\s+)?", "", rest, flags=re.IGNORECASE)
    for pattern in (
        r"^(?P<when>.+?)\s+(?:to|that|about)\s+(?P<text>.+)$",
        r"^(?:to\s+)?(?P<text>.+?)\s+(?P<when>(?:at|in|on|tomorrow|today|tonight|next)\b.*)$",
    ):
        found = re.match(pattern, words, flags=re.IGNORECASE | re.DOTALL)
        if found and (at := moment_named(found["when"], situation.now)):
            return Act(SetReminder(at, found["text"].strip()))
    return Unclear("Remind you when? For example: remind me at 15:00 to call the lab")


def recall(rest: str, situation: Situation) -> Meaning:
    """Look something up."""
    return Recall(rest.strip(" ?.")) if rest.strip(" ?.") else Unclear("Look for what?")
