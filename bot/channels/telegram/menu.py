"""The commands that Telegram offers while somebody types."""

from __future__ import annotations

import hashlib
import json

MENU = (
    ("today", "what the day holds"),
    ("list", "what is open"),
    ("study", "a study question, or go on with one"),
    ("new", "end this session"),
    ("undo", "take the last change back"),
    ("pause", "nothing unasked for a while: 2h, today, week"),
    ("why", "why I wrote, or did not"),
    ("status", "what runs and what waits"),
    ("help", "what I understand"),
)


def fingerprint() -> str:
    """Name this menu, so that it is sent only after it changed."""
    return hashlib.sha256(json.dumps(MENU).encode()).hexdigest()[:16]
