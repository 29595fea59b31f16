"""From a line of text to what is wanted. What is not understood is never done by guess."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.actions import (
    Action,
    AddTask,
    AnswerRemoval,
    AnswerStudy,
    CheckOff,
    CompleteTask,
    DeleteTask,
    EditTask,
    EndSession,
    Forget,
    KeepOpen,
    LetLostGo,
    NoteProgress,
    Remember,
    ReopenTask,
    RestoreLost,
    SaveStudy,
    SetReminder,
    StartStudy,
    StopStudy,
    TakeDump,
    TakeNote,
    Together,
    Undo,
)
from bot.conversation.answers_to_questions import answer_to_question
from bot.conversation.dates import day_named, moment_named, split_due
from bot.conversation.meaning import (
    Act,
    BeginLink,
    FinishLink,
    Meaning,
    Recall,
    ShowBriefs,
    ShowDone,
    ShowHelp,
    ShowLoops,
    ShowOpen,
    ShowResume,
    ShowStatus,
    ShowStudy,
    ShowToday,
    ShowWhy,
    SyncNow,
    Unclear,
)
from bot.conversation.picking import pick
from bot.conversation.situation import Situation
from bot.mailbox import Button
from bot.offers import OfferKind
from heartbeat.auditor import Extent, WhatWasDone, audit
from tasks_sync import Task, TaskChanges
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


def clean(text: str) -> str:
    """Drop control characters and spare white space; keep line breaks, emoji and every script."""
    kept = (
        char
        for char in text.replace("\r\n", "\n").replace("\t", " ")
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn")
    )
    return "\n".join(" ".join(line.split()) for line in "".join(kept).split("\n")).strip()


def shorten(text: str, length: int = 60) -> str:
    """Quote no more of a message than fits a line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


# --- buttons ---


def pressed(code: str, situation: Situation) -> Meaning:
    """Read a button's code, `verb:id`."""
    verb, _, wanted = code.partition(":")
    actions: Mapping[str, Callable[[str], Action]] = {
        "yes": CheckOff,
        "part": NoteProgress,
        "no": KeepOpen,
        "done": CompleteTask,
        "open": ReopenTask,
        "drop": DeleteTask,
    }
    match verb:
        case "more":
            return Act(CheckOff(wanted), more="Now the new one: send “add …”.")
        case "undo":
            return Act(Undo())
        case "propose":
            return proposed(wanted, situation)
        case "lost":
            return Act(RestoreLost(wanted))
        case "fine":
            return Act(LetLostGo(wanted))
        case "letgo" | "keepall":
            return Act(AnswerRemoval(wanted, allow=verb == "letgo"))
        case "tomorrow":
            return Act(EditTask(wanted, TaskChanges(due=situation.today + timedelta(days=1))))
        case "study":
            return Act(StartStudy(wanted))
        case _ if verb in actions and wanted:
            return Act(actions[verb](wanted))
        case _:
            return Unclear("That button is no longer in use; nothing was done.")


def proposed(wanted: str, situation: Situation) -> Meaning:
    """Take what was offered, once: by another program, a sorted note or the evening's review."""
    for offer in situation.offers():
        if offer.id == wanted:
            task = AddTask(offer.text, offer.due, offer.notes)
            action = task if offer.kind is OfferKind.TASK else Remember(offer.text)
            return Act(action, once=f"proposal:{wanted}")
    for proposal in situation.proposals:
        if proposal.id == wanted:
            action = AddTask(proposal.title, proposal.due, proposal.notes)
            return Act(action, once=f"proposal:{wanted}")
    return Unclear("That proposal is no longer kept; nothing was done.")


# --- commands ---


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


def new_session(rest: str, situation: Situation) -> Meaning:
    """End the session; there is always one, since this message belongs to it."""
    if situation.session_id is None:
        return Unclear("A new session has just begun.")
    return Act(EndSession(situation.session_id, "new"), next_text=rest or None)


# --- verbs ---


def by_verb(said: str, situation: Situation) -> Meaning | None:
    """Read a message that begins with a verb, or is one of the usual phrases."""
    for pattern, reading in VERBS:
        if found := pattern.match(said):
            return reading(found["rest"].strip() if "rest" in found.groupdict() else "", situation)
    return None


def add(rest: str, situation: Situation) -> Meaning:
    """Read one new task, or one a line."""
    lines = [line.lstrip("-*• ").strip() for line in rest.split("\n")]
    tasks = [read_task(line, situation) for line in lines if line]
    match tasks:
        case []:
            return Unclear("Add what? For example: add call the lab tomorrow")
        case [task]:
            return Act(task)
        case _:
            return Act(Together(tuple(tasks)))


def read_task(words: str, situation: Situation) -> AddTask:
    """Read a task's words: `call mum by friday #Home`; words in quotes are kept as they are."""
    list_id = None
    for listed in situation.lists:
        tag = re.compile(rf"(?:^|\s)[#~]{re.escape(listed.title)}(?=\s|$)", re.IGNORECASE)
        if tag.search(words):
            words, list_id = tag.sub("", words).strip(), listed.id
    if quoted := re.match(r"^[\"'“‘](?P<title>.+)[\"'”’](?P<rest>[^\"'”’]*)$", words):
        _, due = split_due(f"x {quoted['rest'].strip()}", situation.today)
        return AddTask(quoted["title"].strip(), due, list_id=list_id)
    title, due = split_due(words, situation.today)
    return AddTask(title, due, list_id=list_id)


