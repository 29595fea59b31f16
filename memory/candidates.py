"""Which units may answer a question, and what the ranking has to know of them, asked of the
index. Nothing here decides which answers best.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from memory.index import PAGE_BITS, Index, Sizes, UnitRow, UnitWords, neighbours_of
from memory.query import Query
from memory.ranking import NOTHING, Candidate, Collection, Counted, Field, date_match
from memory.similarity import Similarity

CANDIDATES = 100
FILTERED_CANDIDATES = 2_000
# Candidates are looked for by the rarest words, as many as are found in this many texts: the
# commoner ones cost more than they tell, and still count in the score.
TEXTS_LOOKED_AT = 20_000
_OWN_K1, _OWN_B = 0.9, 0.4


@dataclass(frozen=True)
class Asked:
    """A question in the stems of one index, with how common each is there.

    `own` and `window` count the units and windows that have a stem, `places` how often each
    page has it.
    """

    query: Query
    stems: tuple[str, ...]
    sizes: Sizes
    own: Mapping[str, int]
    window: Mapping[str, int]
    places: Mapping[str, Mapping[int, int]]


def ask(index: Index, query: Query) -> Asked:
    """Turn the words of a question into stems, and see how common each is."""
    stems = tuple(dict.fromkeys(index.stemmer.stems(query.words)))
    return Asked(
        query,
        stems,
        index.sizes(),
        own=_holding(index, "own_terms", stems),
        window=_holding(index, "win_terms", stems),
        places={stem: _places(index, stem) for stem in stems},
    )


def find(index: Index, asked: Asked, similarity: Similarity) -> list[UnitRow]:
    """Give the units that hold any word of the question, fit its date or come near its meaning,
    and pass its filters.
    """
    query = asked.query
    limit = FILTERED_CANDIDATES if query.has_filters else CANDIDATES
    found: dict[int, None] = {}
    if asked.stems:
        found |= dict.fromkeys(_matching(index, "own", _rarest(asked.own), limit))
        found |= dict.fromkeys(_matching(index, "win", _rarest(asked.window), limit))
    for literal in query.literals:
        found |= dict.fromkeys(_holding_literal(index, literal, limit))
    if query.dates:
        found |= dict.fromkeys(_dated(index, query, limit))
    if query.words:
        found |= dict.fromkeys(similarity.nearest(query.wording, limit))
    if query.has_filters and not query.words:
        found |= dict.fromkeys(_newest(index, limit))
    rows = [row for row in index.units(found).values() if passes(query, row)]
    return sorted(rows, key=lambda row: (row.path, row.unit.line0))


def candidates(
    index: Index, asked: Asked, rows: Sequence[UnitRow], similarity: Similarity
) -> list[Candidate]:
    """Count the question's stems in each unit, its neighbours and its page."""
    words = index.words({each for row in rows for each in neighbours_of(row.unit_id)})
    counted = {unit_id: _count(said, asked.stems) for unit_id, said in words.items()}
    asking = {unit_id for unit_id, said in words.items() if said.asks}
    pages = _pages(index, asked, {row.page_id for row in rows})
    similar = similarity.of(asked.query.wording, [row.unit_id for row in rows])
    found = []
    for row in rows:
        unit_id, text = row.unit_id, row.unit.text.lower()
        own_similarity, window_similarity = similar.get(unit_id, (None, None))
        found.append(
            Candidate(
                unit_id,
                own=counted.get(unit_id, NOTHING),
                window=_together(
                    counted[each] for each in neighbours_of(unit_id) if each in counted
                ),
                page=pages[row.page_id],
                before=counted[unit_id - 1] if unit_id - 1 in asking else NOTHING,
                author=row.unit.author,
                day=day_of(row.unit.at),
                word_count=len(text.split()),
                own_similarity=own_similarity,
                window_similarity=window_similarity,
                literals=sum(literal in text for literal in asked.query.literals),
            )
        )
    return found


def collection(asked: Asked) -> Collection:
    """Give what BM25 has to know of all units, windows and pages."""
    sizes = asked.sizes
    units, pages = sizes.units or 1, sizes.pages or 1
    on_pages = {stem: len(pages_with) for stem, pages_with in asked.places.items()}
    return Collection(
        own=Field(units, sizes.stems / units, asked.own, _OWN_K1, _OWN_B),
        window=Field(units, sizes.window_stems / units, asked.window),
        page=Field(pages, sizes.stems / pages, on_pages),
    )


