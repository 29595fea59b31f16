"""Keeping the list and Google in step while the assistant runs, and linking the account.

The sync itself is `tasks_sync.sync`; here is when it runs and who hears of what it has to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from bot.conversation.meaning import BeginLink, Errand, FinishLink, SyncNow
from bot.conversation.speak.google import ConsentAt, ErrandDone, Linked, NotLinked, Synced, SyncSoon
from bot.lock import SYNCING, FolderInUse, hold
from tasks_sync import LinkFailed
from tasks_sync.notices import (
    GoogleAway,
    NeedsClient,
    NeedsSameAccount,
    NeedsScope,
    NeedsSignIn,
    Notice,
    PausedForToday,
)
from tasks_sync.pace import DAILY_REQUESTS, poll_seconds
from tasks_sync.standing import Standing, SyncState

if TYPE_CHECKING:
    from tasks_sync.google.link import Linking
    from tasks_sync.reading import Progress
    from tasks_sync.sync import Sync, SyncReport

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Account:
    """The sync with the linked account, and what closes its line."""

    sync: Sync
    close: Callable[[], None]


@dataclass(frozen=True)
class LastRun:
    """A run of the loop: when it ended, what waited then, and when it asked to be run again."""

    at: datetime
    waiting: int
    requests_today: int
    again_at: datetime | None


def is_due(last: LastRun, now: datetime, last_heard: datetime | None, *, night: bool) -> bool:
    """Tell whether another run is due; asked anew each moment, since a word brings it forward."""
    if last.again_at is not None and now >= last.again_at:
        return True
    seconds = poll_seconds(
        now, last_heard, night=night, used=last.requests_today, daily=DAILY_REQUESTS
    )
    return now - last.at >= timedelta(seconds=seconds)


@dataclass
class Syncing:
    """The sync of one data folder: made when it is first needed, run by one process at a time."""

    home: Path
    make: Callable[[], Account]
    is_linked: Callable[[], bool]
    unsynced: Callable[[], int]
    now: Callable[[], datetime]
    last_heard: Callable[[], datetime | None]
    is_night: Callable[[datetime], bool]
    say: Callable[[Sequence[Notice]], None]
    _hurry: Event = field(default_factory=Event)
    _made: Account | None = None
    _making: Lock = field(default_factory=Lock)

    def hurry(self) -> None:
        """Have the loop run now and not at its next time."""
        self._hurry.set()

    def once(self, progress: Callable[[Progress], None] = lambda _: None) -> SyncReport | None:
        """Sync once, now; None without an account. Raises FolderInUse when another process does."""
        if not self.is_linked():
            return None
        sync = self._sync()
        if sync.remote.link_id is None:  # the file of the sign-in is there, but damaged
            return None
        with hold(self.home, "sync", lock=SYNCING):
            sync.progress = progress
            report = sync.run()
        lost = sync.lost_in(report)
        self.say([*report.notices, *([lost] if lost else [])])
        return report

    def held_up(self, report: SyncReport) -> Notice | None:
        """Say what keeps the two sides apart after a run, if a notice of that run does not."""
        return what_holds_up(report, self._sync().state(), self.now())

    @contextmanager
    def running(self) -> Iterator[str]:
        """Keep in step on a thread of its own while the block runs; names itself."""
        stop = Event()
        thread = Thread(target=self._loop, args=(stop,), name="sync", daemon=True)
        thread.start()
        try:
            yield "Google Tasks" if self.is_linked() else "Google Tasks (not linked)"
        finally:
            stop.set()
            self._hurry.set()
            thread.join(timeout=3.0)

    def _loop(self, stop: Event) -> None:
        last: LastRun | None = None
        while not stop.is_set():
            hurried = self._hurry.wait(LOOK_SECONDS)
            self._hurry.clear()
            if stop.is_set():
                return
            if hurried or last is None or self._is_due(last):
                last = self._run()

    def _run(self) -> LastRun:
        report = self._once_safely()
        if report is None:
            return LastRun(self.now(), self.unsynced(), 0, None)
        used = self._sync().state().requests_today
        return LastRun(self.now(), report.waiting, used, report.again_at)

    def _is_due(self, last: LastRun) -> bool:
        now = self.now()
        return self.unsynced() > last.waiting or is_due(
            last, now, self.last_heard(), night=self.is_night(now)
        )

    def _once_safely(self) -> SyncReport | None:
        """The boundary for bugs of the sync: logged, and tried again at the next time."""
        try:
            return self.once()
        except FolderInUse:
            return None
        except Exception:
            log.exception("the sync failed; it is tried again")
            return None

    def _sync(self) -> Sync:
        with self._making:
            if self._made is None:
                self._made = self.make()
            return self._made.sync

    def close(self) -> None:
        """Let go of the line to Google, if there is one."""
        with self._making:
            if self._made is not None:
                self._made.close()
                self._made = None


def what_holds_up(report: SyncReport, state: SyncState, now: datetime) -> Notice | None:
    """Name what keeps the two apart after a run: out of reach just now, or told in an earlier run.

    A message about the latter was sent once; whoever asks again is told again.
    """
    told = {type(notice) for notice in report.notices}
    until = state.paused_until
    if until is not None and until > now and PausedForToday not in told:
        return PausedForToday(until)
    if report.complete:
        return None
    if report.notices:
        return next((each for each in report.notices if isinstance(each, GoogleAway)), None)
    return STANDING_SAYS.get(state.standing)


STANDING_SAYS: Mapping[Standing, Notice] = {
    Standing.SIGN_IN_NEEDED: NeedsSignIn(),
    Standing.SCOPE_MISSING: NeedsScope(),
    Standing.OTHER_ACCOUNT: NeedsSameAccount(),
    Standing.CLIENT_REJECTED: NeedsClient("Google does not accept the client or its project"),
}


@dataclass(frozen=True)
class Errands:
    """What is done over the network on the person's word, never while the door is held."""

    syncing: Syncing
    linking: Callable[[], Linking | None]

    def run(self, errand: Errand) -> ErrandDone:
        """Run an errand and give what came of it."""
        match errand:
            case BeginLink():
                return self._begin()
            case FinishLink(pasted=pasted):
                return self._finish(pasted)
            case SyncNow():
                return self._sync_now()

    def _sync_now(self) -> ErrandDone:
        try:
            report = self.syncing.once()
        except FolderInUse:
            return SyncSoon(linked=True)
        if report is None:
            return SyncSoon(linked=False)
        held_up = self.syncing.held_up(report)
        return Synced(report.pulled, report.pushed, report.waiting, report.complete, held_up)

    def _begin(self) -> ErrandDone:
        linking = self.linking()
        if linking is None:
            return NotLinked(
                "it needs an OAuth client of the kind “desktop app”. Run `touchbase setup google` "
                "once, which says how to get one."
            )
        return ConsentAt(linking.begin())

    def _finish(self, pasted: str) -> ErrandDone:
        linking = self.linking()
        if linking is None:
            return NotLinked("no sign-in was begun. /link begins one.")
        try:
            linking.finish(pasted)
        except LinkFailed as why:
            return NotLinked(f"{why}. /link gives a new address.")
        self.syncing.hurry()
        return Linked()
