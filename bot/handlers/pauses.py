"""How a pause is begun and ended."""

from __future__ import annotations

from bot.actions import Pause
from bot.door import Job
from bot.outcomes import Done


def pause(action: Pause, job: Job) -> Done:
    before = job.writers.pauses.set(action.until)
    return Done(action, "pause", Pause(before))
