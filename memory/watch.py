"""Re-reading notes as the person saves them. Nothing here writes a note; who watches decides.

The index is brought in step in the background, so that a saved note is found within a second
even when nobody has asked yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from memory.errors import MemoryUnavailable
from memory.indexing import PAGE_SUFFIXES

_LOG = logging.getLogger(__name__)
_QUIET_MS = 200


class Watch:
    """Calls `changed` with the pages that were saved, moved or deleted, until it is closed."""

    def __init__(self, folder: Path, changed: Callable[[frozenset[Path]], None]) -> None:
        """Watch `folder`, which must exist; `changed` runs in the watching thread."""
        self._folder, self._changed, self._stop = folder, changed, Event()
        self._thread = Thread(target=self._run, name="notes-watch", daemon=True)

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching and wait until a running call has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        from watchfiles import watch

        for found in watch(
            self._folder,
            watch_filter=lambda _, path: _is_page(self._folder, Path(path)),
            debounce=_QUIET_MS,
            step=50,
            rust_timeout=500,
            yield_on_timeout=False,
            stop_event=self._stop,
            raise_interrupt=False,
        ):
            try:
                self._changed(frozenset(Path(path) for _, path in found))
            except (MemoryUnavailable, OSError) as failed:
                _LOG.warning("the notes changed and could not be read again: %s", failed)


def _is_page(folder: Path, path: Path) -> bool:
    """Pass by what Obsidian, git and we ourselves keep in hidden places."""
    try:
        parts = path.relative_to(folder).parts
    except ValueError:
        return False
    return path.name.lower().endswith(PAGE_SUFFIXES) and not any(
        part.startswith(".") for part in parts
    )
