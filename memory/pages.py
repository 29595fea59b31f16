"""Taking a markdown page apart into what search returns: bullets, paragraphs and messages, each
with its lines, author, time, heading and tags; and its links, tasks and anchors.

Nothing here touches a file. Whatever cannot be parsed is still text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from memory import archives, frontmatter
from memory.edits import lines_of
from memory.marks import BEGIN, END, Marked, read_line
from memory.tasklines import TaskLine
from memory.tasklines import parse as parse_task

UNIT_CHARS = 4_000
UNIT_LINES = 40
HEADING_CHARS = 500
_HEADING = re.compile(r"^ {0,3}(?P<level>#{1,6})[ \t]+(?P<title>.+?)[ \t#]*$")
_BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d{1,4}[.)])\s+\S")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
_TAG = re.compile(r"(?:^|(?<=[\s(,]))#(?P<tag>[\w/-]*[^\W\d][\w/-]*)")
_WIKILINK = re.compile(
    r"(?P<embed>!?)\[\[(?P<target>[^\[\]|#^]*)(?P<anchor>#[^\[\]|]*)?(?:\|[^\[\]]*)?\]\]"
)
_LINK = re.compile(r"(?P<embed>!?)\[[^\[\]]*\]\((?P<target>[^()\s:]+\.md)(?P<anchor>#[^()\s]*)?\)")
_CODE = re.compile(r"`[^`\n]*`")
_OBSERVATION = re.compile(r"^\s*[-*+]\s+\[(?P<category>[^\W\d]\w+)\]\s")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_CLOCK = re.compile(r"^(?P<hours>[01]?\d|2[0-3]):(?P<minutes>[0-5]\d)\b")
_DAY = re.compile(r"(?:^|/)(?P<day>\d{4}-\d{2}-\d{2})[^/]*\.md$")


class Kind(Enum):
    """What a unit was on its page."""

    BULLET = "bullet"
    HEADING = "heading"
    MESSAGE = "message"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True)
class Unit:
    """The smallest thing that search returns; lines count from 1, both inclusive.

    `at` is ISO 8601, a date or a local time; empty where the page tells no time.
    """

    line0: int
    line1: int
    kind: Kind
    text: str
    author: str = ""
    at: str = ""
    heading: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A link to another page or to a place on one; `target` is empty for this page."""

    line: int
    target: str
    anchor: str = ""
    embed: bool = False


@dataclass(frozen=True)
class Page:
    """A markdown page taken apart."""

    name: str
    title: str
    units: tuple[Unit, ...]
    links: tuple[Link, ...] = ()
    tasks: tuple[tuple[int, TaskLine], ...] = ()
    anchors: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    properties: frontmatter.Frontmatter = field(default_factory=frontmatter.Frontmatter)


@dataclass(frozen=True)
class _Facts:
    """What every unit of a page has from it."""

    author: str
    at: str
    tags: tuple[str, ...]


def parse_page(name: str, text: str, *, saved: str = "") -> Page:
    """Take a page apart. `saved` (ISO 8601) dates what the page itself does not."""
    if archive := archives.parse(text):
        return _session(name, text, archive)
    lines = [line.rstrip("\r\n") for line in lines_of(text)]
    head = frontmatter.read(text)
    body = head.line_count
    at = _page_date(name, head) or saved
    facts = _Facts(head.text("author"), at, _page_tags(head))
    units = list(_units(lines, body, facts))
    title = next((unit.text for unit in units if unit.kind is Kind.HEADING), "")
    return Page(
        name,
        head.text("title") or title or name.rsplit("/", 1)[-1].removesuffix(".md"),
        (*_described(head, body, at), *units),
        tuple(_links(lines)),
        tuple((at + 1, task) for at, line in enumerate(lines) if (task := parse_task(line))),
        frozenset(_anchors(lines)),
        head.items("aliases"),
        head,
    )


def _session(name: str, text: str, archive: archives.Archive) -> Page:
    at = archive.started.strftime("%Y-%m-%dT%H:%M")
    units = tuple(
        Unit(turn.line0, turn.line1, Kind.MESSAGE, part, turn.speaker, at, tags=_tags(turn.text))
        for turn in archive.turns
        for part in _parts(turn.text)
    )
    lines = [line.rstrip("\r\n") for line in lines_of(text)]
    return Page(
        name, f"Session {at}", units, tuple(_links(lines)), anchors=frozenset(_anchors(lines))
    )


def _units(lines: Sequence[str], body: int, facts: _Facts) -> Iterator[Unit]:
    """Walk down the page: headings, bullets with what hangs below them, paragraphs, fences."""
    path: list[tuple[int, str]] = []
    at = body
    while at < len(lines):
        if not lines[at].strip() or _RULE.match(lines[at]) or lines[at].strip() in (BEGIN, END):
            at += 1
            continue
        kind, end = _extent(lines, at)
        if kind is Kind.HEADING:
            path = _deeper(path, lines[at])
        heading = " > ".join(title for _, title in path)
        # The daily log's heading says only its date, which the bullets below it have too.
        if kind is not Kind.HEADING or not _DATE.match(path[-1][1]):
            for start in range(at, end, UNIT_LINES):
                stop = min(end, start + UNIT_LINES)
                yield from _cut(lines[start:stop], start, kind, heading, facts)
        at = end


