"""Where wikilinks lead: to a page, to nothing, or to several pages of one name. Pure.

A target is a page's name, an alias, or the end of its path, without regard to case and `.md`, as
Obsidian reads them. Of several pages the one with the shortest path is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote

from memory.pages import Link


@dataclass(frozen=True)
class Target:
    """A page that can be linked to; `anchors` are its headings and ^blocks, lower-case."""

    path: str
    aliases: tuple[str, ...] = ()
    anchors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Broken:
    """A link that leads nowhere."""

    path: str
    link: Link
    why: str


@dataclass(frozen=True)
class Resolved:
    """A link and the page it leads to."""

    path: str
    link: Link
    to: str


@dataclass(frozen=True)
class LinkMap:
    """Every link of the notes, and the names that several pages share."""

    resolved: tuple[Resolved, ...] = ()
    broken: tuple[Broken, ...] = ()
    duplicates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embed_cycles: tuple[tuple[str, ...], ...] = ()


def map_links(targets: Sequence[Target], links: Iterable[tuple[str, Link]]) -> LinkMap:
    """Follow every link (with the path it stands on)."""
    by_path = {target.path: target for target in targets}
    names = _names(targets)
    resolved: list[Resolved] = []
    broken: list[Broken] = []
    for path, link in links:
        if _is_attachment(link.target):
            continue
        to = _lead(path, link, names)
        if to is None:
            broken.append(Broken(path, link, "no such page"))
        elif not _has_anchor(by_path[to], link.anchor):
            broken.append(Broken(path, link, f"{to} has no {_place(link.anchor)}"))
        else:
            resolved.append(Resolved(path, link, to))
    return LinkMap(tuple(resolved), tuple(broken), _duplicates(targets), _cycles(resolved))


def _names(targets: Sequence[Target]) -> dict[str, list[str]]:
    """List the paths under every name that leads to them, the likeliest first."""
    names: dict[str, list[str]] = {}
    for target in sorted(targets, key=lambda each: (each.path.count("/"), each.path)):
        parts = PurePosixPath(_bare(target.path)).parts
        ends = ["/".join(parts[at:]) for at in range(len(parts))]
        for name in [*ends, *(alias.lower() for alias in target.aliases)]:
            names.setdefault(name, []).append(target.path)
    return names


def _lead(path: str, link: Link, names: Mapping[str, list[str]]) -> str | None:
    if not link.target:
        return path
    wanted = _bare(unquote(link.target)).strip("/")
    beside = f"{_bare(path).rpartition('/')[0]}/{wanted.removeprefix('./')}".strip("/")
    found = names.get(wanted) or names.get(beside) or names.get(wanted.lstrip("./"))
    return found[0] if found else None


def _bare(path: str) -> str:
    return path.lower().removesuffix(".md").removesuffix(".markdown")


def _has_anchor(target: Target, anchor: str) -> bool:
    """Whether the page has the place; of nested headings (`A#B`) the last one counts."""
    wanted = unquote(anchor).rsplit("#", 1)[-1].strip().lower()
    return not wanted or wanted in target.anchors


def _place(anchor: str) -> str:
    return f"block {anchor}" if anchor.startswith("^") else f"heading {anchor!r}"


def _is_attachment(target: str) -> bool:
    ending = PurePosixPath(target).suffix.lower()
    known = ".png .jpg .jpeg .gif .svg .webp .bmp .pdf .mp3 .m4a .ogg .wav .mp4 .webm .mov .canvas"
    return ending in known.split()


def _duplicates(targets: Sequence[Target]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for target in targets:
        found.setdefault(PurePosixPath(_bare(target.path)).name, []).append(target.path)
    return {name: tuple(sorted(paths)) for name, paths in found.items() if len(paths) > 1}


def _cycles(resolved: Sequence[Resolved]) -> tuple[tuple[str, ...], ...]:
    """Find the rings of pages that embed each other, each told once."""
    embeds: dict[str, list[str]] = {}
    for each in resolved:
        if each.link.embed:
            embeds.setdefault(each.path, []).append(each.to)
    found: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    for start in embeds:
        trail: list[str] = []
        pending = [(start, 0)]
        while pending:
            page, depth = pending.pop()
            del trail[depth:]
            if page in trail:
                ring = tuple(trail[trail.index(page) :])
                found.setdefault(frozenset(ring), ring)
            elif page not in done:
                trail.append(page)
                pending += [(to, depth + 1) for to in embeds.get(page, [])]
        done |= set(trail[:1])
    return tuple(found.values())
