"""Lines that matter in a text: actions, questions, decisions, people. Quotes, never rewords."""

from memory.found.actions import ActionModel, FoundAction, actions_in
from memory.found.decisions import FoundDecision, decisions_in
from memory.found.due import Due, due_in
from memory.found.questions import FoundQuestion, is_question, questions_in
from memory.found.sentences import Sentence, sentences
from memory.found.shipped import shipped_actions
from memory.found.things import people_in, things_in

__all__ = [
    "ActionModel",
    "Due",
    "FoundAction",
    "FoundDecision",
    "FoundQuestion",
    "Sentence",
    "actions_in",
    "decisions_in",
    "due_in",
    "is_question",
    "people_in",
    "questions_in",
    "sentences",
    "shipped_actions",
    "things_in",
]
