"""The flat properties at the head of a note: writing them, and reading those in the wild.

Nothing here touches a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

_HEAD = re.compile(
    r"\A\ufeff?---[ \t]*\r?\n(?P<body>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M
)
_PLAIN = re.compile(
    r"^[^\W\d][\w ./@()+-]*(?::\S[\w ./@()+-]*)*$|^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?$"
)
MOST_CHARS = 65_536
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


@dataclass(frozen=True)
class Frontmatter:
    """What a note says about itself. `problem` says why the YAML cannot be read."""

    properties: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    line_count: int = 0
    problem: str = ""

    def text(self, name: str) -> str:
        """Give one property as text; a list joined by commas, a missing one empty."""
        value = self.properties.get(name, "")
        return value if isinstance(value, str) else ", ".join(value)

    def items(self, name: str) -> tuple[str, ...]:
        """Give one property as a list; a text is cut at commas and spaces as Obsidian does."""
        value = self.properties.get(name, ())
        return tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) else value


def render(properties: Mapping[str, str]) -> str:
    """Word properties as frontmatter, lines ended by a line feed."""
    lines = [f"{name}: {_scalar(value)}\n" for name, value in properties.items()]
    return "".join(["---\n", *lines, "---\n"])


def read(text: str) -> Frontmatter:
    """Read the properties of a note; invalid YAML gives none and says so."""
    head = _HEAD.match(text)
    if head is None:
        return Frontmatter()
    line_count = head[0].count("\n") + (not head[0].endswith("\n"))
    if len(head["body"]) > MOST_CHARS:
        said = f"the frontmatter is longer than {MOST_CHARS:,} characters"
        return Frontmatter(line_count=line_count, problem=said)
    try:
        # BaseLoader leaves dates and numbers as the person typed them, and makes no objects.
        loaded = yaml.load(head["body"], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as bad:
        return Frontmatter(line_count=line_count, problem=_one_line(bad))
    if loaded is None or loaded == "":
        return Frontmatter(line_count=line_count)
    if not isinstance(loaded, dict):
        return Frontmatter(
            line_count=line_count, problem="the frontmatter is not a list of properties"
        )
    return Frontmatter({str(name): _flat(value) for name, value in loaded.items()}, line_count)


def _flat(value: object) -> str | tuple[str, ...]:
    """Keep texts and lists of texts; what is nested deeper may be without end and is left out."""
    if isinstance(value, list):
        return tuple(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


def _scalar(value: str) -> str:
    plain = _PLAIN.match(value) and value == value.strip() and value.lower() not in _YAML_WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)


def _one_line(bad: Exception) -> str:
    return " ".join(str(bad).split())[:200]
