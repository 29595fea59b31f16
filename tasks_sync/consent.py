"""Telling the answer of a sign-in from other text; light to load, so a chat can ask each time."""

from __future__ import annotations

import re

# Some browsers hide the scheme in the address bar, and then a copy lacks it.
ANSWER = re.compile(
    r"(?:https?://|(?<![\w./-]))(?:localhost|127\.0\.0\.1)[:/?]\S*[?&](?:code|error)="
)


def looks_like_answer(text: str) -> bool:
    """Tell whether a chat message is the address of a sign-in's failed redirect."""
    return ANSWER.search(text) is not None
