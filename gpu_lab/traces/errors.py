"""What can be wrong with a trace, each error naming the file, the line and the way out."""

from __future__ import annotations

from pathlib import Path


class TraceNotFound(Exception):
    """No such trace: {path}. {hint}"""

    def __init__(self, path: Path, hint: str) -> None:
        super().__init__(f"no such trace: {path}. {hint}")
        self.path, self.hint = path, hint

    # A sweep's workers send errors pickled, which by default keeps the finished sentence only.
    def __reduce__(self) -> tuple[type[TraceNotFound], tuple[Path, str]]:
        return TraceNotFound, (self.path, self.hint)


class TraceMalformed(Exception):
    """{path}, line {line}: {problem}"""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}: {problem}")
        self.path, self.line, self.problem = path, line, problem

    def __reduce__(self) -> tuple[type[TraceMalformed], tuple[Path, int, str]]:
        return TraceMalformed, (self.path, self.line, self.problem)
