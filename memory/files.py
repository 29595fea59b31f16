"""Changing one file whole or not at all, and never over somebody else's change.

Protected: only `memory.writes`, `memory.sessions` and their like may import this. Nothing here
knows what the text means.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from memory.errors import CannotWrite, FileBusy, NotText
from memory.merging import merge

Edit: TypeAlias = "Callable[[str], str]"
Step: TypeAlias = "Callable[[str], None]"
ATTEMPTS = 50
_LEFT_BEHIND = re.compile(r"^\..+\.\d+\.new$")
_AT_FDCWD = -100
_EXCHANGE = 2


def no_step(_: str) -> None:
    """Do nothing between the steps of a write; tests crash or edit here."""


def read_text(path: Path) -> str | None:
    """Read a file as the person saved it, line ends kept; None when it is missing."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    return _decoded(raw, path)


def edit_file(path: Path, edit: Edit, *, step: Step = no_step, keep_time: bool = False) -> str:
    """Apply `edit` to the newest text of `path` and return what was written.

    A change that arrives while we write is never lost: it is swapped out, seen to differ from
    what we read, and `edit` is applied to it in turn. `edit` must therefore be repeatable.
    `keep_time` leaves the page as old as it was.
    """
    try:
        return _edit_until_it_holds(Path(os.path.realpath(path)), edit, step, keep_time)
    except OSError as failed:
        raise CannotWrite(str(path), failed.strerror or str(failed)) from failed


def create_file(path: Path, text: str, *, step: Step = no_step) -> bool:
    """Create `path` with `text`; False, and nothing changed, when the name is taken."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = _written_beside(path, text, step)
        try:
            return _claimed(fresh, path, step)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as failed:
        raise CannotWrite(str(path), failed.strerror or str(failed)) from failed


def left_behind(folder: Path) -> list[Path]:
    """Give the files that a write cut off by a crash left in `folder`."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _LEFT_BEHIND.match(path.name))


def move_aside(path: Path, folder: Path) -> Path:
    """Move `path` into `folder` under its own name, or that name with a number."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target, number = folder / path.name, 2
        while target.exists():
            target, number = folder / f"{path.stem} {number}{path.suffix}", number + 1
        path.rename(target)
        sync_folder(path.parent)
        sync_folder(folder)
    except OSError as failed:
        raise CannotWrite(str(path), failed.strerror or str(failed)) from failed
    return target


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut; Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _edit_until_it_holds(path: Path, edit: Edit, step: Step, keep_time: bool) -> str:
    for _ in range(ATTEMPTS):
        step("read")
        seen = _raw(path)
        if seen is None:
            text = edit("")
            if create_file(path, text, step=step):
                return text
            continue
        old = _decoded(seen, path)
        text = edit(old)
        if text == old:
            return text
        fresh = _written_beside(path, text, step)
        if keep_time:
            shutil.copystat(path, fresh)
        if held := _put_in_place(fresh, path, seen, text, edit, step):
            return held
    raise FileBusy(str(path))


def _put_in_place(fresh: Path, path: Path, seen: bytes, text: str, edit: Edit, step: Step) -> str:
    """Give `path` the new text; empty when the page changed or vanished before the swap."""
    try:
        if _raw(path) != seen:
            return ""
        step("swap")
        if not _exchanged(fresh, path):
            return ""
        held = _settled(fresh, path, seen, text, edit, step)
        sync_folder(path.parent)
        return held
    finally:
        fresh.unlink(missing_ok=True)


def _settled(fresh: Path, path: Path, seen: bytes, text: str, edit: Edit, step: Step) -> str:
    """Look at what was swapped out; as long as that is news, swap it back in with our line."""
    held = text
    for _ in range(ATTEMPTS):
        step("swapped")
        swapped_out = _raw(fresh)
        if swapped_out is None or swapped_out == seen:
            return held
        theirs = _decoded(swapped_out, path)
        base, seen = _decoded(seen, path), held.encode()
        held = edit(merge(base, held, theirs))
        _write_through(fresh, held.encode())
        if not _exchanged(fresh, path):
            create_file(path, held)
            return held
    raise FileBusy(str(path))


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two names in one step; False when `other` was taken away meanwhile.

    Where the system cannot swap, `one` replaces `other`: then a save in the instant between our
    last look and the rename is lost, with the swap it is not.
    """
    swap = _rename_exchange()
    if swap is not None:
        if swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
            return True
        if ctypes.get_errno() == errno.ENOENT:
            return False
    one.replace(other)
    return True


def _written_beside(path: Path, text: str, step: Step) -> Path:
    fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}.new")
    half = text.encode()
    with fresh.open("wb") as out:
        out.write(half[: len(half) // 2])
        step("half")
        out.write(half[len(half) // 2 :])
        out.flush()
        step("flushed")
        os.fsync(out.fileno())
    if path.exists():
        fresh.chmod(path.stat().st_mode)
    step("written")
    return fresh


def _write_through(path: Path, raw: bytes) -> None:
    with path.open("wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())


def _claimed(fresh: Path, path: Path, step: Step) -> bool:
    step("claim")
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links: an exclusive create is the next best claim.
        if path.exists():
            return False
        fresh.rename(path)
    sync_folder(path.parent)
    step("claimed")
    return True


def _raw(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as bad:
        raise NotText(str(path), bad.start) from bad


@functools.cache
def _rename_exchange() -> Callable[..., int] | None:
    """Find Linux's renameat2(2), the swap of two names."""
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return None
    number, name = ctypes.c_int, ctypes.c_char_p
    call.argtypes = [number, name, number, name, ctypes.c_uint]
    found: Callable[..., int] = call
    return found
