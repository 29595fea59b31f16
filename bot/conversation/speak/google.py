"""Wording what the sync with Google has to say, and how linking goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never

from bot.conversation.speak.phrases import count_phrase, moment_phrase
from bot.mailbox import Button, Reply
from tasks_sync.notices import (
    ClearHeld,
    GoogleAway,
    LinkedAgain,
    ListRemoved,
    MassRemoval,
    MoveReverted,
    NeedsClient,
    NeedsSameAccount,
    NeedsScope,
    NeedsSignIn,
    Notice,
    PausedForToday,
    Quarantined,
    StorageFailed,
    TaskCameBack,
    TwinKept,
    TwinRemoved,
)

WAITS = "Nothing is lost; what you changed waits here."


@dataclass(frozen=True)
class ConsentAt:
    """Linking has begun: where the person allows it."""

    address: str


@dataclass(frozen=True)
class Linked:
    """Linking is complete."""


@dataclass(frozen=True)
class NotLinked:
    """Linking did not work, or cannot begin; `why` is for the person."""

    why: str


@dataclass(frozen=True)
class Synced:
    """A sync was run."""

    pulled: int
    pushed: int
    waiting: int


@dataclass(frozen=True)
class SyncSoon:
    """The sync runs in the serving process and was told to hurry, or has no account."""

    linked: bool


ErrandDone: TypeAlias = ConsentAt | Linked | NotLinked | Synced | SyncSoon


def say_errand(done: ErrandDone) -> Reply:
    """Say what came of something done over the network."""
    match done:
        case ConsentAt(address=address):
            return Reply(
                "Open this address, allow Google Tasks (tick its box), and paste here the address "
                "that your browser ends at; it will show an error page, which is fine:\n" + address
            )
        case Linked():
            return Reply("Google is linked. The lists are brought in step now.")
        case NotLinked(why=why):
            return Reply(f"Google is not linked: {why}")
        case Synced(pulled=pulled, pushed=pushed, waiting=waiting):
            rest = f", {count_phrase(waiting, 'change')} waiting" if waiting else ""
            return Reply(f"In step: {pulled} taken from Google, {pushed} sent{rest}.")
        case SyncSoon(linked=True):
            return Reply("A sync is under way already.")
        case SyncSoon():
            return Reply("Google is not linked; /link begins. The list is kept here.")
        case _:
            assert_never(done)


def say_notice(notice: Notice, now: datetime) -> Reply | None:
    """Word what the sync has to say; None for what only the log and `status` should tell."""
    match notice:
        case GoogleAway() | TwinRemoved():
            return None
        case NeedsSignIn():
            return Reply(f"Google no longer accepts the sign-in. {WAITS} /link signs in again.")
        case NeedsScope():
            return Reply(
                f"The box for Google Tasks was not ticked. {WAITS} /link again, and tick it."
            )
        case NeedsSameAccount():
            return Reply(
                f"That sign-in is another account than these tasks belong to. {WAITS} "
                "/link again with the first account, or use another data folder."
            )
        case NeedsClient(why=why):
            return Reply(f"Google refuses the client of the settings ({why}). {WAITS}")
        case LinkedAgain(waiting=waiting):
            sent = (
                f" {count_phrase(waiting, 'change')} that waited will be sent." if waiting else ""
            )
            return Reply(f"Google Tasks is in reach.{sent}")
        case PausedForToday(until=until):
            when = moment_phrase(until, now)
            return Reply(f"Google takes no more requests today; sending goes on at {when}. {WAITS}")
        case StorageFailed(why=why):
            return Reply(f"The sync could not write here ({why}); it is tried again.")
        case MassRemoval():
            return mass_removal(notice)
        case ListRemoved(list_title=title, deleted=deleted, kept=kept):
            rest = f" {kept} not yet sent went to the default list." if kept else ""
            tasks = count_phrase(deleted, "task")
            return Reply(f"The list “{title}” was deleted at Google, with {tasks}.{rest}")
        case TaskCameBack(title=title, deleted_here=True):
            return Reply(f"“{title}” was changed at Google after you deleted it, so it is back.")
        case TaskCameBack(title=title):
            return Reply(f"“{title}” was deleted at Google after you changed it, so it is kept.")
        case MoveReverted(title=title, why=why):
            return Reply(f"Google does not allow moving “{title}” ({why}); it is where it was.")
        case Quarantined(title=title, why=why):
            return Reply(
                f"Google keeps refusing the change of “{title}” ({why}). It is set aside until you "
                "edit the task again; everything else goes on."
            )
        case ClearHeld(list_title=title, more=more):
            return Reply(
                f"{count_phrase(more, 'more task')} on “{title}” turned out to be done elsewhere. "
                "Clear again to put these away too."
            )
        case TwinKept(title=title):
            return Reply(f"There are two of “{title}” at Google, both changed since; I kept both.")
        case _:
            assert_never(notice)


def mass_removal(notice: MassRemoval) -> Reply:
    """Ask before many tasks go at once."""
    text = (
        f"At Google {notice.gone} of {notice.of} tasks of “{notice.list_title}” are gone. I kept "
        "them here. Did you remove them?"
    )
    yes = Button("Yes, let them go", f"letgo:{notice.list_id}")
    return Reply(text, ((yes, Button("No, keep them", f"keepall:{notice.list_id}")),))
