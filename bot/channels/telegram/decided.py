"""How a question looks once it is answered. Nothing here answers or edits."""

from __future__ import annotations

from typing import assert_never

from bot.channels.telegram.splitting import LONGEST, shortened, units
from bot.questions import QuestionState


def decided_text(question: str, state: QuestionState) -> str:
    """Give a question's text with what was decided below it, once however often it is asked for."""
    line = f"\n\n{decision(state)}"
    bare = question
    for each in QuestionState:
        bare = bare.removesuffix(f"\n\n{decision(each)}")
    return shortened(bare, LONGEST - units(line)) + line


def decision(state: QuestionState) -> str:
    """Say in a word how a question was answered."""
    match state:
        case QuestionState.YES:
            return "✓ Checked off"
        case QuestionState.PART:
            return "◐ Progress noted"
        case QuestionState.NO:
            return "○ Kept open"
        case QuestionState.WITHDRAWN:
            return "– No longer asked"
        case QuestionState.OPEN:
            return "– Too old to answer here"
        case _:
            assert_never(state)
