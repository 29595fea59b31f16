"""Deciding whether a check-in says something now, and about which tasks. It sends nothing.

The rules keep silence in code: a day's budget, room between messages, quiet hours, none while the
person is busy with us, and a ladder of days for each task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate
from typing import TypeAlias

from heartbeat.heartbeat_file import Periodic
from heartbeat.pressing import NextUp, Pressing, by_pressure
from heartbeat.said import Quiet, UnfinishedStudy
from tasks_sync import Task

UNHEARD_COST_ONE = 3
"""So many check-ins in a row without a reaction make the day's budget smaller by one."""


@dataclass(frozen=True)
class NudgeRules:
    """How often and when we may speak unasked."""

    per_day: int = 3
    kept_for_review: int = 1
    apart: timedelta = timedelta(minutes=90)
    after_activity: timedelta = timedelta(minutes=30)
    quiet_from: time = time(22, 0)
    quiet_to: time = time(7, 0)
    ladder_days: tuple[int, ...] = (1, 2, 4, 7)
    ask_after_ignored: int = 3
    most_tasks: int = 3
    undated_after: timedelta = timedelta(days=2)
    reaction_within: timedelta = timedelta(hours=2)
    away_after: timedelta = timedelta(days=1)
    long_away_after: timedelta = timedelta(days=3)


@dataclass(frozen=True)
class PastMessage:
    """Something we said unasked: when, about which tasks, and when the person next reacted.

    `check_in` is False for briefings and reviews, which count for the budget but not the ladder.
    """

    at: datetime
    task_ids: tuple[str, ...] = ()
    check_in: bool = True
    reacted_at: datetime | None = None


@dataclass(frozen=True)
class Present:
    """What is known when a check-in is due.

    `history` is what we said unasked, oldest first, at least a month of it; `paused_until`
    is a pause that the person set;
    `standing` are unticked lines of HEARTBEAT.md, `prompts` its periodic ones that are due,
    `complaints` what could not be understood in it and was not told yet.
    """

    open_tasks: Sequence[Task] = ()
    history: Sequence[PastMessage] = ()
    last_activity: datetime | None = None
    paused_until: datetime | None = None
    unfinished: UnfinishedStudy | None = None
    standing: Sequence[str] = ()
    prompts: Sequence[Periodic] = ()
    complaints: Sequence[str] = ()


@dataclass(frozen=True)
class Bring:
    """A task to bring up as it is; `times_ignored` is how often it was passed over before."""

    pressing: Pressing
    times_ignored: int = 0


@dataclass(frozen=True)
class AskWhatNow:
    """A task passed over so often that the question is: another day, or drop it?"""

    pressing: Pressing
    times_ignored: int


Topic: TypeAlias = Bring | AskWhatNow


@dataclass(frozen=True)
class Nudge:
    """One check-in: at most a few tasks, lines of HEARTBEAT.md, and what is half done."""

    topics: tuple[Topic, ...]
    unfinished: UnfinishedStudy | None = None
    standing: tuple[str, ...] = ()
    prompts: tuple[Periodic, ...] = ()
    complaints: tuple[str, ...] = ()
    more: int = 0

    @property
    def task_ids(self) -> tuple[str, ...]:
        """Name the tasks it is about, for the history."""
        return tuple(topic.pressing.task.id for topic in self.topics)

    @property
    def brought_up(self) -> tuple[str, ...]:
        """Name what must not be brought up again too soon, for the memory of it."""
        return (*(prompt.name for prompt in self.prompts), *self.complaints)


@dataclass(frozen=True)
class Wait:
    """There is something to say, but a better moment comes at `until`."""

    until: datetime
    because: str


def check_in(
    present: Present, rules: NudgeRules, *, now: datetime, timezone: tzinfo
) -> Nudge | Wait | Quiet:
    """Decide what a check-in at `now` says, if anything.

    `Wait` means: ask again at `until` while the slot's grace lasts.
    """
    nudge = worth_saying(present, rules, now, timezone)
    if isinstance(nudge, Quiet):
        return nudge
    return kept_back(present, rules, now, timezone) or nudge


