"""HTTP that sends each request once. Nothing here knows Google or what is sent.

httplib2 sends a request again, whatever its method, when the server closes the line without a
status; for an insert that makes a second task in silence. Here the broken line is an error.
"""

from __future__ import annotations

import http.client
from typing import Any

import httplib2


class LineBroke(ConnectionAbortedError):
    """The server closed the line without an answer."""


class _OnceHTTP(httplib2.HTTPConnectionWithTimeout):  # type: ignore[misc]
    def getresponse(self) -> http.client.HTTPResponse:
        return _answer(self, super().getresponse)


class _OnceHTTPS(httplib2.HTTPSConnectionWithTimeout):  # type: ignore[misc]
    def getresponse(self) -> http.client.HTTPResponse:
        return _answer(self, super().getresponse)


def _answer(connection: Any, getresponse: Any) -> http.client.HTTPResponse:  # noqa: ANN401 - untyped library
    try:
        answer: http.client.HTTPResponse = getresponse()
    except (http.client.BadStatusLine, http.client.ResponseNotReady) as broken:
        # httplib2 catches these two and sends again; ConnectionAbortedError it lets through.
        connection.close()
        raise LineBroke(str(broken)) from broken
    return answer


class NoReplayHttp(httplib2.Http):  # type: ignore[misc]
    """httplib2 without its second try; `proxy_info=None` keeps it off the environment's proxy."""

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        redirections: int = 0,
        connection_type: Any = None,  # noqa: ANN401
    ) -> tuple[httplib2.Response, bytes]:
        """Send once; raise LineBroke when no answer came."""
        once = _OnceHTTPS if uri.startswith("https:") else _OnceHTTP
        answer: tuple[httplib2.Response, bytes] = super().request(
            uri,
            method,
            body=body,
            headers=headers,
            redirections=redirections,
            connection_type=connection_type or once,
        )
        return answer
