"""Wording loops, briefs and projects as markdown. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memory.briefs import Brief, Child, Standing
from memory.loops import OpenLoop


def loops_page(loops: Sequence[OpenLoop]) -> str:
    """Give a list, oldest first."""
    if not loops:
        return "Nothing is open.\n"
    return "\n".join(_loop(each) for each in loops) + "\n"


def _loop(each: OpenLoop) -> str:
    loop = each.loop
    status = "" if loop.status == "open" else f", {loop.status}"
    also = f"; also {', '.join(each.also)}" if each.also else ""
    return f"- {loop.text} — {loop.kind}{status}, {_age(each.age_days)} ({loop.link}{also})"


def _age(days: int | None) -> str:
    match days:
        case None:
            return "undated"
        case 0:
            return "today"
        case 1:
            return "1 day"
        case _:
            return f"{days} days"


def briefs_page(briefs: Sequence[Brief]) -> str:
    """Give each epic with its children below."""
    if not briefs:
        return 'No epics yet: give a note `type: epic`, and others `parent: "[[its name]]"`.\n'
    return "\n\n".join("\n".join(_brief(brief)) for brief in briefs) + "\n"


def _brief(brief: Brief) -> Iterator[str]:
    counted = [(brief.counts.get(standing, 0), standing) for standing in Standing]
    counts = ", ".join(f"{count} {standing}" for count, standing in counted if count)
    yield f"## {brief.title}" + (f" — {counts}" if counts else "")
    yield from (f"- scratchpad: [[{pad.name}]]" for pad in brief.scratchpads[:1])
    yield from (f"- ! {cycle}" for cycle in brief.cycles)
    for child in brief.children:
        yield from _child(child, 0)


def _child(child: Child, depth: int) -> Iterator[str]:
    why = f" ({child.because})" if child.because and child.standing is not Standing.CLOSED else ""
    yield f"{'  ' * depth}- [[{child.note.name}]] {child.standing}{why}"
    for below in child.children:
        yield from _child(below, depth + 1)
