"""Where things are in the person's notes folder. Nothing here reads or writes a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from memory.errors import OutsideVault

# The curated page is read whole into every conversation: it has to stay small.
MEMORY_CAP_CHARS = 20_000
DAY_NAME = re.compile(r"^(\d{4})-(\d{2})-(\d{2})\.md$")


@dataclass(frozen=True)
class Vault:
    """The notes folder, usable as an Obsidian vault as it is."""

    folder: Path

    @property
    def memory_file(self) -> Path:
        """The curated page: small, capped, loaded whole."""
        return self.folder / "MEMORY.md"

    @property
    def heartbeat_file(self) -> Path:
        """What to look at when speaking first."""
        return self.folder / "HEARTBEAT.md"

    @property
    def logs_folder(self) -> Path:
        """One daily log per local date."""
        return self.folder / "memory"

    @property
    def sessions_folder(self) -> Path:
        """Archived conversations."""
        return self.logs_folder / "sessions"

    @property
    def notes_folder(self) -> Path:
        """Notes with flat frontmatter."""
        return self.folder / "notes"

    @property
    def trash_folder(self) -> Path:
        """Notes taken back; Obsidian's own name for it."""
        return self.folder / ".trash"

    @property
    def state_folder(self) -> Path:
        """Machine state: live sessions and the index. Hidden, so that Obsidian passes it by."""
        return self.folder / ".touchbase"

    @property
    def index_file(self) -> Path:
        """The disposable search index."""
        return self.state_folder / "index.sqlite3"

    def log_file(self, day: date) -> Path:
        """The daily log of a local date."""
        return self.logs_folder / f"{day.isoformat()}.md"

    def name(self, path: Path) -> str:
        """Say `path` relative to the folder, with forward slashes, as hits and links show it."""
        return path.relative_to(self.folder).as_posix()

    def inside(self, name: str) -> Path:
        """Turn a relative name into a path; OutsideVault when it or its links lead out."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise OutsideVault(name, str(self.folder))
        return self.folder / path.relative_to(self.folder.resolve())


def day_of(path: Path) -> date | None:
    """Read the local date out of a daily log's file name."""
    named = DAY_NAME.match(path.name)
    if named is None:
        return None
    try:
        return date(*map(int, named.groups()))
    except ValueError:
        return None
