"""Minutes of a session: titled segments with status, outcome, decisions, next steps, questions.

Every field quotes the session and names its event; nothing is worded anew. Opens no file.
"""

from memory.review.page import review_page
from memory.review.reviewing import review
from memory.review.values import (
    Decision,
    Outcome,
    OutcomeKind,
    Quote,
    Review,
    Segment,
    Status,
)
from memory.segments import Grain

__all__ = [
    "Decision",
    "Grain",
    "Outcome",
    "OutcomeKind",
    "Quote",
    "Review",
    "Segment",
    "Status",
    "review",
    "review_page",
]
