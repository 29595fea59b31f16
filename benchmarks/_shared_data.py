"""Finding the evaluation data that lies beside the project, and saying when it does not."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from memory.boundaries import Utterance

ROOT = Path(__file__).parents[1]


def shared(name: str) -> Path | None:
    """Give the path of a development file, or None when the folder is not there."""
    path = (ROOT / os.environ.get("TOUCHBASE_SHARED", "../shared") / "eval" / name).resolve()
    if not path.exists():
        print(f"{name} is not there: TOUCHBASE_SHARED names the folder that has eval/{name}")
        return None
    return path


@dataclass(frozen=True)
class Dialogue:
    """Utterances and, for each gap between them, 1 where a new segment starts."""

    talk: tuple[Utterance, ...]
    cuts: tuple[int, ...]


def dialogues(path: Path) -> list[Dialogue]:
    """Read dialogues of the form `user: ...[NEWLINE][BOUNDARY][NEWLINE]agent: ...`."""
    return [
        _dialogue(json.loads(line)["dialogue"])
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _dialogue(joined: str) -> Dialogue:
    talk: list[Utterance] = []
    cuts: list[int] = []
    border = 0
    for piece in joined.split("[NEWLINE]"):
        if piece == "[BOUNDARY]":
            border = 1
            continue
        role, _, text = piece.partition(":")
        if talk:
            cuts.append(border)
        talk.append(Utterance(text.strip(), steering=role == "user"))
        border = 0
    return Dialogue(tuple(talk), tuple(cuts))
