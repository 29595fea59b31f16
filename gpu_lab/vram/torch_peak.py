"""A script that runs an encoder in plain torch and reads the peak of its memory.

Nothing imports it. It is written from the architecture (BERT's: embeddings, layers of attention
and FFN, norms after the sums), holds no trained weights, and lets go of each tensor where plain
code does. First line: {"device", "model", "attention", "encoder"}; then {"batch", "seq"}, or
{"hold_bytes"} to take memory away. On a GPU the peak is the caching allocator's; elsewhere it is
the sum of live storages, counted after each operation.
"""

from __future__ import annotations

import json
import sys
import weakref
from contextlib import suppress
from dataclasses import dataclass

import torch  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional  # type: ignore[import-not-found, unused-ignore]
from torch.utils._python_dispatch import (  # type: ignore[import-not-found, unused-ignore]
    TorchDispatchMode,
)
from torch.utils._pytree import (  # type: ignore[import-not-found, unused-ignore]
    tree_leaves,
)


@dataclass(frozen=True)
class Linear:
    """A matrix and its bias."""

    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Multiply (..., inputs) to (..., outputs)."""
        return functional.linear(rows, self.weight, self.bias)


@dataclass(frozen=True)
class Norm:
    """A layer norm's scale and shift."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Normalise the last axis."""
        return functional.layer_norm(rows, self.scale.shape, self.scale, self.shift)


