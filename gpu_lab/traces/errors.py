"""What can be wrong with a trace, each error naming the file, the line and the way out."""

from __future__ import annotations

from pathlib import Path


class TraceNotFound(Exception):
    """No such trace: {path}. {hint}"""

    def __init__(self, path: Path, hint: str) -> None:
        super().__init__(f"no such trace: {path}. {hint}")
        self.path = path


class TraceMalformed(Exception):
    """{path}, line {line}: {problem}"""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
        self.path, self.line, self.problem = path, line, problem
