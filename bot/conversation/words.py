"""Cleaning and quoting what was written. What the words mean is elsewhere."""

from __future__ import annotations

import unicodedata

QUOTES = "\"'“”‘’"


def clean(text: str) -> str:
    """Drop control characters and spare white space; keep line breaks, emoji and every script."""
    kept = (
        char
        for char in text.replace("\r\n", "\n").replace("\t", " ")
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn")
    )
    return "\n".join(" ".join(line.split()) for line in "".join(kept).split("\n")).strip()


def shorten(text: str, length: int = 60) -> str:
    """Quote no more of a message than fits a line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
