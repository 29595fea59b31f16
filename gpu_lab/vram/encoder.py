"""A transformer encoder as its sizes: how many parameters, how many bytes of weights.

Only the BERT family is described (one FFN of two matrices, learned positions, two norms a layer);
gated or rotary encoders have other constants.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Dtype(StrEnum):
    """In what the model computes."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"

    @property
    def size(self) -> int:
        """Give the bytes of one number."""
        return 4 if self is Dtype.FLOAT32 else 2


class Encoder(BaseModel):
    """The sizes of one encoder; `longest` is the most tokens that its positions can number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    name: str = Field(min_length=1)
    hidden: int = Field(gt=0, le=1 << 20)
    layers: int = Field(gt=0, le=1 << 12)
    heads: int = Field(gt=0, le=1 << 12)
    ffn: int = Field(gt=0, le=1 << 22)
    vocabulary: int = Field(gt=0, le=1 << 28)
    positions: int = Field(default=512, gt=0, le=1 << 24)
    longest: int = Field(default=512, gt=0, le=1 << 24)
    token_types: int = Field(default=2, ge=0, le=1 << 10)
    has_pooler: bool = True
    dtype: Dtype = Dtype.FLOAT16

    @model_validator(mode="after")
    def _is_one_shape(self) -> Encoder:
        if self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} is not a multiple of heads {self.heads}")
        if self.longest > self.positions:
            raise ValueError(f"longest {self.longest} is more than positions {self.positions}")
        return self

    @property
    def parameters(self) -> int:
        """Count the weights: embeddings, layers, and the pooler if there is one."""
        hidden, ffn = self.hidden, self.ffn
        norm = 2 * hidden
        rows = self.vocabulary + self.positions + self.token_types
        attention = 4 * (hidden * hidden + hidden)
        feed_forward = 2 * hidden * ffn + ffn + hidden
        layer = attention + feed_forward + 2 * norm
        pooler = hidden * hidden + hidden if self.has_pooler else 0
        return rows * hidden + norm + self.layers * layer + pooler

    @property
    def weight_bytes(self) -> int:
        """Give the bytes that the weights hold on the GPU."""
        return self.parameters * self.dtype.size
