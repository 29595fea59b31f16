"""From what happened to what to say: the only place with sentences."""

from bot.conversation.speak.answers import answer
from bot.conversation.speak.first import (
    say_briefing,
    say_nudge,
    say_proposal,
    say_reminder,
    say_reminders,
    say_review,
    say_weekly,
    with_budget,
    with_offers,
)
from bot.conversation.speak.outcomes import speak
from bot.conversation.speak.refusals import apology

__all__ = [
    "answer",
    "apology",
    "say_briefing",
    "say_nudge",
    "say_proposal",
    "say_reminder",
    "say_reminders",
    "say_review",
    "say_weekly",
    "speak",
    "with_budget",
    "with_offers",
]
