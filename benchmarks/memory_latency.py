"""How fast notes are indexed and found, at 10,000 and 100,000 passages.

The vault is made up: a vocabulary with natural frequencies (Zipf, the commonest words being the
real stop words), 40 bullets a page, the questions five words of a passage. Beside each figure
stands plain FTS5 (porter, OR of all words, order by bm25, top 10) on the same passages.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from memory.index import Index, open_index
from memory.indexing import refresh
from memory.search import Search
from memory.similarity import NoMeaning
from memory.words import STOP_WORDS, all_words

SIZES = (10_000, 100_000)
QUESTIONS = 200
BULLETS_PER_PAGE = 40
VOCABULARY = 40_000


def main() -> None:
    for units in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), units)


def measure(folder: Path, units: int) -> None:
    write_vault(folder, units, random.Random(7))
    index = open_index(folder / ".touchbase" / "index.sqlite3")
    busy = time.process_time()
    index_seconds = timed(lambda: refresh(index, folder))
    index_busy = time.process_time() - busy
    passages = [row[0] for row in index.connection.execute("SELECT text FROM units")]
    plain, plain_seconds = plain_index(passages)
    questions = made_questions(passages, random.Random(8))
    search = Search(index, similarity=NoMeaning())
    busy = time.process_time()
    ours = [1_000 * timed(partial(search.search, each)) for each in questions]
    search_busy = 1_000 * (time.process_time() - busy) / len(questions)
    theirs = [1_000 * timed(partial(plain_search, plain, each)) for each in questions]
    saved = saved_note_seconds(index, search, folder)
    size_mb = (folder / ".touchbase" / "index.sqlite3").stat().st_size / 1e6
    index.close()
    plain.close()
    print(f"{units:,} passages, index file {size_mb:.0f} MB")
    print(f"  index   {index_seconds:6.1f} s    plain FTS5 insert {plain_seconds:.1f} s")
    print(f"  search  {spread(ours)}    plain FTS5 {spread(theirs)}")
    print(f"  of that the processor worked {index_busy:.1f} s and {search_busy:.1f} ms a question")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"  ratio of medians {ratio:.2f}; a saved note is found after {1_000 * saved:.0f} ms")


def write_vault(folder: Path, units: int, rng: random.Random) -> None:
    words = vocabulary(rng)
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(words))))
    for page in range(units // BULLETS_PER_PAGE):
        path = folder / "notes" / f"{page // 100:03}" / f"note {page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        bullets = (
            f"- {' '.join(rng.choices(words, cum_weights=weights, k=rng.randint(20, 60)))}\n"
            for _ in range(BULLETS_PER_PAGE - 1)
        )
        path.write_text("".join([f"# Note {page}\n\n", *bullets]))


def vocabulary(rng: random.Random) -> list[str]:
    made = {
        "".join(rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") for _ in range(syllables))
        for syllables in itertools.islice(itertools.cycle((2, 3, 4)), 2 * VOCABULARY)
    }
    return [*sorted(STOP_WORDS), *rng.sample(sorted(made), VOCABULARY)]


def made_questions(passages: Sequence[str], rng: random.Random) -> list[str]:
    questions = []
    while len(questions) < QUESTIONS:
        said = [word for word in all_words(rng.choice(passages)) if word not in STOP_WORDS]
        if len(said) >= 5:
            questions.append(f"what did we say about {' '.join(rng.sample(said, 5))}?")
    return questions


def plain_index(passages: Sequence[str]) -> tuple[sqlite3.Connection, float]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE plain USING fts5(text, tokenize='porter unicode61')")
    insert = "INSERT INTO plain (text) VALUES (?)"
    return connection, timed(lambda: connection.executemany(insert, ((each,) for each in passages)))


def plain_search(connection: sqlite3.Connection, question: str) -> None:
    match = " OR ".join(f'"{word}"' for word in all_words(question))
    connection.execute(
        "SELECT rowid, text FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT 10", (match,)
    ).fetchall()


def saved_note_seconds(index: Index, search: Search, folder: Path) -> float:
    def save_and_find() -> None:
        (folder / "notes" / "fresh.md").write_text("- the quokka smiles\n")
        refresh(index, folder)
        assert search.search("quokka")[0].path == "notes/fresh.md"

    return timed(save_and_find)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spread(milliseconds: Sequence[float]) -> str:
    in_order = sorted(milliseconds)
    middle, late = in_order[len(in_order) // 2], in_order[int(len(in_order) * 0.95)]
    return f"p50 {middle:5.1f} ms, p95 {late:5.1f} ms"
