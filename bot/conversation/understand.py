"""From a line of text to what is wanted. What is not understood is never done by guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from bot.actions import TakeDump, Undo
from bot.conversation.answers_to_questions import answer_to_question
from bot.conversation.buttons import pressed
from bot.conversation.list_verbs import clear, delete_list, new_list, rename_list, show_list
from bot.conversation.meaning import (
    Act,
    BeginLink,
    FinishLink,
    Meaning,
    ShowBriefs,
    ShowDone,
    ShowHelp,
    ShowLists,
    ShowLoops,
    ShowResume,
    ShowStatus,
    ShowToday,
    ShowWhy,
    SyncNow,
    Unclear,
)
from bot.conversation.memory_verbs import forget, new_session, note, recall, remember, remind
from bot.conversation.pausing import pause
from bot.conversation.situation import Situation
from bot.conversation.study_verbs import about_study, answer_to_study, study
from bot.conversation.task_verbs import add, delete, describe, done, move, rename, reopen, show
from bot.conversation.words import clean, shorten
from bot.mailbox import Button
from heartbeat.auditor import Extent, WhatWasDone, audit
from tasks_sync.consent import looks_like_answer

LONGEST_LINE = 4000
DUMP_CHARS, DUMP_LINES = 80, 3

Reading = Callable[[str, Situation], Meaning]


def understand(text: str, situation: Situation, button: str | None = None) -> Meaning:
    """Say what a message asks for, given how things stand."""
    if button:
        return pressed(button, situation)
    said = clean(text)
    if is_dump(said) and not understood_by_verb(said, situation):
        return Act(TakeDump(text))
    if not said:
        return Unclear("That message was empty. Say “help” to see what I can do.")
    if len(said) > LONGEST_LINE:
        return Unclear(
            f"That is {len(said):,} characters, too long to read as a request; nothing was done. "
            "Send it in pieces, or begin with “note” and a title of its own."
        )
    if looks_like_answer(said):
        return FinishLink(said)
    if said.startswith("/"):
        return command(said, situation)
    return (
        answer_to_question(said, situation)
        or about_study(said, situation)
        or by_verb(said, situation)
        or answer_to_study(said, situation)
        or sounds_done(said, situation)
        or Unclear(f"I did not understand “{shorten(said)}”, and did nothing. {nearest(said)}")
    )


def is_dump(said: str) -> bool:
    """Tell a messy note from a request: several lines, and more than a few words."""
    return len(said) > DUMP_CHARS and sum(bool(line) for line in said.split("\n")) >= DUMP_LINES


def understood_by_verb(said: str, situation: Situation) -> bool:
    """Tell whether a message of several lines begins with a verb that takes them."""
    return len(said) <= LONGEST_LINE and (
        said.startswith("/") or by_verb(said, situation) is not None
    )


def command(said: str, situation: Situation) -> Meaning:
    """Read a slash command; an unknown one is answered with the nearest that exists."""
    name, _, rest = said[1:].partition(" ")
    name = name.partition("@")[0].casefold()
    reading = COMMANDS.get(name)
    if reading is None:
        near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        meant = f"Did you mean /{near[0]}?" if near else "/help lists the ones I know."
        return Unclear(f"There is no command /{shorten(name, 30)}; nothing was done. {meant}")
    return reading(rest.strip(), situation)


def by_verb(said: str, situation: Situation) -> Meaning | None:
    """Read a message that begins with a verb, or is one of the usual phrases."""
    for pattern, reading in VERBS:
        if found := pattern.match(said):
            return reading((found.groupdict().get("rest") or "").strip(), situation)
    # A command's name alone is understood without its slash.
    named = COMMANDS.get(said.casefold().rstrip(".!?"))
    return named("", situation) if named else None


def sounds_done(said: str, situation: Situation) -> Meaning | None:
    """Offer to tick off the task that a report such as `I called the lab` speaks for."""
    found = audit(WhatWasDone(said=(said,)), situation.open_tasks)
    whole = next((match for match in found if match.extent is Extent.FULL), None)
    if whole is None:
        return None
    says = f"That sounds as if “{whole.title}” is done. Say “done {whole.title}” to check it off."
    return Unclear(says, ((Button("Check it off", f"done:{whole.task_id}"),),))


def undo(rest: str, situation: Situation) -> Meaning:
    """Take back the last thing done."""
    return Act(Undo())


def nearest(said: str) -> str:
    """Name the nearest thing that can be done."""
    first = said.split()[0].casefold()
    near = difflib.get_close_matches(first, EXAMPLES, n=1, cutoff=0.6)
    if near:
        return f"Did you mean: {EXAMPLES[near[0]]}"
    if first in ("i", "i've", "we", "the", "it", "that"):
        return "It is kept in this session's words. /help lists what I can do."
    return f"To put it on the list, say: add {shorten(said, 40)}"


EXAMPLES = {
    "add": "add call the lab tomorrow",
    "done": "done call the lab",
    "list": "list",
    "move": "move call the lab to friday",
    "delete": "delete call the lab",
    "undo": "undo",
    "reopen": "reopen call the lab",
    "today": "/today",
    "remember": "remember that …",
    "remind": "remind me at 15:00 to …",
    "study": "/study gpu scheduler",
    "help": "/help",
    "note": "note …",
    "show": "show call the lab",
    "clear": "clear done",
    "rename": "rename call the lab to call Ada",
}

COMMANDS: Mapping[str, Reading] = {
    "help": lambda rest, situation: ShowHelp(),
    "start": lambda rest, situation: ShowHelp(),
    "today": lambda rest, situation: ShowToday(),
    "list": show_list,
    "tasks": show_list,
    "lists": lambda rest, situation: ShowLists(),
    "show": show,
    "clear": clear,
    "add": add,
    "done": done,
    "reopen": reopen,
    "delete": delete,
    "move": move,
    "undo": undo,
    "new": new_session,
    "reset": new_session,
    "study": study,
    "remember": remember,
    "forget": forget,
    "remind": remind,
    "note": note,
    "find": recall,
    "link": lambda rest, situation: BeginLink(),
    "sync": lambda rest, situation: SyncNow(),
    "loops": lambda rest, situation: ShowLoops(),
    "resume": lambda rest, situation: ShowResume(),
    "briefs": lambda rest, situation: ShowBriefs(),
    "pause": pause,
    "why": lambda rest, situation: ShowWhy(),
    "status": lambda rest, situation: ShowStatus(),
}


def verb(pattern: str) -> re.Pattern[str]:
    """Compile a verb's pattern; what follows it is `rest`."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


