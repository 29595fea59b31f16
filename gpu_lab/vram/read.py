"""Reading an encoder's sizes: a name of ours, a small TOML file, or a Hugging Face config.json.

It reads text only; weights and tokenizers are never opened.
"""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from gpu_lab.vram.encoder import Dtype, Encoder
from gpu_lab.vram.errors import EncoderNotReadable, EncoderRefused, UnknownEncoder

MODELS = "gpu_lab.vram.models"

# The families whose layers are the ones that the closed form counts.
BERT_LIKE = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert")
ROBERTA_LIKE = ("roberta", "xlm-roberta", "camembert")
KEYS = {
    "hidden": ("hidden_size", "dim"),
    "layers": ("num_hidden_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_heads"),
    "ffn": ("intermediate_size", "hidden_dim"),
    "vocabulary": ("vocab_size",),
    "positions": ("max_position_embeddings",),
}


def built_in_names() -> tuple[str, ...]:
    """List the encoders that come with the lab."""
    found = (entry.name for entry in resources.files(MODELS).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def read_encoder(name_or_file: str, dtype: Dtype | None = None) -> Encoder:
    """Read a built-in encoder, a .toml file or a config.json; `dtype` overrides the file's.

    Raises UnknownEncoder, EncoderNotReadable (no such file, no such syntax) or EncoderRefused.
    """
    if name_or_file in built_in_names():
        text = (resources.files(MODELS) / f"{name_or_file}.toml").read_text(encoding="utf-8")
        encoder = _from_toml(text, name_or_file)
    elif name_or_file.endswith(".toml"):
        encoder = _from_toml(_text_of(Path(name_or_file)), name_or_file)
    elif name_or_file.endswith(".json"):
        encoder = _from_config(_text_of(Path(name_or_file)), name_or_file)
    else:
        raise UnknownEncoder(name=name_or_file, known=", ".join(built_in_names()))
    return encoder if dtype is None else encoder.model_copy(update={"dtype": dtype})


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EncoderNotReadable(where=file, why="it is not UTF-8 text") from None
    except OSError as wrong:
        raise EncoderNotReadable(where=file, why=wrong.strerror) from None


def _from_toml(text: str, where: str) -> Encoder:
    try:
        sizes = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise EncoderNotReadable(where=where, why=f"it is not TOML: {wrong}") from None
    return _encoder({"name": Path(where).stem} | sizes, where)


def _from_config(text: str, where: str) -> Encoder:
    try:
        config = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        raise EncoderNotReadable(where=where, why=f"it is not JSON: {wrong}") from None
    if not isinstance(config, dict):
        raise EncoderRefused(where=where, why="it is not a JSON object")
    family = config.get("model_type")
    if family not in BERT_LIKE:
        listed = ", ".join(BERT_LIKE)
        raise EncoderRefused(where=where, why=f"model_type {family!r} is none of {listed}")
    _check_family(config, where)
    return _encoder(_sizes(config, str(family), where), where)


def _check_family(config: dict[str, object], where: str) -> None:
    hidden = config.get("hidden_size")
    if config.get("embedding_size", hidden) != hidden:
        raise EncoderRefused(where=where, why="its embedding_size is not its hidden_size")
    if config.get("is_decoder"):
        raise EncoderRefused(where=where, why="is_decoder is true, and a decoder keeps a cache")


def _sizes(config: dict[str, object], family: str, where: str) -> dict[str, object]:
    sizes: dict[str, object] = {"name": config.get("_name_or_path") or Path(where).parent.name}
    sizes["name"] = sizes["name"] or family
    for ours, theirs in KEYS.items():
        found = [config[key] for key in theirs if key in config]
        if found:
            sizes[ours] = found[0]
    positions = sizes.get("positions", 512)
    # RoBERTa numbers its positions from 2 (the padding's number and one).
    skipped = 2 if family in ROBERTA_LIKE else 0
    sizes["longest"] = positions - skipped if isinstance(positions, int) else positions
    sizes["token_types"] = 0 if family == "distilbert" else config.get("type_vocab_size", 2)
    sizes["has_pooler"] = family not in ("distilbert", "electra")
    sizes["dtype"] = config.get("torch_dtype") or config.get("dtype") or Dtype.FLOAT32
    return sizes


def _encoder(sizes: dict[str, object], where: str) -> Encoder:
    try:
        return Encoder.model_validate(sizes)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise EncoderRefused(where=where, why=f"{place}: {said}" if place else said) from None
