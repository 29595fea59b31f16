"""Where tracebacks go: a file in the data folder, secrets blacked out."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler

from bot.settings import Settings

SECRET = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}|\bya29\.[\w-]+|\b1//[\w-]{20,}")


class Redacted(logging.Formatter):
    """Formats records, tracebacks included, without bot tokens or Google tokens."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record with what looks like a secret blacked out."""
        return SECRET.sub("(secret)", super().format(record))


def log_to(settings: Settings) -> None:
    """Send warnings and errors of every library, and our own notes, to the log file."""
    handler = RotatingFileHandler(settings.log, maxBytes=2_000_000, backupCount=2, delay=True)
    handler.setFormatter(Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # A folder that cannot be written is told as such; the log must not add noise of its own.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, RotatingFileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in (
        "httpx",
        "apscheduler",
        "googleapiclient",
        "alembic",
        "matplotlib",
        "watchfiles",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)
