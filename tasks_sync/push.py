"""Telling Google what changed here, one row of the outbox at a time. Deciding is elsewhere.

SENDING is committed before the first byte; what Google answers is committed with the removal of
the row. Whatever happens in between leaves a row that says "sent, outcome unknown".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlmodel import Session, col, select

from tasks_sync.acknowledging import Answer, acknowledge
from tasks_sync.arrangement import repair
from tasks_sync.calls import (
    Call,
    ClearList,
    DeleteList,
    DeleteTask,
    InsertList,
    InsertTask,
    MoveTask,
    NothingToTell,
    NotYet,
    PatchTask,
    RenameList,
)
from tasks_sync.errors import (
    DailyQuotaSpent,
    OutcomeUnknown,
    RateLimited,
    RemoteChanged,
    RemoteNotFound,
    RequestInvalid,
    RequestRefused,
    ServerTrouble,
    Unavailable,
)
from tasks_sync.lists import cursor_of
from tasks_sync.means import Means
from tasks_sync.merge import Lost
from tasks_sync.mirror import Mirror, Told
from tasks_sync.moves import plan_moves
from tasks_sync.notices import ClearHeld, MoveReverted, Quarantined
from tasks_sync.pace import Bucket, backoff_seconds, next_quota_day
from tasks_sync.plan import MOST_REFUSALS, quiet_until
from tasks_sync.prepare import Preparer
from tasks_sync.remote import Remote, RemotePlace, RemoteTask
from tasks_sync.rows import (
    OpState,
    TaskListRow,
    TaskOutboxRow,
    TaskRow,
)

MOST_UNKNOWNS = 3
MOST_REBASES = 3


@dataclass
class Pacing:
    """The pace of changes, kept from run to run."""

    bucket: Bucket
    throttled: int = 0


@dataclass(frozen=True)
class PushPolicy:
    """How changes are sent: with marks in new notes or not, and at most so many in one run."""

    strict: bool
    most_changes: int


class Push:
    """One emptying of the outbox, as far as Google allows."""

    def __init__(
        self,
        remote: Remote,
        means: Means,
        told: Told,
        ahead: timedelta,
        pacing: Pacing,
        policy: PushPolicy,
        held_lists: set[str],
    ) -> None:
        self._remote, self._means, self._told, self._ahead = remote, means, told, ahead
        self._pacing, self._policy, self._held = pacing, policy, held_lists
        self._unknowns = 0
        self.paused_until: datetime | None = None

    def run(self) -> bool:
        """Send what is ready; tell whether more is ready than one run may send."""
        with self._means.transaction() as session:
            plan_moves(self._mirror(session))
        while self.paused_until is None:
            sent_before = self._told.pushed
            tried = self._sweep()
            if not tried or self._told.pushed == sent_before:
                return False
            if self._told.pushed >= self._policy.most_changes:
                return True
        return False

    def _sweep(self) -> bool:
        """Try every row that is ready once, oldest first; tell whether any was sent."""
        tried = False
        for seq in self._ready():
            if self.paused_until is not None or self._told.pushed >= self._policy.most_changes:
                return tried
            tried = self._one(seq) or tried
            if self._unknowns >= MOST_UNKNOWNS:
                raise OutcomeUnknown("Google Tasks fails again and again")
        return tried

    def _ready(self) -> list[int]:
        wanted = (
            select(TaskOutboxRow.seq)
            .where(
                TaskOutboxRow.state == OpState.QUEUED,
                col(TaskOutboxRow.next_at) <= self._means.now(),
            )
            .order_by(col(TaskOutboxRow.seq))
        )
        with self._means.reading() as session:
            return [seq for seq in session.exec(wanted) if seq is not None]

    def _one(self, seq: int) -> bool:
        """Send one row; tell whether a request was made."""
        call = self._claim(seq)
        if call is None:
            return False
        self._wait_for_turn()
        try:
            answer = self._send(call)
        except RequestRefused as refusal:
            self._refused(seq, call, refusal)
        except Unavailable as trouble:
            self._unanswered(seq, call, trouble)
        else:
            self._answered(seq, call, answer)
        return True

    def _claim(self, seq: int) -> Call | None:
        """Work out the call of a row and mark it as being sent; None when there is none."""
        with self._means.transaction() as session:
            op = session.get(TaskOutboxRow, seq)
            if op is None or op.state != OpState.QUEUED or self._behind_another(session, op):
                return None
            mirror = self._mirror(session)
            preparer = Preparer(mirror, strict=self._policy.strict, held_lists=self._held)
            call = preparer.prepare(op)
            if isinstance(call, ClearList) and self._clear_held(preparer, op):
                return None
            match call:
                case NothingToTell():
                    if session.get(TaskOutboxRow, seq) is not None:
                        session.delete(op)
                    return None
                case NotYet():
                    return None
                case _:
                    if op.task_id is not None:
                        op.list_id = session.get_one(TaskRow, op.task_id).list_id
                    op.state, op.sent_at = OpState.SENDING, self._server_now()
                    op.timed_out, op.attempts = True, op.attempts + 1
                    op.based_on_etag = call.etag if isinstance(call, PatchTask) else None
                    return call

    def _behind_another(self, session: Session, op: TaskOutboxRow) -> bool:
        if op.task_id is None:
            return False
        earlier = select(TaskOutboxRow.seq).where(
            TaskOutboxRow.task_id == op.task_id,
            col(TaskOutboxRow.seq) < op.seq,
            col(TaskOutboxRow.state) != OpState.REJECTED,
        )
        return session.exec(earlier).first() is not None

    def _wait_for_turn(self) -> None:
        self._pacing.bucket, seconds = self._pacing.bucket.take(self._means.now())
        if seconds > 0:
            self._means.sleep(seconds)

    def _send(self, call: Call) -> Answer:
        match call:
            case InsertTask(list_id, task):
                return self._remote.insert(list_id, task)
            case PatchTask(list_id, task_id, etag, changes):
                return self._remote.patch(list_id, task_id, etag, changes)
            case MoveTask():
                return self._send_move(call)
            case DeleteTask(list_id, task_id, etag):
                self._remote.delete(list_id, task_id, etag)
                return None
            case InsertList(title):
                return self._remote.insert_list(title)
            case RenameList(list_id, title):
                return self._remote.rename_list(list_id, title)
            case DeleteList(list_id):
                self._remote.delete_list(list_id)
                return None
            case ClearList(list_id):
                self._remote.clear(list_id)
                return None
            case _:
                assert_never(call)

    def _send_move(self, call: MoveTask) -> RemoteTask:
        if call.place.to_list_id is None:
            return self._remote.move(call.list_id, call.task_id, call.place)
        if call.asked_before and (there := self._arrived(call, call.place.to_list_id)):
            return there
        try:
            return self._remote.move(call.list_id, call.task_id, call.place)
        except RemoteNotFound:
            # A subtask may have followed its parent; one that is nowhere is another matter.
            if there := self._arrived(call, call.place.to_list_id):
                return there
            raise

    def _arrived(self, call: MoveTask, list_id: str) -> RemoteTask | None:
        """Give the task if it is in the list already, put where it belongs there."""
        try:
            if self._remote.task(list_id, call.task_id).deleted:
                return None
        except RemoteNotFound:
            return None
        place = RemotePlace(call.place.parent_id, call.place.previous_id)
        return self._remote.move(list_id, call.task_id, place)

    # It was done

    def _answered(self, seq: int, call: Call, answer: Answer) -> None:
        self._unknowns = self._pacing.throttled = 0
        self._pacing.bucket = self._pacing.bucket.recovered()
        self._told.pushed += 1
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            session.delete(op)
            session.flush()
            acknowledge(self._mirror(session), op, call, answer)

    # It was not done, or nobody knows

    def _unanswered(self, seq: int, call: Call, trouble: Unavailable) -> None:
        match trouble:
            case OutcomeUnknown():
                self._unknowns += 1
                self._unknown(seq, call, trouble)
            case RateLimited():
                self._pacing.throttled += 1
                self._pacing.bucket = self._pacing.bucket.slower()
                seconds = backoff_seconds(
                    self._pacing.throttled + 2, self._means.rng, asked=trouble.retry_after
                )
                self.paused_until = self._means.now() + timedelta(seconds=seconds)
                self._requeue(seq, str(trouble))
            case DailyQuotaSpent():
                self.paused_until = next_quota_day(self._means.now())
                self._requeue(seq, str(trouble))
            case _:
                self._requeue(seq, str(trouble))
                raise trouble

    def _unknown(self, seq: int, call: Call, trouble: OutcomeUnknown) -> None:
        now = self._means.now()
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            op.timed_out, op.trouble = trouble.timed_out, str(trouble)
            if isinstance(call, InsertTask | InsertList):
                op.state, op.probes = OpState.UNCERTAIN, 0
                # Nothing marks a late second list as ours, so for a list the long silence is kept.
                long = trouble.timed_out or isinstance(call, InsertList)
                op.next_at = quiet_until(now, timed_out=long)
                return
            # Each of these can be repeated: If-Match, or an end state that is the same twice.
            op.state = OpState.QUEUED
            asked = trouble.retry_after if isinstance(trouble, ServerTrouble) else None
            seconds = backoff_seconds(op.attempts, self._means.rng, asked=asked, longest=30.0)
            op.next_at = now + timedelta(seconds=seconds)

    def _requeue(self, seq: int, trouble: str, *, wait: float = 0.0) -> None:
        """Put a row back that was certainly not carried out."""
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            op.state, op.trouble = OpState.QUEUED, trouble
            op.attempts -= 1
            op.next_at = self._means.now() + timedelta(seconds=wait)

    # Google declined

    def _refused(self, seq: int, call: Call, refusal: RequestRefused) -> None:
        self._unknowns = 0
        match refusal, call:
            case RemoteChanged(), PatchTask() | DeleteTask():
                self._look_again(seq, call)
            case RemoteNotFound(), DeleteTask() | DeleteList():
                self._answered(seq, call, None)
            case RemoteNotFound(), PatchTask():
                self._look_again(seq, call)
            case _, MoveTask():
                self._move_refused(seq, call, refusal)
            case _:
                self._count_refusal(seq, refusal)

    def _look_again(self, seq: int, call: PatchTask | DeleteTask) -> None:
        """Read the task, merge, and let the next sweep send what is left to say."""
        try:
            shown: RemoteTask | None = self._remote.task(call.list_id, call.task_id)
        except RemoteNotFound:
            shown = None
        except Unavailable:
            self._requeue(seq, "changed at Google; could not look")
            raise
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            op.state, op.attempts, op.refusals = OpState.QUEUED, 0, op.refusals + 1
            mirror = self._mirror(session)
            row = session.get_one(TaskRow, str(op.task_id))
            base = mirror.base(row)
            if base is None:
                return
            fate = mirror.absorb(row, shown or mirror.vanished(row), base.list_id)
            repair(mirror, row.list_id)
            self._told.pushed += fate is not None
            if op.refusals > MOST_REBASES and session.get(TaskOutboxRow, seq) is not None:
                self._reject(mirror, op, "it keeps being changed at Google")

    def _move_refused(self, seq: int, call: MoveTask, refusal: RequestRefused) -> None:
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            op.state, op.trouble, op.attempts = OpState.QUEUED, str(refusal), 0
            op.refusals += 1
            mirror = self._mirror(session)
            row = session.get_one(TaskRow, str(op.task_id))
            cursor_of(mirror, row.list_id).list_etag = None
            final = call.place.to_list_id is not None and isinstance(refusal, RequestInvalid)
            if final or op.refusals > MOST_REFUSALS:
                self._revert_move(mirror, op, row, refusal)
            else:
                op.next_at = self._means.now() + timedelta(seconds=op.refusals)

    def _revert_move(
        self, mirror: Mirror, op: TaskOutboxRow, row: TaskRow, refusal: RequestRefused
    ) -> None:
        base = mirror.base(row)
        assert base is not None, "only tasks known to Google are moved there"
        spot = mirror.spot_of_base(base)
        mirror.session.delete(op)
        lost = Lost("place", f"{row.list_id}/{row.parent_id or ''}", spot.list_id, "here")
        mirror.remember(lost, task_id=row.id, list_id=row.list_id)
        row.list_id, row.parent_id, row.place_at = spot.list_id, spot.parent_id, None
        mirror.session.flush()
        cursor_of(mirror, spot.list_id).list_etag = None
        mirror.event("move reverted", row.id, str(refusal))
        self._told.notices.append(MoveReverted(row.id, row.title, refusal.message))

    def _count_refusal(self, seq: int, refusal: RequestRefused) -> None:
        with self._means.transaction() as session:
            op = session.get_one(TaskOutboxRow, seq)
            op.state, op.trouble, op.attempts = OpState.QUEUED, str(refusal), op.attempts - 1
            op.refusals += 1
            op.next_at = self._means.now() + timedelta(seconds=2.0**op.refusals)
            if op.refusals > MOST_REFUSALS:
                self._reject(self._mirror(session), op, refusal.message)

    def _reject(self, mirror: Mirror, op: TaskOutboxRow, why: str) -> None:
        op.state, op.trouble = OpState.REJECTED, why
        title = mirror.session.get_one(TaskListRow, op.list_id).title
        if op.task_id is not None:
            title = mirror.session.get_one(TaskRow, op.task_id).title
        mirror.event("set aside", op.task_id, why)
        self._told.notices.append(Quarantined(op.task_id, title, why))

    def _clear_held(self, preparer: Preparer, op: TaskOutboxRow) -> bool:
        """Stop a clearing that would hide more than the person saw, and ask again."""
        more = preparer.completed_in_sight(op.list_id)
        if more == 0:
            return False
        cleared = preparer.cleared_here(op.list_id)
        for row in cleared:
            row.hidden = False
        session = preparer.session
        session.delete(op)
        title = session.get_one(TaskListRow, op.list_id).title
        self._told.notices.append(ClearHeld(op.list_id, title, len(cleared), more))
        return True

    def _mirror(self, session: Session) -> Mirror:
        return Mirror(session, self._means, self._told, self._ahead)

    def _server_now(self) -> datetime:
        return self._means.now() + self._ahead
