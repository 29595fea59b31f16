"""Wording what an action did. The type checker insists that every action has a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.actions import (
    SOMEDAY_LIST,
    Action,
    AddList,
    AddTask,
    AnswerRemoval,
    AnswerStudy,
    AskAgain,
    AskCheckOff,
    CancelReminder,
    CheckOff,
    ClearCompleted,
    CompleteTask,
    DeleteList,
    DeleteTask,
    DropNote,
    EditTask,
    EndSession,
    Forget,
    KeepOpen,
    LetLostGo,
    ListConflict,
    NoteProgress,
    Pause,
    PlaceTask,
    PutAside,
    PutOffReminder,
    Remember,
    RenameList,
    ReopenTask,
    RestoreList,
    RestoreLost,
    RestoreReminder,
    RestoreTask,
    RewindStudy,
    SaveStudy,
    SetReminder,
    ShowCleared,
    StartStudy,
    StopStudy,
    TakeBack,
    TakeDump,
    TakeNote,
    Together,
    Undo,
    UnsaveStudy,
    Withdraw,
)
from bot.conversation.speak.lost import brought_phrase
from bot.conversation.speak.phrases import (
    Rows,
    count_phrase,
    day_phrase,
    moment_phrase,
    offer_button,
)
from bot.conversation.speak.refusals import apology
from bot.mailbox import Button, Reply
from bot.outcomes import (
    ConflictFacts,
    Done,
    DumpFacts,
    ListFacts,
    NoteFacts,
    Outcome,
    QuestionFacts,
    Refused,
    ReminderFacts,
    SessionFacts,
    StudyFacts,
    TaskFacts,
)
from gpu_lab.study import Grade, StudyPhase, StudyState, Verdict
from tasks_sync import UNSET, TaskChanges

UNDO: Rows = ((Button("Undo", "undo:"),),)


def speak(outcome: Outcome, now: datetime) -> Reply:
    """Put an outcome into words; `now` is in the person's zone."""
    match outcome:
        case Done():
            return Reply(sentence(outcome, now), buttons(outcome))
        case Refused(why=why):
            return Reply(apology(why))
        case _:
            assert_never(outcome)


def sentence(done: Done, now: datetime) -> str:
    """Say what was done, in as few words as hold it."""
    action: Action = done.action
    name = done.name
    match action:
        case AddTask():
            return f"Added “{name}”{placed(done, now)}."
        case CompleteTask():
            return f"Done: “{name}”."
        case ReopenTask():
            return f"Open again: “{name}”."
        case EditTask(changes=changes):
            return edited(name, changes, now)
        case PlaceTask():
            return f"Moved “{name}”{moved_to(done)}."
        case PutAside():
            return f"“{name}” is on “{SOMEDAY_LIST}” now, without a day."
        case DeleteTask():
            return f"Deleted “{name}”."
        case RestoreTask():
            return f"Back on the list: “{name}”."
        case AddList():
            return f"New list “{name}”."
        case RenameList(title=title):
            return f"The list “{name}” is now “{title}”."
        case DeleteList():
            return f"Deleted the list “{name}” with its tasks."
        case RestoreList():
            return f"The list “{name}” is back with its tasks."
        case ClearCompleted():
            return f"Cleared {count_phrase(tasks_in(done), 'finished task')} from “{name}”."
        case ShowCleared():
            return f"{count_phrase(tasks_in(done), 'finished task')} shown again."
        case RestoreLost():
            return f"Brought back in “{name}”: {lost_value(done)}."
        case LetLostGo():
            return f"Left “{name}” as it is."
        case ListConflict():
            return f"The conflict about “{name}” is listed again."
        case AnswerRemoval(allow=True):
            return f"They may go from “{name}” at the next sync."
        case AnswerRemoval():
            return f"“{name}” keeps them; they are made anew at Google."
        case AskCheckOff(whole=whole, evidence=evidence):
            return asked(name, evidence, whole=whole)
        case CheckOff():
            return f"Checked off “{name}”."
        case NoteProgress():
            return f"Noted the progress in “{name}”; it stays open."
        case KeepOpen():
            return f"“{name}” stays open."
        case AskAgain():
            return f"“{name}” is as it was before the answer."
        case Withdraw():
            return f"I no longer ask about “{name}”."
        case EndSession():
            return session_ended(done)
        case Remember():
            return f"I will remember that{where(done)}."
        case Forget():
            return f"Forgotten: “{name}”."
        case TakeNote():
            return f"Noted “{name}”{where(done)}."
        case TakeDump():
            return dump_kept(done)
        case DropNote():
            return f"Removed the note “{name}”."
        case StartStudy() | RewindStudy():
            return study_asked(study_of(done))
        case AnswerStudy():
            return answered(done)
        case SaveStudy(day=day):
            return f"Saved for {day_phrase(day, now.date())}: it will be in the morning briefing."
        case UnsaveStudy():
            return f"“{name}” is no longer saved for later."
        case StopStudy():
            return f"Left “{name}” unfinished. /study goes on with it."
        case SetReminder() | PutOffReminder():
            return f"I will remind you {moment(done, now)}: {name}"
        case CancelReminder():
            return f"Cancelled the reminder: {name}"
        case RestoreReminder():
            return f"Set again, {moment(done, now)}: {name}"
        case Pause(until=until):
            return paused(until, now)
        case Together():
            return together(done, now)
        case TakeBack():
            return f"“{name}” is back where it was."
        case Undo():
            return undone(done, now)
        case _:
            assert_never(action)