def kept_back(
    present: Present, rules: NudgeRules, now: datetime, timezone: tzinfo
) -> Wait | Quiet | None:
    """Give the first rule that forbids a check-in now, if one does."""
    if in_quiet_hours(now.astimezone(timezone).time(), rules):
        return Quiet(f"quiet hours, {rules.quiet_from:%H:%M} to {rules.quiet_to:%H:%M}")
    if silence := silence_asked(present, rules, now=now, timezone=timezone):
        return silence
    today = said_on(present.history, now.astimezone(timezone).date(), timezone)
    if len(today) >= budget_of(present.history, rules) - rules.kept_for_review:
        return Quiet("the day's last unasked message is kept for the review")
    if any(said.check_in and not said.reacted_at for said in today):
        return Quiet("today's earlier check-in still waits for an answer")
    return next(too_soon(present, rules, now), None)


def silence_asked(
    present: Present, rules: NudgeRules, *, now: datetime, timezone: tzinfo
) -> Quiet | None:
    """Give the rule that forbids a check-in as well as a review now, if one does.

    The briefing is bound by a pause only: it is what remains when the rest has gone quiet.
    """
    if pause := pause_asked(present.paused_until, now):
        return pause
    today = said_on(present.history, now.astimezone(timezone).date(), timezone)
    budget = budget_of(present.history, rules)
    if len(today) >= budget:
        return Quiet(f"{len(today)} of {budget} unasked messages were sent today")
    if is_away(present, rules, now):
        return Quiet("you have been away; only the briefing comes until you write")
    return None


def pause_asked(until: datetime | None, now: datetime) -> Quiet | None:
    """Give the pause that the person asked for, while it lasts."""
    return Quiet("you asked for a pause") if until and now < until else None


def said_on(history: Sequence[PastMessage], day: date, timezone: tzinfo) -> list[PastMessage]:
    """List what was said unasked on a local date."""
    return [said for said in history if said.at.astimezone(timezone).date() == day]


def too_soon(present: Present, rules: NudgeRules, now: datetime) -> Iterator[Wait]:
    """Give the moments to wait for: some peace after the person's last word and after ours."""
    if present.last_activity and now < present.last_activity + rules.after_activity:
        yield Wait(present.last_activity + rules.after_activity, "you were just here")
    if present.history and now < present.history[-1].at + rules.apart:
        yield Wait(present.history[-1].at + rules.apart, "something was said not long ago")


def worth_saying(
    present: Present, rules: NudgeRules, now: datetime, timezone: tzinfo
) -> Nudge | Quiet:
    """Gather what a check-in could be about, whatever the moment."""
    today = now.astimezone(timezone).date()
    topics = [
        topic_of(one, present, rules)
        for one in by_pressure(present.open_tasks, today)
        if may_bring(one, present, rules, now, timezone)
    ]
    # Standing lines have no ladder or interval of their own: once a day is how often they come.
    first_today = not any(said.check_in for said in said_on(present.history, today, timezone))
    nudge = Nudge(
        tuple(topics[: rules.most_tasks]),
        present.unfinished,
        tuple(present.standing[: rules.most_tasks]) if first_today else (),
        tuple(present.prompts[: rules.most_tasks]),
        tuple(present.complaints[: rules.most_tasks]),
        more=max(0, len(topics) - rules.most_tasks),
    )
    said = nudge.topics or nudge.standing or nudge.brought_up
    if said or (first_today and is_time_for_study(present, rules, today)):
        return nudge
    return Quiet(nothing_because(present, today))


def is_time_for_study(present: Present, rules: NudgeRules, today: date) -> bool:
    """Tell whether a session left half done is worth a check-in of its own: ever more rarely.

    With a ladder of 1, 2, 4, 7 days that is on the day it was left and 1, 3, 7 and 14 days later.
    """
    if present.unfinished is None:
        return False
    return (today - present.unfinished.left_on).days in {0, *accumulate(rules.ladder_days)}


