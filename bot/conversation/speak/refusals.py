"""Wording what could not be done. A test insists that every refusal has its sentence."""

from __future__ import annotations

from bot.journal import NothingToUndo
from bot.questions import QuestionClosed
from bot.sessions import NoSession
from gpu_lab.study import NoSuchTopic, NothingToAnswer
from tasks_sync import AlreadyDone, TaskNotFound, TaskRefused


def apology(why: Exception) -> str:
    """Say why nothing was done: the thing, and the way out.

    Errors of the libraries carry their sentence as their class's docstring, written for the
    person; where the value matters it is worded here.
    """
    match why:
        case TaskNotFound():
            return "That task is no longer on the list; nothing was done."
        case AlreadyDone(title=title):
            return f"“{title}” was done already."
        case NothingToUndo():
            return "There is nothing to undo."
        case QuestionClosed():
            return "That question is closed; nothing was changed."
        case NoSession():
            return "That session has ended already."
        case NoSuchTopic(topic=topic, known=known):
            return f"There is no lesson “{topic}” yet. There is: {', '.join(known)}."
        case NothingToAnswer():
            return "No study question is open. /study begins one."
        case TaskRefused():
            said = str(why)
            return f"{said[0].upper()}{said[1:]}."
        case _:
            return sentence_of(why)


def sentence_of(why: Exception) -> str:
    """Give a refusal's own sentence, with its detail where it has one."""
    said = " ".join((type(why).__doc__ or type(why).__name__).split())
    detail = str(why)
    return f"{said} ({detail})" if detail else said
