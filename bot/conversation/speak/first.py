"""Wording what the assistant says first: briefing, check-in, review, reminder.

Short lines, the thing first, no exclamation marks and no blame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import assert_never

from bot.actions import SOMEDAY_LIST
from bot.conversation.speak.phrases import (
    Rows,
    clipped,
    count_phrase,
    day_phrase,
    length_phrase,
    moment_phrase,
    offer_button,
)
from bot.mailbox import Button, Reply
from bot.offers import Offer
from bot.proposals import Proposal
from heartbeat.briefing import Briefing
from heartbeat.checkins import AskWhatNow, Bring, Nudge, Topic
from heartbeat.pressing import DueSoon, DueToday, NextUp, Pressing, WaitingSince
from heartbeat.reminders import Reminder
from heartbeat.review import Review
from heartbeat.said import SavedQuestion, UnfinishedStudy
from heartbeat.weekly import LookBack, StillHere, Weekly
from tasks_sync import Task

LATE_ENOUGH_TO_SAY = timedelta(minutes=2)
LONGEST_LINE = 120
ASK_AFTER_PUT_OFF = 2
LAST_HOUR_OF_DAY = 17
"""From here on "this evening" is no later than an hour."""


def say_briefing(briefing: Briefing, now: datetime) -> Reply:
    """Word the morning: one screen, the day first, at most three priorities."""
    today = briefing.day
    head = f"{today:%a} {today.day} {today:%b} · {opening(briefing)}"
    lines = [head]
    lines += [
        f"{number}  {pressing_line(one, today)}"
        for number, one in enumerate(briefing.priorities, 1)
    ]
    if briefing.more > 0:
        lines.append(f"   and {briefing.more} more, /list shows them")
    lines += [f"{moment_phrase(each.at, now)}  {each.text}" for each in briefing.reminders]
    lines += [f"Yesterday: {line}" for line in briefing.log]
    if briefing.missed:
        lines.append(
            f"{count_phrase(len(briefing.missed), 'message')} missed while nothing was running, "
            "/why says which"
        )
    if briefing.slipped:
        lines.append(
            f"“{briefing.slipped[0].task.title}” has waited a while: do it, move it or drop it?"
        )
    if briefing.saved:
        lines += ["", *saved_lines(briefing.saved)]
    elif briefing.unfinished:
        lines.append(unfinished_line(briefing.unfinished))
    return Reply("\n".join(lines), briefing_buttons(briefing))


def opening(briefing: Briefing) -> str:
    """Say the day's size in one phrase."""
    if briefing.due_count:
        return f"{count_phrase(briefing.due_count, 'thing')} for today"
    if briefing.open_count:
        return f"nothing due, {briefing.open_count} open"
    return "nothing on the list"


def briefing_buttons(briefing: Briefing) -> Rows:
    """Offer the study question, when one was saved."""
    if briefing.saved:
        return ((Button("Study now", f"study:{briefing.saved.topic}"),),)
    return ()


def saved_lines(saved: SavedQuestion) -> list[str]:
    """Bring a saved study question back."""
    return [
        f"You saved this for this morning ({saved.topic}):",
        saved.question,
        "Say /study to answer it.",
    ]


def unfinished_line(study: UnfinishedStudy) -> str:
    """Mention a study session that was left."""
    part = f"part {study.answered + 1} of {study.parts}"
    return f"Study: “{study.topic}”, {part} is waiting. /study goes on."


def pressing_line(one: Pressing, today: date) -> str:
    """Write a task with why it is brought up."""
    match one.reason:
        case DueToday():
            return one.task.title
        case WaitingSince(day=day):
            return f"{one.task.title}  (waiting since {day_phrase(day, today)})"
        case DueSoon(day=day):
            return f"{one.task.title}  ({day_phrase(day, today)})"
        case NextUp():
            return one.task.title
        case _:
            assert_never(one.reason)


