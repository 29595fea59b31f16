"""One process serves a data folder, and one brings it in step with Google: the locks."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVING, SYNCING = "touchbase.lock", "sync.lock"


class FolderInUse(Exception):
    """Another process serves this data folder; the message says which."""

    def __init__(self, home: Path, holder: str) -> None:
        super().__init__(f"{home} is served by {holder} already; stop that one first")


@contextmanager
def hold(home: Path, purpose: str, *, lock: str = SERVING) -> Iterator[None]:
    """Hold a lock of the folder until the block ends or the process dies. Raises FolderInUse.

    The system drops the lock with the process, so that a crash leaves nothing to clean up.
    """
    file = home / lock
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(home, holder(home, lock=lock) or "another process") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} (touchbase {purpose})\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(home: Path, *, lock: str = SERVING) -> str | None:
    """Name who holds a lock of the folder; None when nobody does."""
    file = home / lock
    try:
        with file.open("rb") as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return probe.read().decode(errors="replace").strip() or "another process"
    except FileNotFoundError:
        return None
    return None
