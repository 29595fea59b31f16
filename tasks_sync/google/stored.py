"""The sign-in kept in a file only the person can read. Nothing here talks to Google.

Written whole and never deleted: a failed refresh may be Google's trouble, and then the sign-in in
the file is still good.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Kept = TypeVar("Kept", bound=BaseModel)


class StoredLink(BaseModel):
    """A linked account: what it takes to get an access token."""

    model_config = ConfigDict(frozen=True)

    link_id: str
    refresh_token: str
    client_id: str
    client_secret: str
    token_uri: str
    scopes: tuple[str, ...]
    linked_at: datetime


class PendingLink(BaseModel):
    """A sign-in begun and not finished: what must survive a restart between the two."""

    model_config = ConfigDict(frozen=True)

    state: str
    code_verifier: str
    redirect_uri: str
    begun_at: datetime


@dataclass(frozen=True)
class LinkFile:
    """The file of the present sign-in, and beside it the one of a sign-in begun."""

    path: Path

    def load(self) -> StoredLink | None:
        """Give the sign-in; None when there is none or the file is damaged."""
        return _read(self.path, StoredLink)

    def save(self, link: StoredLink) -> None:
        """Keep a sign-in, in place of the one before."""
        _write(self.path, link)

    def pending(self) -> PendingLink | None:
        """Give the sign-in that was begun, if any."""
        return _read(self._pending_path, PendingLink)

    def save_pending(self, pending: PendingLink) -> None:
        """Keep a sign-in that was begun."""
        _write(self._pending_path, pending)

    def drop_pending(self) -> None:
        """Forget a sign-in that was begun."""
        self._pending_path.unlink(missing_ok=True)

    def unlink(self) -> bool:
        """Forget the sign-in on the person's word; tell whether there was one."""
        there_was = self.path.exists()
        self.path.unlink(missing_ok=True)
        self.drop_pending()
        return there_was

    @property
    def _pending_path(self) -> Path:
        return self.path.with_name(self.path.name + ".begun")


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(path: Path, kept: BaseModel) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    # Made with 0600 from the first byte on: a chmod afterwards leaves a moment to read it.
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(kept.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
