"""Keeping the notes folder's history in git, one commit a write. Nothing here changes a note."""

from __future__ import annotations

import logging
import subprocess
from dataclasses import dataclass
from pathlib import Path

_LOG = logging.getLogger(__name__)
_IDENTITY = ("-c", "user.name=Touchbase", "-c", "user.email=touchbase@localhost")
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Commits:
    """Commits single files of a git working tree."""

    folder: Path

    def record(self, path: Path, message: str) -> bool:
        """Commit `path` alone; False, with a warning in the log, when git would not.

        The write itself stands either way: the file is the truth, git only its history.
        """
        name = path.relative_to(self.folder).as_posix()
        if not self._git("add", "--all", "--", name):
            return False
        return self._git(*_IDENTITY, "commit", "--quiet", "--only", "-m", message, "--", name)

    def _git(self, *words: str) -> bool:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.folder), *words],
                capture_output=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as failed:
            _LOG.warning("git %s in %s: %s", words[0], self.folder, failed)
            return False
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            _LOG.warning("git in %s: %s", self.folder, said or done.stdout.decode(errors="replace"))
        return done.returncode == 0
