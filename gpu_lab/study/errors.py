"""What can be refused in a study session.

* StudyRefused
  x NoSuchTopic      — no lesson has this name
  x NothingToAnswer  — the session has no open question
  x StudyNotFound    — no session has this id
"""

from __future__ import annotations


class StudyRefused(Exception):
    """Cannot be done as asked; nothing changed."""


class NoSuchTopic(StudyRefused):
    """There is no lesson of this name."""

    def __init__(self, topic: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no lesson {topic!r}; there are: {', '.join(known)}")
        self.topic, self.known = topic, known


class NothingToAnswer(StudyRefused):
    """The study session has no open question."""


class StudyNotFound(StudyRefused):
    """No study session has this id."""
