"""Reading the action weights that come with the package. Judges nothing."""

from __future__ import annotations

import json
from pathlib import Path

from memory.found.actions import ActionModel

SHIPPED = Path(__file__).with_name("action_weights.json")


def shipped_actions() -> ActionModel:
    """Read the weights; their source and licence stand in the file."""
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return ActionModel(stored["bias"], stored["listed"], stored["task"], stored["weights"])