def show_list(rest: str, situation: Situation) -> Meaning:
    """Show everything open, or one list of it."""
    wanted = re.sub(r"^(?:my|the|all|on)\s+", "", rest).removesuffix(" list").strip(" ?.")
    if not wanted or wanted.casefold() in ("tasks", "open", "open tasks", "everything", "all"):
        return ShowOpen()
    for listed in situation.lists:
        if listed.title.casefold() == wanted.casefold():
            return ShowOpen(listed.id, listed.title)
    if wanted.casefold() == "done":
        return ShowDone()
    names = ", ".join(f"“{listed.title}”" for listed in situation.lists)
    return Unclear(f"There is no list “{shorten(wanted, 40)}”. There is: {names}.")


def done(rest: str, situation: Situation) -> Meaning:
    """Tick off the task that is named."""
    return picked(rest, situation.open_tasks, CompleteTask, "done")


def reopen(rest: str, situation: Situation) -> Meaning:
    """Open the finished task that is named."""
    if not rest and situation.done_tasks:
        return Act(ReopenTask(situation.done_tasks[0].id))
    return picked(rest, situation.done_tasks, ReopenTask, "open")


def delete(rest: str, situation: Situation) -> Meaning:
    """Remove the task that is named."""
    return picked(rest, situation.open_tasks, DeleteTask, "drop")


def picked(rest: str, tasks: Sequence[Task], action: Callable[[str], Action], verb: str) -> Meaning:
    """Act on the one task that `rest` names, or say why not."""
    found = pick(rest, tasks, verb)
    return found if isinstance(found, Unclear) else Act(action(found.id))


def move(rest: str, situation: Situation) -> Meaning:
    """Give a task another day: `move chapter 3 to thursday`."""
    name, _, day_words = rest.rpartition(" to ")
    if not name:
        name, day = split_due(rest, situation.today)
    else:
        day = day_named(day_words.strip(" .!"), situation.today)
    if day is None:
        return Unclear("Move it to which day? For example: move chapter 3 to thursday")
    found = pick(name, situation.open_tasks, "tomorrow")
    return found if isinstance(found, Unclear) else Act(EditTask(found.id, TaskChanges(due=day)))


def rename(rest: str, situation: Situation) -> Meaning:
    """Give a task another title: `rename chapter to read chapter 4`."""
    name, _, title = rest.partition(" to ")
    if not title.strip():
        return Unclear("Rename it to what? For example: rename chapter to read chapter 4")
    found = pick(name, situation.open_tasks, "")
    return (
        found
        if isinstance(found, Unclear)
        else Act(EditTask(found.id, TaskChanges(title=title.strip("\"'“”"))))
    )


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


# --- study ---


def about_study(said: str, situation: Situation) -> Meaning | None:
    """Read what is said about a study session: save it, stop it, begin it."""
    words = said.casefold().rstrip(".!")
    saved = re.match(
        r"^(?:please )?(?:save|keep) (?:this|it|that|the question)?\s*(?:for|until)\s+(?P<day>.+)$",
        words,
    )
    if saved:
        return save_study(saved["day"], situation)
    if re.match(r"^(?:stop|quit|leave|end)(?: the| this)? (?:study|studying|lesson)$", words):
        return (
            Act(StopStudy(situation.study.id))
            if situation.study
            else Unclear("No study session is open.")
        )
    if found := re.match(
        r"^(?:let'?s |i want to )?(?:study|learn)\b(?: about| on)?(?P<rest>.*)$", words
    ):
        return study(found["rest"].strip(), situation)
    return None


def save_study(day_words: str, situation: Situation) -> Meaning:
    """Keep the study question for a day's briefing."""
    state = situation.study or situation.last_study
    day = day_named(re.sub(r"\s+(?:morning|evening|at .*)$", "", day_words), situation.today)
    if state is None:
        return Unclear("There is no study question to save. /study begins one.")
    if day is None or day <= situation.today:
        return Unclear("Save it for which day? For example: save this for tomorrow morning")
    return Act(SaveStudy(state.id, day))


def study(rest: str, situation: Situation) -> Meaning:
    """Begin a study session, or repeat the question that is open."""
    if situation.study and not rest:
        return ShowStudy()
    return Act(StartStudy(rest))


def answer_to_study(said: str, situation: Situation) -> Meaning | None:
    """Take what is nothing else as the answer to the open study question."""
    return Act(AnswerStudy(situation.study.id, said)) if situation.study else None


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
}

COMMANDS: Mapping[str, Reading] = {
    "help": lambda rest, situation: ShowHelp(),
    "start": lambda rest, situation: ShowHelp(),
    "today": lambda rest, situation: ShowToday(),
    "list": show_list,
    "tasks": show_list,
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
            r"^(?:please )?(?:add|new task|todo|to do)\b"
            r"(?: an?(?: new)? (?:task|item|one)\b| new (?:task|item|one)\b| (?:task|item)(?=:))?"
            r"(?: called| named)?[:\s]\s*(?P<rest>.+)$"
        ),
        add,
    ),
    (verb(r"^(?:show |list\b)(?:me )?(?P<rest>.*)$"), show_list),
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
