"""Tasks that other programs proposed, kept a line each until the person says. Reading only; the
program's side writes the file, and only the person's yes adds a task."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

FILE_NAME = "proposals.jsonl"
NEWEST = 50


class Proposal(BaseModel):
    """A task that another program would like to see on the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    notes: str = ""
    due: date | None = None


def read_proposals(file: Path) -> tuple[Proposal, ...]:
    """Give the newest proposals, oldest first; a broken line is passed by."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-NEWEST:]
    except FileNotFoundError:
        return ()
    found = (proposal_of(line) for line in lines)
    return tuple(each for each in found if each is not None)


def proposal_of(line: str) -> Proposal | None:
    """Read one line."""
    try:
        return Proposal.model_validate_json(line)
    except ValidationError:
        return None
