"""What goes over the wire: requests, responses and Google's error bodies. Nothing here acts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request as it was read, whole, from the socket. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.content.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    """An answer. `committed` says whether the store was changed on the way."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    committed: bool = False


@dataclass
class Recorded:
    """A line of the request log; `committed` turns true later when a late commit lands."""

    method: str
    path: str
    query: dict[str, str]
    body: Json | None
    at: datetime
    account: str | None = None
    status: int | None = None
    committed: bool = False
    fault: object | None = None


@dataclass(frozen=True)
class Violation:
    """Something that the discovery document does not allow, on either side of the wire."""

    side: str
    method: str
    path: str
    what: str


class ApiError(Exception):
    """The request is refused in Google's way."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        headers: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message = status, reason, message
        self.domain, self.headers, self.more = domain, headers or {}, more or {}


def invalid(message: str = "Invalid Value") -> ApiError:
    """Make the usual 400."""
    return ApiError(400, "invalid", message)


def not_found(message: str = "Not Found") -> ApiError:
    """Make the usual 404."""
    return ApiError(404, "notFound", message)


def json_response(
    status: int, body: Json, committed: bool = False, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a JSON object."""
    kind = {"Content-Type": "application/json; charset=UTF-8"}
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(status, content, kind | (headers or {}), committed)


_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def error_response(error: ApiError, committed: bool = False) -> Response:
    """Word an error as Google's JSON APIs do."""
    line = {"message": error.message, "domain": error.domain, "reason": error.reason}
    body: Json = {"code": error.status, "message": error.message, "errors": [line | error.more]}
    if error.status in _STATUS_NAMES:
        body["status"] = _STATUS_NAMES[error.status]
    if error.reason == "insufficientPermissions":
        body["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
            }
        ]
    return json_response(error.status, {"error": body}, committed, error.headers)