def say_nudge(nudge: Nudge, now: datetime) -> Reply:
    """Word a check-in: the tasks first, then what can be done with one tap."""
    today = now.date()
    lines = [topic_line(topic, today) for topic in nudge.topics]
    if nudge.more:
        lines.append(f"… and {nudge.more} more that could wait")
    lines += [f"• {item}" for item in nudge.standing]
    lines += [f"• {prompt.prompt}" for prompt in nudge.prompts]
    lines += [f"I could not read this: {complaint}." for complaint in nudge.complaints]
    if nudge.unfinished:
        lines.append(unfinished_line(nudge.unfinished))
    rows = tuple(topic_buttons(topic) for topic in nudge.topics)
    return Reply("\n".join(lines), rows)


def topic_line(topic: Topic, today: date) -> str:
    """Bring up one task, or ask what should become of it."""
    match topic:
        case Bring(pressing=one):
            return f"{pressing_line(one, today)}: done, or tomorrow?"
        case AskWhatNow(pressing=one):
            return f"“{one.task.title}” keeps waiting. Smaller first step, another day, or drop it?"
        case _:
            assert_never(topic)


def topic_buttons(topic: Topic) -> tuple[Button, ...]:
    """Offer what can be done with one task."""
    task = topic.pressing.task
    row = (
        Button(f"Done: {task.title[:28]}", f"done:{task.id}"),
        Button("Tomorrow", f"tomorrow:{task.id}"),
    )
    return (*row, Button("Drop", f"drop:{task.id}")) if isinstance(topic, AskWhatNow) else row


def say_review(review: Review) -> Reply:
    """Word the end of the day: what was done, what moves, what comes first tomorrow."""
    today = review.day
    lines = [f"{today:%A} is closing. {done_phrase(review)}"]
    lines += [f"✓ {task.title}" for task in review.done]
    if review.done_count > len(review.done):
        lines.append(f"  and {review.done_count - len(review.done)} more")
    lines += [f"Studied: {line}" for line in review.studied]
    if review.left_count:
        left = ", ".join(f"“{one.task.title}”" for one in review.left)
        more = (
            f" and {review.left_count - len(review.left)} more"
            if review.left_count > len(review.left)
            else ""
        )
        lines.append(f"Left from today: {left}{more}")
    lines += [
        f"“{one.task.title}” has waited a while: tomorrow, someday or drop?"
        for one in review.ask_about
    ]
    if review.first_tomorrow:
        lines.append(f"First tomorrow: {review.first_tomorrow.task.title}")
    if review.saved:
        lines.append(
            f"Saved for {day_phrase(review.tomorrow, today)} morning: {review.saved.topic}"
        )
    elif review.unfinished:
        lines.append(unfinished_line(review.unfinished))
    return Reply("\n".join(lines), review_buttons(review))


def done_phrase(review: Review) -> str:
    """Give credit, or say nothing of it."""
    if review.done_count:
        return f"{count_phrase(review.done_count, 'thing')} done."
    return "Nothing was ticked off; that happens."


def review_buttons(review: Review) -> Rows:
    """Offer to move what is left, one tap each."""
    left = [
        (Button(f"→ tomorrow: {one.task.title[:24]}", f"tomorrow:{one.task.id}"),)
        for one in review.left
    ]
    return (*left, *(triage_buttons(one.task) for one in review.ask_about))


def triage_buttons(task: Task) -> tuple[Button, ...]:
    """Offer what can become of a task that has waited for days."""
    return (
        Button(f"→ tomorrow: {task.title[:24]}", f"tomorrow:{task.id}"),
        Button("Someday", f"someday:{task.id}"),
        Button("Drop", f"drop:{task.id}"),
    )


def say_weekly(weekly: Weekly) -> Reply:
    """Word the end of the week; somebody who has been away for days gets one line."""
    match weekly:
        case StillHere(open_count=count):
            waits = "1 task waits" if count == 1 else f"{count} tasks wait"
            return Reply(f"{waits}. Nothing else comes from me until you write.")
        case LookBack():
            return Reply("\n".join(week_lines(weekly)), week_buttons(weekly))
        case _:
            assert_never(weekly)


