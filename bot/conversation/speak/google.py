"""Wording what the sync with Google has to say, and how linking goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from bot.conversation.speak.lost import say_lost
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
    ValuesLost,
)
from tasks_sync.standing import Standing, SyncState

WAITS = "Nothing is lost; what you changed waits here."
AGAIN = "/link in the chat or `touchbase setup google` signs in again"


@dataclass(frozen=True)
class ConsentAt:
    """Linking has begun: where the person allows it."""

    address: str


@dataclass(frozen=True)
class Linked:
    """Linking is complete."""


@dataclass(frozen=True)
class NotLinked:
    """Linking did not work, or cannot begin; `why` is for the person, with the way out."""

    why: str


@dataclass(frozen=True)
class Synced:
    """A sync was run; `held_up` says what kept it from being complete, if no notice said it."""

    pulled: int
    pushed: int
    waiting: int
    complete: bool
    held_up: Notice | None


@dataclass(frozen=True)
class SyncSoon:
    """The sync runs in the serving process and was told to hurry, or has no account."""

    linked: bool


ErrandDone: TypeAlias = ConsentAt | Linked | NotLinked | Synced | SyncSoon


def say_errand(done: ErrandDone, now: datetime) -> Reply:
    """Say what came of something done over the network."""
    match done:
        case ConsentAt(address=address):
            return Reply(
                "Open this address, allow Google Tasks (tick its box), and paste here the address "
                "that your browser ends at; it will show an error page, which is fine:\n" + address
            )
        case Linked():
            return Reply(
                "Google is linked. The lists come in step while `touchbase run` serves, or at once "
                "by /sync."
            )
        case NotLinked(why=why):
            return Reply(f"Google is not linked: {why}")
        case Synced():
            how = "In step" if done.complete else "Not in step yet"
            counts = counts_phrase(done.pulled, done.pushed, done.waiting)
            why = f" {word_notice(done.held_up, now).text}" if done.held_up else ""
            return Reply(f"{how}: {counts}.{why}")
        case SyncSoon(linked=True):
            return Reply("A sync is under way already.")
        case SyncSoon():
            return Reply("Google is not linked; /link begins. The list is kept here.")
        case _:
            assert_never(done)


def counts_phrase(pulled: int, pushed: int, waiting: int) -> str:
    """Count what a sync did."""
    rest = f", {count_phrase(waiting, 'change')} waiting" if waiting else ""
    return f"{pulled} taken from Google, {pushed} sent{rest}"


def say_notice(notice: Notice, now: datetime) -> Reply | None:
    """Word what the sync has to say; None for what only the log and `status` should tell."""
    if isinstance(notice, GoogleAway | TwinRemoved):
        return None
    return word_notice(notice, now)


def word_notice(notice: Notice, now: datetime) -> Reply:
    """Word anything the sync has to say, for whoever asked just now."""
    match notice:
        case GoogleAway(why=why):
            return Reply(f"Google is out of reach ({why}); the next sync tries again. {WAITS}")
        case TwinRemoved(title=title):
            return Reply(f"A broken line had made “{title}” twice at Google; one is deleted again.")
        case NeedsSignIn():
            return Reply(f"Google no longer accepts the sign-in. {WAITS} {AGAIN}.")
        case NeedsScope():
            return Reply(f"The box for Google Tasks was not ticked. {WAITS} {AGAIN}; tick the box.")
        case NeedsSameAccount():
            return Reply(
                f"That sign-in is another account than these tasks belong to. {WAITS} "
                f"{AGAIN}: take the first account, or use another data folder."
            )
        case NeedsClient(why=why):
            return Reply(f"{why[:1].upper()}{why[1:]}. {WAITS} Set that right, then: {AGAIN}.")
        case LinkedAgain(waiting=waiting):
            sent = (
                f" {count_phrase(waiting, 'change')} that waited will be sent." if waiting else ""
            )
            return Reply(f"Google Tasks is in reach.{sent}")
        case PausedForToday(until=until):
            return Reply(f"Google takes no more requests {goes_on(until, now)}. {WAITS}")
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
        case ValuesLost():
            return say_lost(notice)
        case _:
            assert_never(notice)


def account_phrase(google: SyncState | None, unsynced: int, now: datetime) -> str:
    """Say how the account stands, what waits, and what the person could do; None: not linked."""
    if google is None:
        return "not linked; the list is kept here"
    parts = [STANDING_PHRASES.get(google.standing, "linked")]
    parts.append(f"{count_phrase(unsynced, 'change')} waiting")
    if google.paused_until is not None and google.paused_until > now:
        parts.append(f"no more requests {goes_on(google.paused_until, now)}")
    if google.set_aside:
        parts.append(f"{count_phrase(google.set_aside, 'change')} refused and set aside")
    if google.open_conflicts:
        lost = count_phrase(google.open_conflicts, "value")
        parts.append(f"{lost} lost (`touchbase tasks conflicts`)")
    said = ", ".join(parts)
    return f"{said}; {AGAIN}" if google.standing in STANDING_PHRASES else said


STANDING_PHRASES = {
    Standing.SIGN_IN_NEEDED: "the sign-in is no longer accepted",
    Standing.SCOPE_MISSING: "the box for Google Tasks was not ticked",
    Standing.OTHER_ACCOUNT: "signed in to another account than these tasks belong to",
    Standing.CLIENT_REJECTED: "the client of the settings is refused",
}


def goes_on(until: datetime, now: datetime) -> str:
    """Say how long a pause is: the rest of the day, or a moment."""
    when = moment_phrase(until, now)
    if until - now < timedelta(hours=1):
        return f"just now; sending goes on at {when}"
    return f"today; sending goes on {f'at {when}' if when[0].isdigit() else when}"


def mass_removal(notice: MassRemoval) -> Reply:
    """Ask before many tasks go at once."""
    text = (
        f"At Google {notice.gone} of {notice.of} tasks of “{notice.list_title}” are gone. I kept "
        "them here. Did you remove them?"
    )
    yes = Button("Yes, let them go", f"letgo:{notice.list_id}")
    return Reply(text, ((yes, Button("No, keep them", f"keepall:{notice.list_id}")),))
