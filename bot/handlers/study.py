"""How a study session moves."""

from __future__ import annotations

from bot.actions import (
    AnswerStudy,
    RewindStudy,
    SaveStudy,
    StartStudy,
    StopStudy,
    UnsaveStudy,
)
from bot.door import Job
from bot.handlers.memory import ASSISTANT
from bot.outcomes import Done, StudyFacts
from gpu_lab.study import StudyPhase


def start(action: StartStudy, job: Job) -> Done:
    state = job.writers.study.start(action.topic)
    return Done(action, state.title, StopStudy(state.id), StudyFacts(state))


def answer(action: AnswerStudy, job: Job) -> Done:
    """Grade; a session that ends with this answer leaves a line in the day's log."""
    state, grade = job.writers.study.answer(action.study_id, action.text)
    if state.phase is StudyPhase.FINISHED:
        right = state.verdicts.count("right")
        line = f"Studied {state.topic}: “{state.title}”, {right} of {state.parts} right"
        job.writers.memory.log(line, author=ASSISTANT, source=state.id, block=job.block)
    back = RewindStudy(state.id, max(0, state.answered - 1))
    return Done(action, state.title, back, StudyFacts(state, grade))


def save(action: SaveStudy, job: Job) -> Done:
    state = job.writers.study.save(action.study_id, action.day)
    facts = StudyFacts(state, day=action.day)
    return Done(action, state.title, UnsaveStudy(state.id), facts)


def unsave(action: UnsaveStudy, job: Job) -> Done:
    state = job.writers.study.unsave(action.study_id)
    return Done(action, state.title, None, StudyFacts(state))


def stop(action: StopStudy, job: Job) -> Done:
    state = job.writers.study.stop(action.study_id)
    return Done(action, state.title, StartStudy(state.topic), StudyFacts(state))


def rewind(action: RewindStudy, job: Job) -> Done:
    state = job.writers.study.rewind(action.study_id, action.answered)
    return Done(action, state.title, None, StudyFacts(state))
