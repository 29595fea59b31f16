"""Study sessions over the lab: questions whose answers the lab computes, graded by code.

Public face: values, reading, errors and the lessons. What changes a session is `study.writes`.
"""

from gpu_lab.study.errors import (
    NoSuchTopic,
    NothingToAnswer,
    StudyNotFound,
    StudyRefused,
)
from gpu_lab.study.grading import Grade, Verdict
from gpu_lab.study.lessons import LESSONS, Lesson, Part, find_lesson, part_of
from gpu_lab.study.model import StudyPhase, StudyState
from gpu_lab.study.reads import StudyReader

__all__ = [
    "LESSONS",
    "Grade",
    "Lesson",
    "NoSuchTopic",
    "NothingToAnswer",
    "Part",
    "StudyNotFound",
    "StudyPhase",
    "StudyReader",
    "StudyRefused",
    "StudyState",
    "Verdict",
    "find_lesson",
    "part_of",
]
