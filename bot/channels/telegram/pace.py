"""How fast and how patient: every span of time that the channel waits, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Spans of time; tests shorten them.

    Sources: the Bot API FAQ (one message a second in a chat, bursts tolerated) and the Bot API
    server (a long poll lasts 50 s at most).
    """

    poll_seconds: float = 25.0
    read_seconds: float = 25.0
    look_seconds: float = 0.5
    message_seconds: float = 1.0
    burst: int = 3
    first_backoff: float = 1.0
    longest_backoff: float = 60.0
    conflict_seconds: float = 30.0
    resend_seconds: float = 20.0
    server_trouble_seconds: float = 5.0
    retry_slack: float = 0.5
    acknowledge_seconds: float = 3.0
    bug_seconds: float = 5.0
    finish_seconds: float = 2.5
    stop_seconds: float = 5.0
    name_seconds: float = 0.5

    @property
    def stall_seconds(self) -> float:
        """Without an answer for so long the client is made anew."""
        return 3 * self.poll_seconds
