"""Compiling kernels to the on-disk cache, renewed when any file that they are made of changes.

Numba renews a kernel when its own file changes. What it calls, and the constants it was compiled
with, may come from other files; a stale kernel would then go on running the old ones unnoticed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.types import unliteral

ROOT = Path(__file__).resolve().parent
IMPORT = re.compile(r"^from (gpu_lab[\w.]*) import (?:\(([^)]*)\)|([^\n]*))", re.MULTILINE)
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile a function that Python calls."""
    compiled: Any = numba.njit(cache=True)(function)
    return _renewed(_for_any_number(compiled), function)


def inner(function: Kernel) -> Kernel:
    """Compile a function that only compiled code calls.

    The wrappers for Python, a quarter of the compiling, are left out.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Any = numba.njit(cache=True, error_model="numpy", **options)(function)
    return _renewed(_for_any_number(compiled), function)


def _for_any_number(compiled: Callable[..., Any]) -> Callable[..., Any]:
    # To Numba a number written in a call has a type of its own, for which it compiles the whole
    # function once more. With the compiler off there are no types.
    template = getattr(compiled, "get_call_template", None)
    if template is not None:
        compiled.get_call_template = (  # type: ignore[attr-defined]
            lambda types, named: template(tuple(map(unliteral, types)), named)
        )
    return compiled


def _renewed(compiled: Callable[..., Any], function: Kernel) -> Kernel:
    # Numba has no public way to say what else a kernel is made of. With the compiler off there is
    # no cache, and nothing to renew.
    kept = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if kept is not None:
        made_of = sources(Path(function.__code__.co_filename).resolve(), ROOT)
        kept._source_stamp = kept._source_stamp, fingerprint(made_of)  # noqa: SLF001
    return cast(Kernel, compiled)


@cache
def sources(path: Path, root: Path) -> tuple[Path, ...]:
    """List a file and all files of the package in `root` that it imports, directly or not."""
    found = {path: None}
    waiting = [path]
    while waiting:
        for other in _imported(waiting.pop(), root):
            if other not in found:
                found[other] = None
                waiting.append(other)
    return tuple(sorted(found))


@cache
def fingerprint(files: tuple[Path, ...]) -> str:
    """Hash what the files say."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(_content(file))
    return digest.hexdigest()


@cache
def _content(file: Path) -> bytes:
    return file.read_bytes()


def _imported(path: Path, root: Path) -> Iterator[Path]:
    for module, several, line in IMPORT.findall(_content(path).decode()):
        # What is imported may be a name in the module or a module of the package.
        parts = module.split(".")[1:]
        names = re.findall(r"\w+", several or line)
        for inside in (parts, *([*parts, name] for name in names)):
            file = root.joinpath(*inside).with_suffix(".py") if inside else root / "__init__.py"
            if file.is_file():
                yield file
