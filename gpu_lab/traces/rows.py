"""Reading the rows of a CSV one by one, so that every complaint can name file and line.

Knows nothing of any trace's columns.
"""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gpu_lab.traces.errors import TraceMalformed, TraceNotFound


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a trace: its cells by column name, and where it stands."""

    path: Path
    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Give the cell, trimmed; empty when the optional column is absent."""
        return self.cells.get(column, "").strip()

    def whole(self, column: str, *, at_least: int = 0, default: int | None = None) -> int:
        """Give the cell as a whole number that is not under `at_least`."""
        number = self.number(column, at_least=at_least, default=default)
        if number != int(number):
            raise self.problem(f"{column} is {self.text(column)!r}; a whole number is needed")
        return int(number)

    def number(self, column: str, *, at_least: float = 0, default: float | None = None) -> float:
        """Give the cell as a finite number that is not under `at_least`."""
        text = self.text(column)
        if not text and default is not None:
            return default
        try:
            number = float(text)
        except ValueError:
            raise self.problem(f"{column} is {text!r}; a number is needed") from None
        if not math.isfinite(number) or number < at_least:
            raise self.problem(f"{column} is {text}; it must be {at_least:g} or more")
        return number

    def problem(self, text: str) -> TraceMalformed:
        """Make the error that names this row."""
        return TraceMalformed(self.path, self.line, text)


def rows(path: Path, needed: Sequence[str], *, delimiter: str = ",") -> Iterator[Row]:
    """Yield the rows of `path` (plain or .gz) without reading it whole.

    Raises `TraceNotFound` for a missing file, `TraceMalformed` for missing or doubled columns
    and for lines that are shorter or longer than the header.
    """
    with _open(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
            _check_header(path, header, needed)
            for cells in reader:
                if cells:
                    yield _row(path, reader.line_num, header, cells)
        except (csv.Error, UnicodeDecodeError) as broken:
            raise TraceMalformed(path, reader.line_num + 1, f"not readable: {broken}") from broken


def _open(path: Path) -> IO[str]:
    if not path.is_file():
        raise TraceNotFound(path, "`touchbase lab traces` says where each public trace is had")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _check_header(path: Path, header: list[str], needed: Sequence[str]) -> None:
    if not header:
        raise TraceMalformed(path, 1, f"the file is empty; needed columns: {', '.join(needed)}")
    if missing := [name for name in needed if name not in header]:
        has = ", ".join(header)
        raise TraceMalformed(path, 1, f"missing column {', '.join(missing)} (it has: {has})")
    if doubled := sorted({name for name in header if header.count(name) > 1}):
        raise TraceMalformed(path, 1, f"column {', '.join(doubled)} appears twice")


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        problem = f"{len(cells)} cells where the header has {len(header)} columns"
        raise TraceMalformed(path, line, problem)
    return Row(path, line, dict(zip(header, cells, strict=True)))
