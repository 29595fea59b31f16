"""Bringing the list here and Google's to agreement: read, merge, then send. Decides nothing itself.

The order of one run: rows left over from a crash are called uncertain; the account is checked;
second copies are swept; everything is read and merged; unanswered inserts are looked for; the
outbox is sent. A run never waits for longer than the pace of changes asks; what has to wait waits
in the database, and the report says until when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from tasks_sync.conflicts import conflict_of
from tasks_sync.errors import (
    AlreadySyncing,
    ClientRejected,
    DailyQuotaSpent,
    ListNotFound,
    OtherAccount,
    RateLimited,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    Unavailable,
)
from tasks_sync.forgotten import tell_forgotten
from tasks_sync.lists import cursor_of
from tasks_sync.means import Means
from tasks_sync.mirror import Mirror, Told
from tasks_sync.notices import (
    GoogleAway,
    LinkedAgain,
    MoveReverted,
    NeedsClient,
    NeedsSameAccount,
    NeedsScope,
    NeedsSignIn,
    Notice,
    PausedForToday,
    StorageFailed,
    TaskCameBack,
    ValuesLost,
)
from tasks_sync.outbox import count_waiting
from tasks_sync.pace import (
    DAILY_REQUESTS,
    Bucket,
    backoff_seconds,
    next_quota_day,
    quota_day,
)
from tasks_sync.pull import Pull
from tasks_sync.push import Pacing, Push, PushPolicy
from tasks_sync.reading import Progress
from tasks_sync.remote import Remote
from tasks_sync.rows import (
    OpState,
    TaskAccountRow,
    TaskConflictRow,
    TaskListRow,
    TaskOutboxRow,
    TaskResentRow,
)
from tasks_sync.settle import Settle, recover
from tasks_sync.standing import Standing, SyncState, account_of, state_of
from tasks_sync.writes import ensure_default_list

LONGEST_RETRY_SECONDS = 30.0


@dataclass(frozen=True)
class SyncSettings:
    """What the person may choose about syncing."""

    strict_inserts: bool = False
    most_changes_per_run: int = 200
    daily_requests: int = DAILY_REQUESTS


@dataclass(frozen=True)
class SyncReport:
    """What one run did. `again_at`: when another run has something to do, besides polling."""

    pulled: int
    pushed: int
    conflicts: tuple[str, ...]
    notices: tuple[Notice, ...]
    waiting: int
    requests: int
    again_at: datetime | None
    complete: bool


@dataclass
class Sync:
    """Keeps one database and one account in step; one run at a time."""

    remote: Remote
    means: Means
    settings: SyncSettings
    progress: Callable[[Progress], None] = lambda _progress: None
    _turn: Lock = field(default_factory=Lock)
    _pacing: Pacing = field(default_factory=lambda: Pacing(Bucket()))
    _failures: int = 0

    def run(self) -> SyncReport:
        """Sync once. What fails is in the report; only bugs are raised, and AlreadySyncing."""
        if not self._turn.acquire(blocking=False):
            raise AlreadySyncing
        try:
            return self._run()
        finally:
            self._turn.release()

    def state(self) -> SyncState:
        """Tell how things stand, from the database alone."""
        with self.means.reading() as session:
            return state_of(session)

    def lost_in(self, report: SyncReport) -> ValuesLost | None:
        """Give what lost in a run, as far as no notice of the run says it already."""
        said = {
            (notice.task_id, "task" if isinstance(notice, TaskCameBack) else "place")
            for notice in report.notices
            if isinstance(notice, TaskCameBack | MoveReverted)
        }
        with self.means.reading() as session:
            rows = [session.get_one(TaskConflictRow, each) for each in report.conflicts]
            lost = tuple(
                conflict_of(session, row) for row in rows if (row.task_id, row.field) not in said
            )
        return ValuesLost(lost) if lost else None

    def answer_removal(self, list_id: str, *, allow: bool) -> None:
        """Answer a MassRemoval: let the tasks go at the next run, or make them anew at Google."""
        with self.means.transaction() as session:
            mirror = Mirror(session, self.means, Told(), timedelta())
            if session.get(TaskListRow, list_id) is None:
                raise ListNotFound(list_id)
            cursor_of(mirror, list_id).removal = "allow" if allow else "keep"

    # One run

    def _run(self) -> SyncReport:
        told, before = Told(), self.remote.requests
        complete, again_at = False, None
        try:
            recover(self.means)
            if self._ready(told):
                more = self._agree(told)
                complete = not more
                again_at = self.means.now() if more else None
                self._failures = 0
        except Unavailable as trouble:
            again_at = self._unavailable(told, trouble)
        except RequestRefused as refusal:
            again_at = self._away(told, str(refusal), None)
        except OperationalError as trouble:
            again_at = self._retry_at(None)
            told.notices.append(StorageFailed(str(trouble.orig)))
        return self._report(told, self.remote.requests - before, again_at, complete=complete)

    def _agree(self, told: Told) -> bool:
        ahead = self._ahead()
        settle = Settle(self.remote, self.means, told, ahead)
        settle.sweep_twins()
        pull = Pull(self.remote, self.means, told, ahead, self.progress)
        pull.run()
        tell_forgotten(self.means)
        ahead = self._ahead()
        settle = Settle(self.remote, self.means, told, ahead)
        settle.look_for_inserts()
        settle.stop_watching()
        policy = PushPolicy(self.settings.strict_inserts, self.settings.most_changes_per_run)
        push = Push(self.remote, self.means, told, ahead, self._pacing, policy, pull.held)
        more = push.run()
        self._note_agreement(told, push.paused_until)
        return more

    def _ready(self, told: Told) -> bool:
        """Check that there is an account to sync with, and that it is the right one."""
        link_id = self.remote.link_id
        with self.means.reading() as session:
            state = state_of(session)
            account = session.get(TaskAccountRow, 1)
            known_link = account.link_id if account else None
        if link_id is None:
            return False
        paused = state.paused_until
        if paused is not None and paused > self.means.now():
            return False
        if link_id != known_link:
            return self._check_account(told, link_id)
        # A sign-in that was refused is not tried again: only a new one can help.
        return state.standing is Standing.LINKED

    def _check_account(self, told: Told, link_id: str) -> bool:
        default = self.remote.default_list()
        with self.means.transaction() as session:
            account = account_of(session)
            account.link_id = link_id
            if account.account_key not in (None, default.id):
                account.standing = Standing.OTHER_ACCOUNT
                told.notices.append(NeedsSameAccount())
                return False
            if account.account_key is None:
                self._join_default(session, default.id)
                account.account_key = default.id
            account.standing = Standing.LINKED
            told.notices.append(LinkedAgain(count_waiting(session)))
            return True

    def _join_default(self, session: Session, remote_id: str) -> None:
        """Make the default list here and the account's default list the same list."""
        default = ensure_default_list(session, new_id=self.means.new_id, now=self.means.now)
        row = session.get_one(TaskListRow, default.id)
        row.remote_id = remote_id
        session.flush()

    # Clocks and counts

    def _ahead(self) -> timedelta:
        seconds = self.remote.server_ahead_seconds
        if seconds is None:
            with self.means.reading() as session:
                account = session.get(TaskAccountRow, 1)
                seconds = account.clock_offset_seconds if account else 0.0
        return timedelta(seconds=seconds)

    def _note_agreement(self, told: Told, paused_until: datetime | None) -> None:
        now = self.means.now()
        with self.means.transaction() as session:
            account = account_of(session)
            account.paused_until = paused_until
            account.clock_offset_seconds = self._ahead().total_seconds()
            if count_waiting(session) == 0:
                account.last_agreed_at = now
        if paused_until is not None and paused_until - now > timedelta(hours=1):
            told.notices.append(PausedForToday(paused_until))

    def _report(
        self, told: Told, requests: int, again_at: datetime | None, *, complete: bool
    ) -> SyncReport:
        with self.means.transaction() as session:
            self._count_requests(session, requests)
            waiting = state_of(session).waiting
            again_at = self._again_at(session, again_at, complete=complete)
        return SyncReport(
            pulled=told.pulled,
            pushed=told.pushed,
            conflicts=tuple(told.conflicts),
            notices=tuple(told.notices),
            waiting=waiting,
            requests=requests,
            again_at=again_at,
            complete=complete,
        )

    def _count_requests(self, session: Session, requests: int) -> None:
        now, account = self.means.now(), account_of(session)
        if account.budget_day != quota_day(now):
            account.budget_day, account.budget_used = quota_day(now), 0
        account.budget_used += requests
        account.last_run_at = now

    def _again_at(
        self, session: Session, asked: datetime | None, *, complete: bool
    ) -> datetime | None:
        """Give when something waits for the clock; what waits for another row wakes nobody."""
        now, paused = self.means.now(), account_of(session).paused_until
        if paused is not None and paused > now:
            return paused
        if asked is not None:
            return asked
        if complete:
            asked = session.exec(
                select(TaskOutboxRow.next_at)
                .where(
                    col(TaskOutboxRow.state).in_([OpState.QUEUED, OpState.UNCERTAIN]),
                    col(TaskOutboxRow.next_at) > now,
                )
                .order_by(col(TaskOutboxRow.next_at))
            ).first()
        twin = select(TaskResentRow).where(col(TaskResentRow.twin_remote_id).is_not(None))
        return now if asked is None and session.exec(twin).first() is not None else asked

    # What can go wrong

    def _unavailable(self, told: Told, trouble: Unavailable) -> datetime | None:
        match trouble:
            case SignInNeeded():
                self._stand(told, Standing.SIGN_IN_NEEDED, NeedsSignIn())
                return None
            case ScopeMissing():
                self._stand(told, Standing.SCOPE_MISSING, NeedsScope())
                return None
            case ClientRejected():
                self._stand(told, Standing.CLIENT_REJECTED, NeedsClient(str(trouble)))
                return None
            case OtherAccount():
                self._stand(told, Standing.OTHER_ACCOUNT, NeedsSameAccount())
                return None
            case DailyQuotaSpent():
                until = next_quota_day(self.means.now())
                self._pause(until)
                told.notices.append(PausedForToday(until))
                return until
            case RateLimited():
                self._pacing.bucket = self._pacing.bucket.slower()
                return self._away(told, str(trouble), trouble.retry_after)
            case _:
                return self._away(told, str(trouble), trouble.retry_after)

    def _stand(self, told: Told, standing: Standing, notice: Notice) -> None:
        with self.means.transaction() as session:
            account = account_of(session)
            account.link_id = self.remote.link_id
            if account.standing != standing:
                # Said once; until a new sign-in there is nothing new to say.
                told.notices.append(notice)
            account.standing = standing

    def _pause(self, until: datetime) -> None:
        with self.means.transaction() as session:
            account_of(session).paused_until = until

    def _away(self, told: Told, why: str, asked: float | None) -> datetime:
        retry_at = self._retry_at(asked)
        told.notices.append(GoogleAway(why, retry_at))
        return retry_at

    def _retry_at(self, asked: float | None) -> datetime:
        self._failures += 1
        longest = max(LONGEST_RETRY_SECONDS, asked or 0.0)
        seconds = backoff_seconds(self._failures, self.means.rng, asked=asked, longest=longest)
        return self.means.now() + timedelta(seconds=seconds)
