"""What can go wrong with tasks. Nothing here decides what to do about it.

* TaskRefused           -- cannot be done as asked; say so, change nothing
  x TaskNotFound
  x ListNotFound
  x AlreadyDone
  x NotDone
  x NotDeleted
  x TitleEmpty
  x TitleTooLong
  x NotesTooLong
  x WouldCycle
  x TooDeep
  x AssignedReadOnly
  x DefaultListKept
  x AlreadyCleared
  x OutOfSight
  x ChangedSince
  x ConflictNotFound
* Unavailable           -- Google failed or may not be asked; what was wanted waits here
  x SignInNeeded        -- trying again will not help before a new sign-in
  x ScopeMissing        -- signed in, but not allowed to touch tasks
  x OtherAccount        -- signed in as somebody else than the tasks here belong to
  x ClientRejected      -- the client id or secret in the settings is not accepted
  x Offline             -- Google was not reached; nothing was sent
  x OutcomeUnknown      -- sent, but whether it was done is not known
  x ServerTrouble       -- Google answered with a failure of its own
  x RateLimited         -- too many requests just now
  x DailyQuotaSpent     -- no more requests before midnight in California
* RequestRefused        -- Google understood one request and declined it
  x RemoteNotFound
  x RemoteChanged
  x RequestInvalid
* LinkFailed            -- linking the account did not work; start again
* ArchiveDamaged        -- a file to import is not one that export wrote
* AlreadySyncing        -- another process brings these tasks in step already
"""

from __future__ import annotations

TITLE_LIMIT = 1024
NOTES_LIMIT = 8192


class TaskRefused(Exception):
    """It cannot be done as asked."""


class TaskNotFound(TaskRefused):
    """No task has this id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"no task {task_id}")
        self.task_id = task_id


class ListNotFound(TaskRefused):
    """No list has this id."""

    def __init__(self, list_id: str) -> None:
        super().__init__(f"no list {list_id}")
        self.list_id = list_id


class AlreadyDone(TaskRefused):
    """The task was ticked off before."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” is already done")
        self.title = title


class NotDone(TaskRefused):
    """The task is still open."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” is not done yet")
        self.title = title


class NotDeleted(TaskRefused):
    """The task was not deleted, so there is nothing to bring back."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” was not deleted")
        self.title = title


class TitleEmpty(TaskRefused):
    """A task or list needs a title."""

    def __init__(self) -> None:
        super().__init__("the title is empty; give it at least one visible character")


class TitleTooLong(TaskRefused):
    """Google keeps titles of at most 1024 characters."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"the title has {length} characters, {TITLE_LIMIT} fit; put the rest in the notes"
        )
        self.length = length


class NotesTooLong(TaskRefused):
    """Google keeps notes of at most 8192 characters."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the notes have {length} characters, {NOTES_LIMIT} fit; shorten them")
        self.length = length


class WouldCycle(TaskRefused):
    """A task cannot be placed under itself or after itself."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” cannot be placed under or after itself")
        self.title = title


class TooDeep(TaskRefused):
    """Subtasks go one level deep."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” would be a subtask of a subtask; only one level is kept")
        self.title = title


class AssignedReadOnly(TaskRefused):
    """The task was assigned in a document or chat; it can only be ticked off here."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” was assigned in a document or chat; change or delete it there")
        self.title = title


class DefaultListKept(TaskRefused):
    """The default list cannot be deleted."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” is the default list; Google never deletes it")
        self.title = title


class AlreadyCleared(TaskRefused):
    """The completed tasks were already cleared at Google, which has no way back."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"Google has cleared {count} of them already; reopen one to bring it back into sight"
        )
        self.count = count


class OutOfSight(TaskRefused):
    """The task was cleared away; it has to be reopened before it can be moved."""

    def __init__(self, title: str) -> None:
        super().__init__(f"“{title}” is done and cleared away; reopen it to move it")
        self.title = title


class ChangedSince(TaskRefused):
    """The task was changed again meanwhile, so the earlier value was not put back."""

    def __init__(self, title: str, fields: tuple[str, ...]) -> None:
        super().__init__(
            f"the {' and '.join(fields)} of “{title}” changed again meanwhile; left as it is now"
        )
        self.title, self.fields = title, fields


class ConflictNotFound(TaskRefused):
    """No open conflict has this id."""

    def __init__(self, conflict_id: str) -> None:
        super().__init__(f"no open conflict {conflict_id}")
        self.conflict_id = conflict_id


class Unavailable(Exception):
    """Google Tasks cannot be used at the moment; what you changed waits here."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class SignInNeeded(Unavailable):
    """Google no longer accepts the stored sign-in; link the account again."""


class ScopeMissing(Unavailable):
    """The sign-in was made without the Google Tasks box ticked; link again and tick it."""


class OtherAccount(Unavailable):
    """The sign-in belongs to another Google account than the tasks here."""


class ClientRejected(Unavailable):
    """Google does not know this client id or secret; check the settings."""


class Offline(Unavailable):
    """Google was not reached; nothing was sent."""


class OutcomeUnknown(Unavailable):
    """The line broke after something was sent; whether it was done is not known yet."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.timed_out = timed_out


class ServerTrouble(OutcomeUnknown):
    """Google answered with a failure of its own."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"Google Tasks answered {status}")
        self.status, self.retry_after = status, retry_after


class RateLimited(Unavailable):
    """Google asks for a slower pace."""


class DailyQuotaSpent(Unavailable):
    """Google takes no more requests today."""


class RequestRefused(Exception):
    """Google understood the request and declined it."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"Google Tasks answered {status} {reason}: {message}")
        self.status, self.reason, self.message = status, reason, message


class RemoteNotFound(RequestRefused):
    """Google has no such task or list (any more)."""


class RemoteChanged(RequestRefused):
    """The task was changed at Google since it was last looked at."""


class RequestInvalid(RequestRefused):
    """Google does not accept this."""


class LinkFailed(Exception):
    """Linking the account did not work; start again."""


class ArchiveDamaged(Exception):
    """The file is not a task archive, or is damaged."""


class AlreadySyncing(Exception):
    """Another process brings these tasks in step already."""
