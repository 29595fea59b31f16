"""How the notes and the search over them are doing, as values. Nothing here mends anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from memory.index import PageRow
from memory.links import Broken, LinkMap


@dataclass(frozen=True)
class Complaint:
    """One thing that is not as it should be, in words."""

    path: str
    said: str


@dataclass(frozen=True)
class Health:
    """What a look over the notes found; every list is empty when all is well."""

    index_place: str
    page_count: int
    unit_count: int
    meaning: str
    vector_share: float
    memory_chars: int
    memory_cap_chars: int
    unsound_pages: tuple[Complaint, ...]
    odd_dates: tuple[Complaint, ...]
    broken_links: tuple[Broken, ...]
    duplicate_names: tuple[tuple[str, tuple[str, ...]], ...]
    embed_cycles: tuple[tuple[str, ...], ...]
    left_behind: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


def unsound(pages: Sequence[PageRow]) -> tuple[Complaint, ...]:
    """Give the pages that could not be indexed whole, or whose frontmatter is not YAML."""
    return tuple(Complaint(page.path, page.problem) for page in pages if page.problem)


def odd_dates(pages: Sequence[PageRow], today: date | None) -> tuple[Complaint, ...]:
    """Give pages that were updated before they were created, or in the future."""
    found = []
    for page in pages:
        created, updated = _day(page.created), _day(page.updated)
        if created and updated and updated < created:
            found.append(Complaint(page.path, f"updated {updated} before created {created}"))
        for name, day in (("created", created), ("updated", updated)):
            if day and today and day > today:
                found.append(Complaint(page.path, f"{name} {day} lies in the future"))
        for name, said in (("created", page.created), ("updated", page.updated)):
            if said and _day(said) is None:
                found.append(Complaint(page.path, f"{name} {said!r} is not a date"))
    return tuple(found)


def worded(health: Health) -> list[str]:
    """Say it in lines for a person."""
    lines = [
        f"words     {health.unit_count:,} passages of {health.page_count:,} pages in "
        f"{health.index_place}",
        f"meaning   {health.meaning}"
        + (f", {health.vector_share:.0%} of the passages" if health.vector_share else ""),
        f"MEMORY.md {health.memory_chars:,} of {health.memory_cap_chars:,} characters",
    ]
    lines += [f"page      {each.path}: {each.said}" for each in health.unsound_pages]
    lines += [f"page      {path}: cannot be read" for path in health.unreadable]
    lines += [f"date      {each.path}: {each.said}" for each in health.odd_dates]
    lines += [
        f"link      {each.path}:{each.link.line}: [[{_target(each)}]]: {each.why}"
        for each in health.broken_links
    ]
    lines += [f"name      {name}: {', '.join(paths)}" for name, paths in health.duplicate_names]
    lines += [f"embeds    {' -> '.join([*ring, ring[0]])}" for ring in health.embed_cycles]
    lines += [
        f"left over {path}: a write was cut off; its text is kept" for path in health.left_behind
    ]
    return lines


def link_parts(
    found: LinkMap,
) -> tuple[tuple[Broken, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Give the broken links and the shared names, in order."""
    return found.broken, tuple(sorted(found.duplicates.items()))


def _target(broken: Broken) -> str:
    anchor = f"#{broken.link.anchor}" if broken.link.anchor else ""
    return f"{broken.link.target}{anchor}"


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        return None
