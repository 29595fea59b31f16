"""Reading the small jobs that a person gives a coding agent. Their words are in the TOML beside."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What is asked, how it goes on, what the agent says, which files it touches."""

    asked: tuple[str, ...]
    follow_ups: tuple[str, ...]
    said: tuple[str, ...]
    commits: tuple[str, ...]
    files: tuple[str, ...]
    nouns: tuple[str, ...]

    @property
    def thinking(self) -> tuple[str, ...]:
        """What the agent says before it works."""
        return (
            f"I'll look at the {self.nouns[0]} first.",
            f"Let me see how the {self.nouns[1]} works.",
            "Let me check.",
        )


def shipped_jobs() -> tuple[Job, ...]:
    """Read all jobs."""
    stored = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        Job(**{name: tuple(words) for name, words in job.items()}) for job in stored["job"]
    )
