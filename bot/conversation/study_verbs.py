"""The verbs of studying: begin, save for a day, stop, answer."""

from __future__ import annotations

import re

from bot.actions import AnswerStudy, SaveStudy, StartStudy, StopStudy
from bot.conversation.dates import day_named
from bot.conversation.meaning import Act, Meaning, ShowStudy, Unclear
from bot.conversation.situation import Situation


def about_study(said: str, situation: Situation) -> Meaning | None:
    """Read what is said about a study session: save it, stop it, begin it."""
    words = said.casefold().rstrip(".!")
    saved = re.match(
        r"^(?:please )?(?:save|keep) (?:this|it|that|the question)?\s*(?:for|until)\s+(?P<day>.+)$",
        words,
    )
    if saved:
        return save_study(saved["day"], situation)
    if re.match(r"^(?:stop|quit|leave|end)(?: the| this)? (?:study|studying|lesson)$", words):
        return (
            Act(StopStudy(situation.study.id))
            if situation.study
            else Unclear("No study session is open.")
        )
    if found := re.match(
        r"^(?:let'?s |i want to )?(?:study|learn)\b(?: about| on)?(?P<rest>.*)$", words
    ):
        return study(found["rest"].strip(), situation)
    return None


def save_study(day_words: str, situation: Situation) -> Meaning:
    """Keep the study question for a day's briefing."""
    state = situation.study or situation.last_study
    day = day_named(re.sub(r"\s+(?:morning|evening|at .*)$", "", day_words), situation.today)
    if state is None:
        return Unclear("There is no study question to save. /study begins one.")
    if day is None or day <= situation.today:
        return Unclear("Save it for which day? For example: save this for tomorrow morning")
    return Act(SaveStudy(state.id, day))


def study(rest: str, situation: Situation) -> Meaning:
    """Begin a study session, or repeat the question that is open."""
    if situation.study and not rest:
        return ShowStudy()
    return Act(StartStudy(rest))


def answer_to_study(said: str, situation: Situation) -> Meaning | None:
    """Take what is nothing else as the answer to the open study question."""
    return Act(AnswerStudy(situation.study.id, said)) if situation.study else None
