"""Scenes that come with the lab: `seed`, `nvl72` and `shared`. The files are the content."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

NAMES = {"seed": "seed.toml", "nvl72": "nvl72.toml", "shared": "shared.yaml"}


def scene_path(named: str) -> Path:
    """Give the file of an example by its name; any other text is taken as a path itself."""
    if named not in NAMES:
        return Path(named)
    return Path(str(resources.files(__name__))) / NAMES[named]
