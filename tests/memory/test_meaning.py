from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from memory import Vault
from memory.encoder import DIMENSIONS, Encoder, weights_folder
from memory.index import Index, open_index
from memory.indexing import refresh
from memory.meaning import Meaning
from memory.recall import Recall

pytest.importorskip("tokenizers", reason="the embeddings extra is not installed")
pytest.importorskip("safetensors", reason="the embeddings extra is not installed")

SIZE, WIDE, HEADS = 8, 12, 2
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "boat", "sail", "tea", "green"]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Make a BERT of one layer and eight numbers with chance weights."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    folder = tmp_path / "model"
    folder.mkdir()
    numbers = {word: at for at, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(numbers, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"hidden_size": SIZE, "num_hidden_layers": 1, "num_attention_heads": HEADS}
    (folder / "config.json").write_text(json.dumps({**settings, "layer_norm_eps": 1e-12}))
    save_file(chance_weights(), folder / "model.safetensors")
    return folder


def chance_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)

    def pair(name: str, out: int, into: int) -> dict[str, np.ndarray]:
        return {
            f"{name}.weight": rng.normal(size=(out, into)).astype(np.float32),
            f"{name}.bias": rng.normal(size=out).astype(np.float32),
        }

    def norm(name: str) -> dict[str, np.ndarray]:
        return {
            f"{name}.weight": rng.normal(size=SIZE).astype(np.float32),
            f"{name}.bias": rng.normal(size=SIZE).astype(np.float32),
        }

    layer = "encoder.layer.0"
    weights = {
        f"embeddings.{name}_embeddings.weight": rng.normal(size=(rows, SIZE)).astype(np.float32)
        for name, rows in (("word", len(WORDS)), ("position", 16), ("token_type", 2))
    }
    weights |= norm("embeddings.LayerNorm")
    for part in ("query", "key", "value"):
        weights |= pair(f"{layer}.attention.self.{part}", SIZE, SIZE)
    weights |= pair(f"{layer}.attention.output.dense", SIZE, SIZE)
    weights |= norm(f"{layer}.attention.output.LayerNorm")
    weights |= pair(f"{layer}.intermediate.dense", WIDE, SIZE)
    weights |= pair(f"{layer}.output.dense", SIZE, WIDE)
    return weights | norm(f"{layer}.output.LayerNorm")


def plain_twin(weights: dict[str, np.ndarray], ids: list[int]) -> list[float]:
    """The same network, one number at a time, as the papers write it."""

    def linear(row: list[float], name: str) -> list[float]:
        table, shift = weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist()
        return [
            sum(a * b for a, b in zip(line, row, strict=True)) + more
            for line, more in zip(table, shift, strict=True)
        ]

    def norm(row: list[float], name: str) -> list[float]:
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
        scale, shift = weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist()
        return [(x - mean) / spread * s + b for x, s, b in zip(row, scale, shift, strict=True)]

    def plus(*rows: list[float]) -> list[float]:
        return [sum(each) for each in zip(*rows, strict=True)]

    tables = [weights[f"embeddings.{n}_embeddings.weight"].tolist() for n in ("word", "position")]
    kind = weights["embeddings.token_type_embeddings.weight"].tolist()[0]
    rows = [
        norm(plus(tables[0][word], tables[1][at], kind), "embeddings.LayerNorm")
        for at, word in enumerate(ids)
    ]
    layer = "encoder.layer.0"
    asked, keys, values = (
        [linear(row, f"{layer}.attention.self.{part}") for row in rows]
        for part in ("query", "key", "value")
    )
    each = SIZE // HEADS
    mixed = []
    for question in asked:
        out: list[float] = []
        for head in range(HEADS):
            cut = slice(head * each, (head + 1) * each)
            likes = [
                math.exp(
                    sum(a * b for a, b in zip(question[cut], key[cut], strict=True))
                    / math.sqrt(each)
                )
                for key in keys
            ]
            out += [
                sum(like * value[cut][at] for like, value in zip(likes, values, strict=True))
                / sum(likes)
                for at in range(each)
            ]
        mixed.append(out)
    attended = [
        norm(
            plus(row, linear(mix, f"{layer}.attention.output.dense")),
            f"{layer}.attention.output.LayerNorm",
        )
        for row, mix in zip(rows, mixed, strict=True)
    ]
    final = []
    for row in attended:
        wide = [
            x * (1 + math.erf(x / math.sqrt(2))) / 2
            for x in linear(row, f"{layer}.intermediate.dense")
        ]
        final.append(
            norm(plus(row, linear(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
        )
    pooled = [sum(column) / len(final) for column in zip(*final, strict=True)]
    length = math.sqrt(sum(x * x for x in pooled))
    return [x / length for x in pooled]


def test_the_fast_network_equals_its_plain_twin(tiny):
    texts = ["boat sail tea", "green", "sail sail boat green tea"]
    found = Encoder(tiny).encode(texts)
    for text, row in zip(texts, found, strict=True):
        ids = [2, *(WORDS.index(word) for word in text.split()), 3]
        np.testing.assert_allclose(row, plain_twin(chance_weights(), ids), atol=2e-5)


def test_the_real_weights_give_the_figures_of_the_published_example():
    folder = weights_folder()
    if folder is None:
        pytest.skip("the weights are not installed (make embeddings)")
    encoder = Encoder(folder)
    one = encoder.encode(
        ["The cat sits outside", "A man is playing guitar", "The new movie is awesome"]
    )
    other = encoder.encode(
        ["The dog plays in the garden", "A woman watches TV", "The new movie is so great"]
    )
    assert one.shape == (3, DIMENSIONS)
    np.testing.assert_allclose((one * other).sum(1), [0.2838, -0.0327, 0.8939], atol=1e-4)


def test_vectors_are_kept_and_a_near_meaning_is_found_and_explained(tmp_path, tiny):
    (tmp_path / "a.md").write_text("- boat\n- sail\n- tea\n\n- green\n")
    (tmp_path / "b.md").write_text("- green tea\n")

    def opened(index: Index) -> Meaning:
        return Meaning(index, tiny)

    recall = Recall(Vault(tmp_path), meaning=opened)
    hits = recall.search("green tea")
    assert hits[0].features.own_vector > 0
    assert recall.health().vector_share == 1.0
    recall.close()

    index = open_index(Vault(tmp_path).index_file)
    refresh(index, tmp_path)
    meaning = Meaning(index, tiny)
    encoder = Encoder(tiny)
    exact = encoder.encode(["boat", "sail", "tea", "green", "green tea"])
    ids = [row[0] for row in index.connection.execute("SELECT id FROM units ORDER BY id")]
    cosines = meaning.of("green tea", ids)
    own = [cosines[each][0] for each in ids]
    np.testing.assert_allclose(own, exact @ exact[4], atol=0.02)
    around = exact[:4].sum(0) - exact[3]
    window = around @ exact[4] / np.linalg.norm(around)
    assert cosines[ids[1]][1] == pytest.approx(float(window), abs=0.02)
    assert meaning.nearest("green tea", 1) == [ids[4]]
    index.close()


def test_without_weights_search_is_by_words_and_health_says_so(tmp_path):
    (tmp_path / "a.md").write_text("- boat\n")
    recall = Recall(Vault(tmp_path))
    assert recall.search("boat")[0].features.own_vector == 0.0
    assert recall.health().meaning.startswith("not installed")
    recall.close()