@dataclass(frozen=True)
class Layer:
    """One layer of the encoder; `heads` divides the hidden size."""

    heads: int
    is_eager: bool
    query: Linear
    key: Linear
    value: Linear
    out: Linear
    middle_norm: Norm
    up: Linear
    down: Linear
    last_norm: Norm

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """Give (batch, length, hidden) from the same."""
        # At the GELU there live: hidden, attended, middle, its input and its output.
        attended = self._attend(hidden)
        middle = self.middle_norm(hidden + attended)
        wide = functional.gelu(self.up(middle))
        return self.last_norm(middle + self.down(wide))

    def _attend(self, hidden: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            self._split(linear(hidden)) for linear in (self.query, self.key, self.value)
        )
        mix = self._mix_eagerly if self.is_eager else functional.scaled_dot_product_attention
        mixed = mix(query, key, value)
        return self.out(mixed.transpose(1, 2).reshape(hidden.shape))

    def _split(self, rows: torch.Tensor) -> torch.Tensor:
        batch, length, hidden = rows.shape
        return rows.view(batch, length, self.heads, hidden // self.heads).transpose(1, 2)

    @staticmethod
    def _mix_eagerly(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        # The one name lets the scores go as soon as the probabilities are there.
        weights = torch.matmul(query, key.transpose(-1, -2)) * query.shape[-1] ** -0.5
        weights = weights.softmax(-1)
        return torch.matmul(weights, value)


@dataclass(frozen=True)
class Model:
    """All weights of one encoder."""

    words: torch.Tensor
    positions: torch.Tensor
    types: torch.Tensor | None
    norm: Norm
    layers: tuple[Layer, ...]
    pooler: Linear | None

    def __call__(self, ids: torch.Tensor) -> torch.Tensor:
        """Encode (batch, length) numbers of words."""
        hidden = self._embed(ids)
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden if self.pooler is None else self.pooler(hidden[:, 0]).tanh()

    def _embed(self, ids: torch.Tensor) -> torch.Tensor:
        summed = functional.embedding(ids, self.words) + self.positions[: ids.shape[1]]
        if self.types is not None:
            summed = summed + self.types[0]
        return self.norm(summed)


@dataclass(frozen=True)
class Maker:
    """Makes weights of one dtype on one device; their values do not matter."""

    dtype: torch.dtype
    device: str

    def tensor(self, *shape: int) -> torch.Tensor:
        """Give a tensor of small numbers."""
        return torch.full(shape, 0.01, dtype=self.dtype, device=self.device)

    def linear(self, inputs: int, outputs: int) -> Linear:
        """Give a matrix with bias."""
        return Linear(self.tensor(outputs, inputs), self.tensor(outputs))

    def norm(self, width: int) -> Norm:
        """Give a norm."""
        return Norm(self.tensor(width), self.tensor(width))

    def layer(self, sizes: dict[str, int], *, is_eager: bool) -> Layer:
        """Give a layer."""
        hidden, ffn = sizes["hidden"], sizes["ffn"]
        return Layer(
            sizes["heads"],
            is_eager,
            query=self.linear(hidden, hidden),
            key=self.linear(hidden, hidden),
            value=self.linear(hidden, hidden),
            out=self.linear(hidden, hidden),
            middle_norm=self.norm(hidden),
            up=self.linear(hidden, ffn),
            down=self.linear(ffn, hidden),
            last_norm=self.norm(hidden),
        )

    def model(self, sizes: dict[str, int], *, is_eager: bool) -> Model:
        """Give an encoder of these sizes."""
        hidden, types = sizes["hidden"], sizes["token_types"]
        return Model(
            self.tensor(sizes["vocabulary"], hidden),
            self.tensor(sizes["positions"], hidden),
            self.tensor(types, hidden) if types else None,
            self.norm(hidden),
            tuple(self.layer(sizes, is_eager=is_eager) for _ in range(sizes["layers"])),
            self.linear(hidden, hidden) if sizes["has_pooler"] else None,
        )


class LiveStorages(TorchDispatchMode):  # type: ignore[misc, unused-ignore]
    """The bytes of all storages that operations made and nobody let go of, and their peak."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known = {one.untyped_storage().data_ptr() for one in weights_of(model)}
        self._counted: set[int] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        """Do the operation and count what it made; views make nothing."""
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                self._count(one.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        where = storage.data_ptr()
        if where in self._known or where in self._counted:
            return
        self._counted.add(where)
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._let_go, where, storage.nbytes())

    def _let_go(self, where: int, size: int) -> None:
        self._counted.discard(where)
        self.live -= size


def weights_of(part: object) -> list[torch.Tensor]:
    """Collect the tensors in a part of a model."""
    if isinstance(part, torch.Tensor):
        return [part]
    within = part if isinstance(part, tuple) else vars(part).values()
    parts = (one for one in within if isinstance(one, torch.Tensor | tuple | Layer | Linear | Norm))
    return [weight for one in parts for weight in weights_of(one)]


def peak_on_gpu(model: Model, ids: torch.Tensor, held_bytes: int) -> tuple[int, int]:
    """Give the peak above what was allocated before, and what the allocator reserved."""
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    model(ids)
    torch.cuda.synchronize()
    peak = torch.cuda.max_memory_allocated() - before
    return peak, torch.cuda.max_memory_reserved() - held_bytes


def peak_of_storages(model: Model, ids: torch.Tensor) -> tuple[int, None]:
    """Give the peak of live storages; there is no caching allocator to ask."""
    with LiveStorages(model) as counted:
        model(ids)
    return counted.peak, None


class Bench:
    """One model on one device, and the memory that it took away from itself."""

    def __init__(self, setup: dict[str, object], model: Model, device: str) -> None:
        self._named = {"model": setup["model"], "attention": setup["attention"]}
        self._model, self._device = model, device
        self._held: list[torch.Tensor] = []

    def hold(self, size: int) -> dict[str, object]:
        """Take memory away until the end."""
        if size:
            self._held.append(torch.empty(size, dtype=torch.uint8, device=self._device))
        return {"held_bytes": size}

    def measure(self, batch: int, seq: int) -> dict[str, object]:
        """Run one batch; without enough memory both figures are null."""
        peak = reserved = None
        with suppress(torch.cuda.OutOfMemoryError):
            peak, reserved = self._peak(batch, seq)
        return {
            **self._named,
            "batch": batch,
            "seq": seq,
            "survived": peak is not None,
            "peak_bytes": peak,
            "reserved_bytes": reserved,
        }

    def _peak(self, batch: int, seq: int) -> tuple[int, int | None]:
        ids = torch.zeros((batch, seq), dtype=torch.long, device=self._device)
        if self._device == "cuda":
            return peak_on_gpu(self._model, ids, sum(one.nbytes for one in self._held))
        return peak_of_storages(self._model, ids)


def main() -> None:
    """Answer until the questions end."""
    setup = json.loads(sys.stdin.readline())
    device, sizes = setup["device"], setup["encoder"]
    maker = Maker(getattr(torch, sizes["dtype"]), device)
    model = maker.model(sizes, is_eager=setup["attention"] == "eager")
    weight_bytes = sum(one.nbytes for one in weights_of(model))
    bench = Bench(setup, model, device)
    with torch.no_grad():
        # The first product takes cuBLAS's workspace, which is no activation.
        bench.measure(1, 8)
        _say({"gpu": _uuid() if device == "cuda" else "", "weight_bytes": weight_bytes})
        for line in sys.stdin:
            _say(_answered(bench, json.loads(line)))


def _answered(bench: Bench, question: dict[str, int]) -> dict[str, object]:
    if "hold_bytes" in question:
        return bench.hold(question["hold_bytes"])
    return bench.measure(question["batch"], question["seq"])


def _uuid() -> str:
    return str(getattr(torch.cuda.get_device_properties(0), "uuid", ""))


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