def buttons(done: Done) -> Rows:
    """Give what may be pressed below the sentence."""
    match done.action, done.facts:
        case AskCheckOff(), QuestionFacts(question_id=asked, whole=True):
            yes = Button("Yes, check it off", f"yes:{asked}")
            return ((yes, Button("Keep it open", f"no:{asked}")), (more_button(asked),))
        case AskCheckOff(), QuestionFacts(question_id=asked):
            note = Button("Note the progress", f"part:{asked}")
            yes = Button("All of it is done", f"yes:{asked}")
            return ((note, yes), (Button("Keep it open", f"no:{asked}"),))
        case TakeDump(), DumpFacts(offers=offers):
            return tuple((offer_button(offer),) for offer in offers)
        case ((AddTask() | CompleteTask() | DeleteTask() | CheckOff() | Together()), _):
            return UNDO
        case ((PutAside() | TakeBack()), _):
            return UNDO
        case _:
            return ()


def more_button(question_id: str) -> Button:
    """The button for checking off and adding another item."""
    return Button("Yes, but add a new one", f"more:{question_id}")


def placed(done: Done, now: datetime) -> str:
    """Say where and for when, as far as it is not plain."""
    if not isinstance(done.facts, TaskFacts):
        return ""
    facts = done.facts
    due = f" for {day_phrase(facts.due, now.date())}" if facts.due else ""
    if facts.under:
        return f" under “{facts.under}”{due}"
    return (f" to “{facts.list_title}”" if facts.list_title else "") + due


def moved_to(done: Done) -> str:
    """Say where a task was put, by what stands around it."""
    match done.facts:
        case TaskFacts(behind=str(behind)):
            return f" behind “{behind}”"
        case TaskFacts(under=str(parent)):
            return f" under “{parent}”"
        case TaskFacts(list_title=str(title)):
            return f" to “{title}”"
        case _:
            return " to the top"


def edited(name: str, changes: TaskChanges, now: datetime) -> str:
    """Say what changed about a task."""
    said = []
    if changes.title is not UNSET:
        said.append(f"is now “{changes.title}”")
    if changes.due is not UNSET:
        due = changes.due
        said.append("has no day now" if due is None else f"is for {day_phrase(due, now.date())}")
    if changes.notes is not UNSET:
        said.append("has new notes" if changes.notes else "has no notes now")
    return f"“{name}” {' and '.join(said) or 'is unchanged'}."


def asked(title: str, evidence: str, *, whole: bool) -> str:
    """Ask whether something is done, with what makes us think so."""
    if whole:
        return f"From this session: {evidence}\nShall I check off “{title}”?"
    return f"From this session: {evidence}\nThat looks like part of “{title}”. Note the progress?"


def tasks_in(done: Done) -> int:
    """Count the tasks that a change of a list touched."""
    return done.facts.tasks if isinstance(done.facts, ListFacts) else 0


def lost_value(done: Done) -> str:
    """Name the value that a conflict is about."""
    if not isinstance(done.facts, ConflictFacts):
        return ""
    return brought_phrase(done.facts.field, done.facts.lost)


def dump_kept(done: Done) -> str:
    """Say what a messy note became, and what it offers."""
    if not isinstance(done.facts, DumpFacts):
        return f"Kept “{done.name}”."
    facts = done.facts
    nouns = ("topic", "open question", "decision")
    counts = zip((facts.topics, facts.questions, facts.decisions), nouns, strict=True)
    found = ", ".join(count_phrase(count, noun) for count, noun in counts if count)
    said = f"Kept word for word in {facts.path}" + (f": {found}." if found else ".")
    if not facts.offers:
        return said
    things = count_phrase(len(facts.offers), "thing")
    return f"{said}\nIt speaks of {things} to do; tap what belongs on the list."


