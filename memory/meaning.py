"""Meaning beside words: a vector for each unit, kept in the index, and how near they are to a
question. Optional; where the weights are not installed, search is by words alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from memory.encoder import DIMENSIONS, MODEL, Encoder, Vectors, weights_folder
from memory.index import Index
from memory.similarity import NoMeaning, Similarity

_BATCH = 256


def open_meaning(index: Index) -> Similarity:
    """Open the vectors of an index, or the stand-in where no weights are installed."""
    folder = weights_folder()
    return NoMeaning(index) if folder is None else Meaning(index, folder)


class _Loaded(NamedTuple):
    """All vectors in id order; `before` and `after` tell where a neighbour stands beside."""

    ids: NDArray[np.int64]
    vectors: Vectors
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    window_lengths: Vectors


class Meaning:
    """Cosines from stored vectors: 384 bytes a unit, one scale each."""

    def __init__(self, index: Index, folder: Path) -> None:
        """Keep vectors in `index`; the weights in `folder` are read when first needed."""
        self._index, self._folder = index, folder
        self._encoder: Encoder | None = None
        self._loaded: _Loaded | None = None
        self._asked: tuple[str, Vectors, Vectors] | None = None

    @property
    def state(self) -> str:
        """Name the model."""
        return "all-MiniLM-L6-v2 in NumPy"

    def share(self) -> float:
        """Give the share of units that have a vector."""
        (have,) = self._index.connection.execute("SELECT count(*) FROM vectors").fetchone()
        return float(have / (self._index.sizes().units or 1))

    def refresh(self, most: int) -> int:
        """Give at most so many new units their vectors, and say how many."""
        rows = self._index.connection.execute(
            "SELECT u.id, u.text FROM units u LEFT JOIN vectors v ON v.unit = u.id"
            " WHERE v.unit IS NULL ORDER BY u.id LIMIT ?",
            (most,),
        ).fetchall()
        for at in range(0, len(rows), _BATCH):
            self._store(rows[at : at + _BATCH])
        if rows:
            self._index.commit()
            self._loaded = self._asked = None
        return len(rows)

    def nearest(self, wording: str, count: int) -> list[int]:
        """Give the ids of the units nearest to a question, nearest first."""
        own, _ = self._cosines(wording)
        best = np.argpartition(-own, count)[:count] if count < len(own) else np.arange(len(own))
        ids = self._load().ids
        return [int(ids[at]) for at in sorted(best.tolist(), key=lambda at: -float(own[at]))]

    def of(self, wording: str, unit_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
        """Give the cosines of each unit and of its window; units without a vector are left out."""
        ids = self._load().ids
        if not len(ids) or not wording.strip():
            return {}
        own, window = self._cosines(wording)
        places = np.minimum(np.searchsorted(ids, unit_ids), len(ids) - 1)
        return {
            unit_id: (float(own[place]), float(window[place]))
            for unit_id, place in zip(unit_ids, places.tolist(), strict=True)
            if ids[place] == unit_id
        }

    def _cosines(self, wording: str) -> tuple[Vectors, Vectors]:
        if self._asked is None or self._asked[0] != wording:
            loaded = self._load()
            own = loaded.vectors @ self._encoded([wording])[0]
            # The mean of the neighbours' vectors is as good as reading the window anew.
            around = own.copy()
            around[1:] += np.where(loaded.before[1:], own[:-1], 0)
            around[:-1] += np.where(loaded.after[:-1], own[1:], 0)
            self._asked = (wording, own, around / loaded.window_lengths)
        return self._asked[1], self._asked[2]

    def _load(self) -> _Loaded:
        if self._loaded is None:
            rows = self._index.connection.execute(
                "SELECT unit, scale, bytes FROM vectors ORDER BY unit"
            ).fetchall()
            raw = np.frombuffer(b"".join(row[2] for row in rows), np.int8)
            scales = np.array([row[1] for row in rows], np.float32)
            ids = np.array([row[0] for row in rows], np.int64)
            self._loaded = _loaded(ids, raw.reshape(len(rows), -1) * scales[:, None])
        return self._loaded

    def _store(self, rows: Sequence[tuple[int, str]]) -> None:
        vectors = self._encoded([text for _, text in rows])
        scales = np.abs(vectors).max(1) / 127
        small = np.rint(vectors / scales[:, None]).astype(np.int8)
        self._index.connection.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
            (
                (unit_id, MODEL, float(scale), row.tobytes())
                for (unit_id, _), scale, row in zip(rows, scales, small, strict=True)
            ),
        )

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        if self._encoder is None:
            self._encoder = Encoder(self._folder)
        return self._encoder.encode(texts)


def _loaded(ids: NDArray[np.int64], vectors: Vectors) -> _Loaded:
    count = len(ids)
    before, after = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    if count:
        before[1:] = ids[1:] == ids[:-1] + 1
        after[:-1] = before[1:]
    else:
        vectors = np.zeros((0, DIMENSIONS), np.float32)
    around = vectors.copy()
    around[1:] += np.where(before[1:, None], vectors[:-1], 0)
    around[:-1] += np.where(after[:-1, None], vectors[1:], 0)
    return _Loaded(ids, vectors, before, after, np.linalg.norm(around, axis=1) + np.float32(1e-9))
