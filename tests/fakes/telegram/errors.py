"""How the Bot API says no; the texts are those of Telegram's own server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ApiError(Exception):
    """A refusal as it goes over the wire."""

    code: int
    description: str
    retry_after: int | None = None

    def __str__(self) -> str:
        return self.description

    def body(self) -> dict[str, object]:
        found: dict[str, object] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.retry_after is not None:
            found["parameters"] = {"retry_after": self.retry_after}
        return found


def bad_request(what: str) -> ApiError:
    return ApiError(400, f"Bad Request: {what}")


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized")


def no_such_method() -> ApiError:
    return ApiError(404, "Not Found: method not found")


def conflict(what: str) -> ApiError:
    return ApiError(409, f"Conflict: {what}")


def forbidden(what: str) -> ApiError:
    return ApiError(403, f"Forbidden: {what}")


def too_many(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", seconds)


OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_IS_SET = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
    "webhook first"
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