def where(done: Done) -> str:
    """Say in which file a line or note was written."""
    return f", in {done.facts.path}" if isinstance(done.facts, NoteFacts) else ""


def moment(done: Done, now: datetime) -> str:
    """Say when a reminder will come."""
    assert isinstance(done.facts, ReminderFacts)
    phrase = moment_phrase(done.facts.at, now)
    return f"at {phrase}" if phrase[0].isdigit() else phrase


def paused(until: datetime | None, now: datetime) -> str:
    """Say what a pause keeps back, until when, and how it ends."""
    if until is None:
        return "The pause is over; I may write again."
    moment = moment_phrase(until, now)
    return f"Nothing unasked until {moment}; reminders still come. “pause off” ends it."


def session_ended(done: Done) -> str:
    """Say that the session was put away, and where."""
    if isinstance(done.facts, SessionFacts) and done.facts.archive:
        return f"A new session. The last one is kept in {done.facts.archive}."
    return "A new session."


def together(done: Done, now: datetime) -> str:
    """Say what several things did, one a line; tasks added at once are one list."""
    if all(isinstance(part.action, AddTask) for part in done.parts):
        added = (f"• {part.name}{placed(part, now)}" for part in done.parts)
        return "\n".join(["Added:", *added])
    return "\n".join(sentence(part, now) for part in done.parts)


def undone(done: Done, now: datetime) -> str:
    """Say what was taken back, by what is so now."""
    if not done.parts:
        return f"Undone: “{done.name}”."
    last = done.parts[0]
    match last.action:
        case Undo():
            return f"Done again: “{done.name}”."
        case AddTask():
            return f"Undone: “{last.name}” is off the list."
        case CompleteTask() | CheckOff():
            return f"Undone: “{last.name}” is open again."
        case DeleteTask():
            return f"Undone: “{last.name}” is back on the list."
        case EditTask():
            return f"Undone: “{last.name}” is as it was before."
        case PlaceTask() | PutAside():
            return f"Undone: “{last.name}” is back where it was."
        case Pause() if isinstance(last.undo, Pause):
            said = paused(last.undo.until, now)
            return f"Undone: {said[0].lower()}{said[1:]}"
        case TakeBack():
            return f"Undone: “{last.name}” is on “{SOMEDAY_LIST}” again."
        case AddList():
            return f"Undone: the list “{last.name}” is gone again."
        case DeleteList():
            return f"Undone: the list “{last.name}” is back with its tasks."
        case ClearCompleted():
            return f"Undone: {count_phrase(tasks_in(last), 'finished task')} shown again."
        case KeepOpen():
            return f"Undone: I ask again whether “{last.name}” is done."
        case AnswerStudy():
            return f"Undone: that answer. {study_of(done).asks or ''}".strip()
        case Together():
            return "Undone: " + ", ".join(f"“{part.name}”" for part in last.parts) + "."
        case _:
            said = sentence(last, now)
            return f"Undone: {said[0].lower()}{said[1:]}"


# --- study ---


def study_of(done: Done) -> StudyState:
    """Give the study session that an outcome is about."""
    assert isinstance(done.facts, StudyFacts)
    return done.facts.state


def study_asked(state: StudyState) -> str:
    """Put the open study question."""
    head = f"{state.title}, part {state.answered + 1} of {state.parts}"
    return "\n\n".join(filter(None, (head, state.teaches, state.asks)))


def answered(done: Done) -> str:
    """Say how an answer did and what comes next."""
    assert isinstance(done.facts, StudyFacts)
    state, grade = done.facts.state, done.facts.grade
    assert grade is not None, "an answer always has a grade"
    if grade.verdict is Verdict.UNREADABLE:
        return f"I could not read an answer in that. {state.asks}"
    said = verdict(grade)
    if state.phase is not StudyPhase.FINISHED:
        return f"{said}\n\n{study_asked(state)}"
    right = state.verdicts.count(Verdict.RIGHT)
    return (
        f"{said}\n\nThat was the last part: {right} of {state.parts} right. "
        "To come back to it, say “save this for tomorrow morning”."
    )


def verdict(grade: Grade) -> str:
    """Say whether an answer was right, and why it is so."""
    match grade.verdict:
        case Verdict.RIGHT:
            return f"Right: {grade.expected}. {capital(grade.why)}"
        case Verdict.PARTLY:
            return f"Partly: it is {grade.expected}. {capital(grade.why)}"
        case Verdict.WRONG | Verdict.UNREADABLE:
            return f"Not quite: it is {grade.expected}. {capital(grade.why)}"
        case _:
            assert_never(grade.verdict)


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]