def passes(query: Query, row: UnitRow) -> bool:
    """Hold a unit against the filters of the query."""
    day, text, path = day_of(row.unit.at), row.unit.text.lower(), row.path.lower()
    if query.since and (day is None or day < query.since):
        return False
    if query.until and (day is None or day > query.until):
        return False
    if not all(part in path for part in query.files):
        return False
    if not all(_tagged(tag, row.unit.tags) for tag in query.tags):
        return False
    return all(part in text for part in query.must) and not any(
        part in text for part in query.must_not
    )


def day_of(at: str) -> date | None:
    """Read the day of a unit's time; None for none or nonsense."""
    try:
        return date.fromisoformat(at[:10])
    except ValueError:
        return None


def _rarest(holding: Mapping[str, int]) -> list[str]:
    """Give the rarest stem, and the next ones as long as the texts to look at stay few."""
    chosen: list[str] = []
    texts = 0
    for stem in sorted(holding, key=lambda each: holding[each]):
        texts += holding[stem]
        if chosen and texts > TEXTS_LOOKED_AT:
            break
        chosen.append(stem)
    return chosen


def _matching(index: Index, table: str, stems: Sequence[str], limit: int) -> Iterable[int]:
    match = " OR ".join(f'"{stem}"' for stem in stems)
    rows = index.connection.execute(
        f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT ?", (match, limit)
    )
    return (unit_id for (unit_id,) in rows)


def _holding_literal(index: Index, literal: str, limit: int) -> Iterable[int]:
    """Find a run of characters; the trigram table knows those of three and more."""
    if len(literal) >= 3:
        sql, value = "SELECT rowid FROM tri WHERE tri MATCH ? LIMIT ?", f'"{literal}"'
    else:
        sql, value = "SELECT id FROM units WHERE instr(literals, ?) LIMIT ?", literal
    return (unit_id for (unit_id,) in index.connection.execute(sql, (value, limit)))


def _dated(index: Index, query: Query, limit: int) -> list[int]:
    """Find what was written on or soon after the days that the question names."""
    told = []
    for page, at in index.connection.execute("SELECT page, day FROM days"):
        day = day_of(at)
        fit = max(date_match(named, day) for named in query.dates)
        if fit >= 1:
            told.append((-fit, page, at))
    found: list[int] = []
    for _, page, at in sorted(told):
        if len(found) >= limit:
            break
        rows = index.connection.execute(
            "SELECT id FROM units WHERE id >= ? AND id < ? AND substr(at, 1, 10) = ? LIMIT ?",
            (page << PAGE_BITS, (page + 1) << PAGE_BITS, at, limit - len(found)),
        )
        found += [unit_id for (unit_id,) in rows]
    return found


def _newest(index: Index, limit: int) -> Iterable[int]:
    rows = index.connection.execute("SELECT id FROM units ORDER BY at DESC LIMIT ?", (limit * 10,))
    return (unit_id for (unit_id,) in rows)


def _holding(index: Index, table: str, stems: Sequence[str]) -> dict[str, int]:
    """Count the texts that hold each stem."""
    # The table holds what the tokenizer makes of the stem, which may be shorter still.
    found = {}
    for stem, term in zip(stems, index.stemmer.stems(stems), strict=True):
        row = index.connection.execute(
            f"SELECT doc FROM {table} WHERE term = ?", (term,)
        ).fetchone()
        found[stem] = row[0] if row else 0
    return found


def _places(index: Index, stem: str) -> dict[int, int]:
    """Count how often each page has a stem."""
    rows = index.connection.execute(
        f"SELECT doc >> {PAGE_BITS}, count(*) FROM own_places WHERE term = ? GROUP BY 1",
        index.stemmer.stems([stem]),
    )
    return dict(rows.fetchall())


def _pages(index: Index, asked: Asked, pages: set[int]) -> dict[int, Counted]:
    rows = index.connection.execute("SELECT id, stem_count FROM pages")
    places = asked.places.items()
    return {
        page: Counted({stem: on[page] for stem, on in places if page in on}, length)
        for page, length in rows
        if page in pages
    }


def _count(said: UnitWords, stems: Sequence[str]) -> Counted:
    counted = {stem: times for stem in stems if (times := said.stems.count(f" {stem} "))}
    return Counted(counted, said.length)


def _together(texts: Iterable[Counted]) -> Counted:
    counts: dict[str, int] = {}
    length = 0.0
    for text in texts:
        length += text.length
        for stem, times in text.counts.items():
            counts[stem] = counts.get(stem, 0) + times
    return Counted(counts, length)


def _tagged(tag: str, tags: Sequence[str]) -> bool:
    """Whether a unit has the tag or one below it: tag:work finds #work/budget."""
    return any(each == tag or each.startswith(f"{tag}/") for each in tags)
