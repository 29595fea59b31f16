"""Wording a sorted note as markdown: offers on top, topics, and the raw text as it came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from memory import frontmatter
from memory.dumps import Dump, DumpAction, DumpLine
from memory.found.sentences import bare
from memory.tasklines import TaskForm, due_words

MARKER = re.compile(r"^(?P<indent>\s*)(?:[-*+•]|\d{1,3}[.)])\s+")


def dump_page(dump: Dump, *, created: datetime, author: str, source: str) -> str:
    """Give the page; `created` is the person's local time.

    Links of the form `[[#^l3]]` lead to the third line; the raw text is fenced and unchanged.
    """
    head = frontmatter.render(
        {
            "created": f"{created:%Y-%m-%dT%H:%M}",
            "updated": f"{created:%Y-%m-%dT%H:%M}",
            "author": author,
            "source": source,
            "type": "dump",
            "status": "open",
        }
    )
    return head + "\n".join(_body(dump, TaskForm.EMOJI)) + "\n"


def dump_body(dump: Dump, form: TaskForm) -> str:
    """Give the page without its properties and title, for a note that has its own.

    Days of what is to be done are written in `form`.
    """
    return "\n".join(list(_body(dump, form))[2:])


def _body(dump: Dump, form: TaskForm) -> Iterator[str]:
    yield f"# {dump.title}"
    yield ""
    yield from _listed("Actions offered", [_action(action, form) for action in dump.actions])
    yield from _listed("Open questions", [f"{q.text} [[#^l{q.line}]]" for q in dump.questions])
    yield from _listed("Decisions", [f"{d.text} [[#^l{d.line}]]" for d in dump.decisions])
    names = [f"[[{name}]]" for name in (*dump.people, *dump.things)]
    yield from _listed("People and things", [", ".join(names)] if names else [])
    for topic in dump.topics:
        yield f"## {topic.title}"
        yield ""
        yield from (_line(line) for line in topic.lines)
        yield ""
    fence = _fence(dump.raw)
    yield "## As it came"
    yield ""
    yield f"{fence}text"
    yield dump.raw.removesuffix("\n")
    yield fence


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"## {heading}"
        yield ""
        yield from (f"- {line}" for line in lines)
        yield ""


def _action(action: DumpAction, form: TaskForm) -> str:
    owner = "" if action.owner == "me" else f" ({action.owner})"
    due = f" {due_words(action.due, form)}" if action.due else ""
    unsure = "" if action.as_task else " (perhaps)"
    return f"{action.text}{owner}{due}{unsure} [[#^l{action.line}]]"


def _line(line: DumpLine) -> str:
    marker = MARKER.match(line.text)
    indent = marker["indent"].replace("\t", "  ") if marker else ""
    words = MARKER.sub("", line.text) if marker else bare(line.text)
    return f"{indent}- {words.strip()} ^l{line.number}"


def _fence(raw: str) -> str:
    longest = max((len(run) for run in re.findall(r"~+", raw)), default=0)
    return "~" * max(3, longest + 1)