def nothing_because(present: Present, today: date) -> str:
    """Say why there is nothing to bring up."""
    open_count = sum(1 for task in present.open_tasks if task.is_open)
    if not open_count:
        return "no task is open"
    due = sum(1 for task in present.open_tasks if task.is_open and task.due and task.due <= today)
    if due:
        return f"{due} due, each brought up lately or put off"
    return f"{open_count} open, none due yet"


def may_bring(
    one: Pressing, present: Present, rules: NudgeRules, now: datetime, timezone: tzinfo
) -> bool:
    """Tell whether a task may be brought up: due, or undated and lying around; not too often."""
    task, today = one.task, now.astimezone(timezone).date()
    lying_around = task.due is None and now - task.created_at >= rules.undated_after
    pressing = lying_around if isinstance(one.reason, NextUp) else task.due is not None
    if not pressing or (task.due is not None and task.due > today):
        return False
    nudges = nudges_about(task.id, present.history)
    if not nudges:
        return True
    step = rules.ladder_days[min(ignored(nudges) or 1, len(rules.ladder_days)) - 1]
    last = nudges[-1].at.astimezone(timezone).date()
    return (today - last).days >= step


def topic_of(one: Pressing, present: Present, rules: NudgeRules) -> Topic:
    """Choose the question about a task: plainly, or what should become of it."""
    times = ignored(nudges_about(one.task.id, present.history))
    return AskWhatNow(one, times) if times >= rules.ask_after_ignored else Bring(one, times)


def nudges_about(task_id: str, history: Sequence[PastMessage]) -> tuple[PastMessage, ...]:
    """List the check-ins that were about a task, oldest first."""
    return tuple(said for said in history if said.check_in and task_id in said.task_ids)


def ignored(nudges: Sequence[PastMessage]) -> int:
    """Count how many of the newest in a row passed without a reaction."""
    return next(
        (count for count, said in enumerate(reversed(nudges)) if said.reacted_at), len(nudges)
    )


def budget_of(history: Sequence[PastMessage], rules: NudgeRules) -> int:
    """Give the day's budget: one less for every three check-ins in a row that went unheard.

    A timely reaction to anything we said unasked, a briefing too, restores it.
    """
    return max(1, rules.per_day - unheard(history, rules) // UNHEARD_COST_ONE)


def fewer_from_now(history: Sequence[PastMessage], rules: NudgeRules) -> int | None:
    """Give the day's budget when it has just shrunk, so that the next message says so, once."""
    count = unheard(history, rules)
    shrunk = bool(history) and history[-1].check_in and count % UNHEARD_COST_ONE == 0 < count
    return budget_of(history, rules) if shrunk and budget_of(history[:-1], rules) > 1 else None


def unheard(history: Sequence[PastMessage], rules: NudgeRules) -> int:
    """Count the check-ins since the person last reacted in time."""
    count = 0
    for said in reversed(history):
        if said.reacted_at and said.reacted_at - said.at <= rules.reaction_within:
            break
        count += said.check_in
    return count


def is_away(present: Present, rules: NudgeRules, now: datetime) -> bool:
    """Tell whether the person has been silent so long that check-ins would fall on deaf ears."""
    return bool(present.last_activity and now - present.last_activity >= rules.away_after)


def may_sound(asked_for: datetime, rules: NudgeRules, *, now: datetime, timezone: tzinfo) -> bool:
    """Tell whether what was asked for at a moment sounds now: at night only what was set for it.

    A reminder that an outage kept until three in the morning lies there until the person looks.
    """
    return not in_quiet_hours(now.astimezone(timezone).time(), rules) or in_quiet_hours(
        asked_for.astimezone(timezone).time(), rules
    )


def is_long_away(last_activity: datetime | None, rules: NudgeRules, now: datetime) -> bool:
    """Tell whether the person has been silent so long that only the weekly line comes."""
    return last_activity is not None and now - last_activity >= rules.long_away_after


def in_quiet_hours(local: time, rules: NudgeRules) -> bool:
    """Tell whether a local time lies in the quiet hours, which may span midnight."""
    start, end = rules.quiet_from, rules.quiet_to
    return start <= local < end if start <= end else local >= start or local < end
