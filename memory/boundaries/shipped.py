"""Reading the question weights that come with the package. Judges nothing."""

from __future__ import annotations

import json
from pathlib import Path

from memory.boundaries.questions import QuestionWeights

SHIPPED = Path(__file__).with_name("question_weights.json")


def shipped_weights() -> QuestionWeights:
    """Read the weights; their source and licence stand in the file."""
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return QuestionWeights(stored["bias"], stored["threshold"], stored["weights"])
