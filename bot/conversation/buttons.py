"""What a press of a button asks for. A button that is out of use does nothing, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, time, timedelta

from bot.actions import (
    Action,
    AddTask,
    AnswerRemoval,
    CheckOff,
    CompleteTask,
    DeleteTask,
    EditTask,
    KeepOpen,
    LetLostGo,
    NoteProgress,
    PlaceTask,
    PutAside,
    PutOffReminder,
    Remember,
    ReopenTask,
    RestoreLost,
    StartStudy,
    TakeBack,
    Together,
    Undo,
)
from bot.conversation.meaning import Act, Meaning, ShowTask, Unclear
from bot.conversation.situation import Situation
from bot.offers import OfferKind
from heartbeat.slots import first_instant
from tasks_sync import TaskChanges

EVENING, MORNING = time(18), time(9)


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
        "someday": PutAside,
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
        case "today":
            return for_today(wanted, situation)
        case "later":
            return put_off(wanted, situation)
        case "back":
            return Act(TakeBack(wanted), once=f"take-back:{wanted}")
        case "show":
            return ShowTask(wanted)
        case "study":
            return Act(StartStudy(wanted))
        case _ if verb in actions and wanted:
            return Act(actions[verb](wanted))
        case _:
            return Unclear("That button is no longer in use; nothing was done.")


def put_off(wanted: str, situation: Situation) -> Meaning:
    """Put a reminder off, `length:id`, without a date to enter."""
    length, _, reminder_id = wanted.partition(":")
    now, zone = situation.now.astimezone(UTC), situation.now.tzinfo
    assert zone is not None, "the moment is in the person's zone"
    tomorrow = situation.today + timedelta(days=1)
    moments = {
        "10m": now + timedelta(minutes=10),
        "1h": now + timedelta(hours=1),
        "evening": first_instant(situation.today, EVENING, zone),
        "tomorrow": first_instant(tomorrow, MORNING, zone),
    }
    at = moments.get(length)
    if at is None:
        return Unclear("That button is no longer in use; nothing was done.")
    return Act(PutOffReminder(reminder_id, at))


def for_today(wanted: str, situation: Situation) -> Meaning:
    """Bring back what was put aside: onto the default list, for today."""
    home = next(listed.id for listed in situation.lists if listed.is_default)
    day = EditTask(wanted, TaskChanges(due=situation.today))
    return Act(Together((PlaceTask(wanted, home), day)))


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
