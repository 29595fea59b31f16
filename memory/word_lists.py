"""Writing a set of words as one readable line. No word of any language lives here."""


def word_set(line: str) -> frozenset[str]:
    """Give the words of a line as a set."""
    return frozenset(line.split())
