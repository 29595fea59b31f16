"""Where one topic of a conversation ends and the next begins. Text in, scores and cuts out."""

from memory.boundaries.cues import Utterance, plain
from memory.boundaries.questions import (
    QuestionWeights,
    question_features,
    question_scores,
)
from memory.boundaries.scores import above, within_budget
from memory.boundaries.shipped import shipped_weights
from memory.boundaries.topics import TopicGap, topic_gaps

__all__ = [
    "QuestionWeights",
    "TopicGap",
    "Utterance",
    "above",
    "plain",
    "question_features",
    "question_scores",
    "shipped_weights",
    "topic_gaps",
    "within_budget",
]