def week_lines(week: LookBack) -> list[str]:
    """Give credit first, then what was put aside unasked, then what may come back or go."""
    lines = [f"Your week: {count_phrase(week.done_count, 'thing')} done."]
    if not week.done:
        lines = ["Your week: nothing was ticked off; that happens."]
    days = " · ".join(f"{day:%a} {count}" for day, count in week.done)
    lines += [days] if days else []
    if week.put_aside:
        lines.append(f"Untouched for two weeks, so I put on “{SOMEDAY_LIST}”:")
        lines += [f"• {each.title}" for each in week.put_aside]
    if week.ask_about:
        lines.append(f"On “{SOMEDAY_LIST}”; today, drop, or leave there?")
        lines += [f"• {task.title}" for task in week.ask_about]
    return lines


def week_buttons(week: LookBack) -> Rows:
    """Offer to take back what was done unasked, and to decide about what lies there."""
    back = [
        (Button(f"Bring back: {clipped(each.title, 24)}", f"back:{each.key}"),)
        for each in week.put_aside
    ]
    asked = [
        (
            Button(f"Today: {clipped(task.title, 24)}", f"today:{task.id}"),
            Button("Drop", f"drop:{task.id}"),
        )
        for task in week.ask_about
    ]
    return (*back, *asked)


def say_reminder(reminder: Reminder, now: datetime, *, again: bool) -> Reply:
    """Say a reminder; a late one says so, one that may have been said says that."""
    late = now - reminder.at
    suffix = f"  (late by {length_phrase(late)})" if late >= LATE_ENOUGH_TO_SAY else ""
    repeat = "  (possibly said before)" if again else ""
    more = "  (once more)" if reminder.repeats else ""
    lines = [f"⏰ {reminder.text}{suffix}{more}{repeat}"]
    if reminder.times_put_off >= ASK_AFTER_PUT_OFF:
        lines.append("Put off twice already. A smaller first step, or let it go?")
    return Reply("\n".join(lines), reminder_buttons(reminder, now))


def reminder_buttons(reminder: Reminder, now: datetime) -> Rows:
    """Offer to put a reminder off by one tap, without a date to enter."""
    lengths = [("+10 min", "10m"), ("+1 h", "1h"), ("Tomorrow 9:00", "tomorrow")]
    if now.hour < LAST_HOUR_OF_DAY:
        lengths.insert(2, ("This evening", "evening"))
    later = tuple(Button(label, f"later:{length}:{reminder.id}") for label, length in lengths)
    task = ((Button("Done", f"done:{reminder.task_id}"),),) if reminder.task_id else ()
    return (*task, later)


def say_reminders(reminders: Sequence[Reminder], now: datetime) -> Reply:
    """Say several reminders that waited together, each with the time that it was set for."""
    lines = [
        f"{moment_phrase(each.at, now)}  {clipped(each.text, LONGEST_LINE)}" for each in reminders
    ]
    tasks = [
        (Button(f"Done: {each.text[:28]}", f"done:{each.task_id}"),)
        for each in reminders
        if each.task_id
    ]
    return Reply("\n".join([f"⏰ {len(reminders)} reminders that waited:", *lines]), tuple(tasks))


def with_budget(reply: Reply, per_day: int | None) -> Reply:
    """Add, when it has just changed, that less is said from now on."""
    if per_day is None:
        return reply
    least = "one message" if per_day == 1 else f"{per_day} messages"
    line = f"(I write less now, {least} a day at most; a word from you brings the rest back.)"
    return replace(reply, text=f"{reply.text}\n{line}")


def with_offers(reply: Reply, offers: Sequence[Offer]) -> Reply:
    """Add what may be kept in MEMORY.md, one tap each."""
    if not offers:
        return reply
    lines = [reply.text] if reply.text else []
    lines += ["Worth remembering? Only your tap keeps it:"]
    lines += [f"• {offer.text}" for offer in offers]
    return Reply("\n".join(lines), (*reply.buttons, *((offer_button(offer),) for offer in offers)))


def say_proposal(proposal: Proposal, now: datetime) -> Reply:
    """Put to the person what another program would add."""
    due = f" for {day_phrase(proposal.due, now.date())}" if proposal.due else ""
    text = f"Another program proposes a task: “{proposal.title}”{due}. Only you can add it."
    return Reply(text, ((Button("Add it", f"propose:{proposal.id}"),),))
