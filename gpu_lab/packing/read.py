"""Reading lengths or costs from a file or a stream: text, .npy or Parquet, told by their content.

Nothing is packed here; whether a cost makes sense is for the packer to say.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_lab.packing.errors import CostsNotReadable

if TYPE_CHECKING:
    import pyarrow as pa

NPY, PARQUET = b"\x93NUMPY", b"PAR1"
Numbers = NDArray[Any]


def read_costs(file: Path, column: str | None = None) -> Numbers:
    """Read a file. Raises CostsNotReadable."""
    try:
        with file.open("rb") as stream:
            head = stream.read(len(NPY))
            # An array in a file is mapped, not read.
            content = b"" if head == NPY else head + stream.read()
    except OSError as wrong:
        raise CostsNotReadable(where=file, why=wrong.strerror) from None
    return _mapped(file) if head == NPY else costs_of(content, str(file), column)


def costs_of(content: bytes, where: str, column: str | None = None) -> Numbers:
    """Give the row of numbers in what was read from `where`. Raises CostsNotReadable."""
    if content.startswith(NPY):
        try:
            found = np.load(io.BytesIO(content), allow_pickle=False)
        except (ValueError, EOFError, OSError) as wrong:
            raise CostsNotReadable(where=where, why=f"broken .npy: {_line(wrong)}") from None
        return _one_row(found, where)
    if content.startswith(PARQUET):
        return _from_parquet(content, where, column)
    if column is not None:
        raise CostsNotReadable(where=where, why="only Parquet has columns; leave --column out")
    return _one_row(_from_text(content, where), where)


def _mapped(file: Path) -> Numbers:
    try:
        found = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as wrong:
        raise CostsNotReadable(where=file, why=f"broken .npy: {_line(wrong)}") from None
    return _one_row(found, str(file))


def _from_text(content: bytes, where: str) -> Numbers:
    """Read numbers between spaces, commas or ends of lines; whole numbers stay whole."""
    try:
        words = content.decode("utf-8-sig").replace(",", " ").split()
    except UnicodeDecodeError:
        why = "it is neither text, .npy nor Parquet"
        raise CostsNotReadable(where=where, why=why) from None
    try:
        return np.array([int(word) for word in words], dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    numbers = np.empty(len(words))
    for index, word in enumerate(words):
        try:
            numbers[index] = float(word)
        except ValueError:
            why = f"item {index} is {word[:40]!r}, not a number"
            raise CostsNotReadable(where=where, why=why) from None
    return numbers


def _from_parquet(content: bytes, where: str, column: str | None) -> Numbers:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(io.BytesIO(content))
        name = _column(schema, where, column)
        found = pq.read_table(io.BytesIO(content), columns=[name])[name].combine_chunks()
    except (pa.ArrowException, OSError) as wrong:
        raise CostsNotReadable(where=where, why=f"broken Parquet: {_line(wrong)}") from None
    if _is_list(found.type):
        # A column of token lists is packed by their lengths.
        found = pa.compute.list_value_length(found)
    if found.null_count:
        first = found.is_null().to_pylist().index(True)
        raise CostsNotReadable(where=where, why=f"row {first} of column {name!r} has no value")
    return _one_row(found.to_numpy(zero_copy_only=False), where)


def _column(schema: pa.Schema, where: str, asked: str | None) -> str:
    import pyarrow as pa

    usable = [
        field.name
        for field in schema
        if pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or _is_list(field.type)
    ]
    if asked is None and len(usable) == 1:
        return str(usable[0])
    if asked in usable:
        return str(asked)
    listed = ", ".join(usable) or "none"
    way = f"--column with one of: {listed}"
    why = (
        f"several columns could be packed; give {way}"
        if asked is None
        else (f"no column {asked!r} of numbers or lists; give {way}")
    )
    raise CostsNotReadable(where=where, why=why)


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _one_row(found: Numbers, where: str) -> Numbers:
    if found.ndim != 1 or found.dtype.kind not in "iuf":
        shape = "x".join(map(str, found.shape)) or "a single value"
        why = f"it holds {found.dtype} of shape {shape}, not one row of numbers"
        raise CostsNotReadable(where=where, why=why)
    if not found.size:
        raise CostsNotReadable(where=where, why="it is empty; give one number for each item")
    return found


def _line(wrong: Exception) -> str:
    return " ".join(str(wrong).split())[:200]
