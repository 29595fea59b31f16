"""One spelling for equal text, and the limits on it. Nothing here is stored or sent.

Text from the person is cleaned once, on the way in. Text from Google is kept as it came and only
compared through `same`, so that a client that writes CRLF never starts an endless exchange.
"""

from __future__ import annotations

import re
import unicodedata

from tasks_sync.errors import (
    NOTES_LIMIT,
    TITLE_LIMIT,
    NotesTooLong,
    TitleEmpty,
    TitleTooLong,
)

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_title(text: str) -> str:
    """Give the title as one line; raise TitleEmpty or TitleTooLong."""
    title = " ".join(_UNPRINTABLE.sub("", text).split())
    if not _visible(title):
        raise TitleEmpty
    if (length := units(title)) > TITLE_LIMIT:
        raise TitleTooLong(length)
    return title


def clean_notes(text: str) -> str:
    """Give the notes with plain line ends; raise NotesTooLong."""
    notes = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
    if (length := units(notes)) > NOTES_LIMIT:
        raise NotesTooLong(length)
    return notes


def units(text: str) -> int:
    """Count UTF-16 units, the larger of the two ways in which Google may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def canon(text: str) -> str:
    """Give the spelling under which texts are compared."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", plain)).strip()


def same(one: str, other: str) -> bool:
    """Tell whether two texts differ in nothing a person would see."""
    return one == other or canon(one) == canon(other)


def _visible(title: str) -> bool:
    # Zero-width characters alone would make a task nobody can see or name.
    return any(unicodedata.category(char)[0] not in "CZ" for char in title)