VERBS: Sequence[tuple[re.Pattern[str], Reading]] = (
    (verb(r"^(?:undo|undo that|take (?:that|it) back)[.!]?$"), undo),
    (verb(r"^(?:help|what can you do)\??$"), COMMANDS["help"]),
    (verb(r"^(?:today|what(?:'s| is) (?:on )?(?:for )?today)\??$"), COMMANDS["today"]),
    (
        verb(r"^what did i (?:do|finish|get done)(?: today)?\??$"),
        lambda rest, situation: ShowDone(),
    ),
    (verb(r"^what(?:'s| is) (?:still )?(?:open|on my list|left)\??$"), show_list),
    (
        verb(
            r"^(?:please )?(?:new list|(?:make|create|add|start)(?: a| a new| another)? list"
            r"(?:\s+(?:called|named)|(?=:)))\b:?\s*(?P<rest>.*)$"
        ),
        new_list,
    ),
    (verb(r"^rename (?:the |my )?list\s+(?P<rest>.+)$"), rename_list),
    (verb(r"^(?:delete|remove|drop) (?:the |my )?list\s+(?P<rest>.+)$"), delete_list),
    (verb(r"^(?:show |list )?(?:me )?(?:all )?(?:my |the )?lists[.?]?$"), COMMANDS["lists"]),
    (
        verb(
            r"^clear(?: all)?(?: the| my)? (?:done|finished|completed)(?: tasks| ones)?"
            r"(?: (?:of|in|on|from)\s+(?P<rest>.+?))?[.!]?$"
        ),
        clear,
    ),
    (verb(r"^(?:add|put) (?:an? |the )?notes? (?:to|on|for)\s+(?P<rest>.+:.*)$"), describe),
    (
        verb(
            r"^(?:please )?(?:add|new task|todo|to do)\b"
            r"(?: an?(?: new)? (?:task|item|one)\b| new (?:task|item|one)\b| (?:task|item)(?=:))?"
            r"(?: called| named)?[:\s]\s*(?P<rest>.+)$"
        ),
        add,
    ),
    (verb(r"^list\b(?:me )?(?P<rest>.*)$"), show_list),
    (verb(r"^show\b(?: me)?\s*(?P<rest>.*)$"), show),
    (
        verb(
            r"^(?:done with|done:?|finished|completed?|i (?:have )?(?:did|finished|completed)"
            r"|check off|tick off)\s+(?P<rest>.+)$"
        ),
        done,
    ),
    (verb(r"^mark\s+(?P<rest>.+?)\s+(?:as\s+)?(?:done|completed?)$"), done),
    (verb(r"^(?P<rest>.+?)\s+(?:is|are)\s+done[.!]?$"), done),
    (verb(r"^reopen\b\s*(?P<rest>.*)$"), reopen),
    (verb(r"^(?:delete|remove|drop)\s+(?P<rest>.+)$"), delete),
    (verb(r"^(?:move|postpone|push|reschedule)\s+(?P<rest>.+)$"), move),
    (verb(r"^rename\s+(?P<rest>.+)$"), rename),
    (verb(r"^pause\b\s*(?P<rest>.*)$"), pause),
    (verb(r"^remember\b(?: that)?[:\s]\s*(?P<rest>.*)$"), remember),
    (verb(r"^forget\b(?: that| about)?\s*(?P<rest>.*)$"), forget),
    (verb(r"^remind\s+(?P<rest>.+)$"), remind),
    (verb(r"^note[:\s]\s*(?P<rest>.*)$"), note),
    (verb(r"^(?:where was i|resume)\??$"), COMMANDS["resume"]),
    (verb(r"^(?:open loops|what is still open|what did i leave open)\??$"), COMMANDS["loops"]),
    (verb(r"^link (?:my )?google(?: tasks| account)?[.!]?$"), COMMANDS["link"]),
    (verb(r"^sync(?: now)?[.!]?$"), COMMANDS["sync"]),
    (verb(r"^what did (?:we|i|you) say about\s+(?P<rest>.+)$"), recall),
    (verb(r"^(?:find|search(?: for)?|look up)\s+(?P<rest>.+)$"), recall),
    (verb(r"^why did you (?:write|not write|say).*$"), lambda rest, situation: ShowWhy()),
)