def _extent(lines: Sequence[str], at: int) -> tuple[Kind, int]:
    """Say what starts on line `at` and which line comes behind it."""
    if _heading(lines[at]):
        return Kind.HEADING, at + 1
    if fence := _FENCE.match(lines[at]):
        return Kind.PARAGRAPH, _behind_fence(lines, at, fence[1])
    if _BULLET.match(lines[at]):
        return Kind.BULLET, _behind(lines, at)
    return Kind.PARAGRAPH, _behind(lines, at)


def _heading(line: str) -> re.Match[str] | None:
    # A longer line is no heading, and the pattern is slow on it.
    return _HEADING.match(line) if "#" in line[:5] and len(line) <= HEADING_CHARS else None


def _behind(lines: Sequence[str], at: int) -> int:
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _opens(lines[end]):
        end += 1
    return end


def _opens(line: str) -> bool:
    return bool(
        _BULLET.match(line) or _heading(line) or _FENCE.match(line) or line.strip() in (BEGIN, END)
    )


def _behind_fence(lines: Sequence[str], at: int, fence: str) -> int:
    for end in range(at + 1, len(lines)):
        if lines[end].strip().startswith(fence):
            return end + 1
    return len(lines)


def _cut(lines: Sequence[str], at: int, kind: Kind, heading: str, facts: _Facts) -> Iterator[Unit]:
    """Make units of lines that start at line `at`, counted from 0."""
    raw = "\n".join(lines)
    marked = read_line(raw) if kind is Kind.BULLET else Marked(raw)
    text = marked.text
    if found := _heading(raw) if kind is Kind.HEADING else None:
        text = found["title"]
    tags = tuple(dict.fromkeys([*facts.tags, *_tags(text), *_categories(lines[0])]))
    author, moment = marked.author or facts.author, _moment(text, kind, facts.at)
    for part in _parts(text.strip()):
        yield Unit(at + 1, at + len(lines), kind, part, author, moment, heading, tags)


def _parts(text: str) -> list[str]:
    """Cut what is too long for one unit; the lines stay those of the whole."""
    return [text[at : at + UNIT_CHARS] for at in range(0, len(text), UNIT_CHARS)]


def _deeper(path: list[tuple[int, str]], line: str) -> list[tuple[int, str]]:
    found = _heading(line)
    assert found is not None
    level = len(found["level"])
    return [*(step for step in path if step[0] < level), (level, found["title"])]


def _described(head: frontmatter.Frontmatter, body: int, at: str) -> list[Unit]:
    """Make the frontmatter's words findable: title, aliases, description and tags."""
    words = [head.text(name) for name in ("title", "aliases", "description", "summary", "tags")]
    text = ". ".join(word for word in words if word)
    if not text:
        return []
    return [
        Unit(
            1,
            max(body, 1),
            Kind.PARAGRAPH,
            text[:UNIT_CHARS],
            head.text("author"),
            at,
            "",
            _page_tags(head),
        )
    ]


def _page_date(name: str, head: frontmatter.Frontmatter) -> str:
    """Date a page: its name, else what its frontmatter says."""
    if named := _DAY.search(name):
        return named["day"]
    return head.text("updated") or head.text("modified") or head.text("created")


def _moment(text: str, kind: Kind, at: str) -> str:
    """Give a logged bullet its minute: `- 22:30 bought milk`."""
    clock = _CLOCK.match(text) if kind is Kind.BULLET and len(at) == 10 else None
    return f"{at}T{int(clock['hours']):02}:{clock['minutes']}" if clock else at


def _page_tags(head: frontmatter.Frontmatter) -> tuple[str, ...]:
    return tuple(tag.lstrip("#").lower() for tag in head.items("tags") if tag)


def _tags(text: str) -> tuple[str, ...]:
    if "#" not in text:
        return ()
    return tuple(found["tag"].lower() for found in _TAG.finditer(_CODE.sub("", text)))


def _categories(line: str) -> list[str]:
    found = _OBSERVATION.match(line)
    return [found["category"].lower()] if found else []


def _links(lines: Sequence[str]) -> Iterator[Link]:
    fenced = False
    for number, line in enumerate(lines, start=1):
        if _FENCE.match(line):
            fenced = not fenced
        if fenced or "[" not in line:
            continue
        plain = _CODE.sub("", line)
        for pattern in (_WIKILINK, _LINK):
            for found in pattern.finditer(plain):
                anchor = (found["anchor"] or "").removeprefix("#").strip()
                yield Link(number, found["target"].strip(), anchor, bool(found["embed"]))


def _anchors(lines: Sequence[str]) -> Iterator[str]:
    """Give what `[[Page#...]]` can point at: headings, and block ids with their caret."""
    for line in lines:
        if found := _heading(line):
            yield found["title"].lower()
        elif "^" in line and (block := read_line(line).block):
            yield f"^{block.lower()}"
