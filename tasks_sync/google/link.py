"""Linking a Google account: the consent address out, the answer back in. Nothing here syncs.

Two ways. With a browser on this machine, Google sends the person back to a port that listens here.
Without one, the person opens the address anywhere, is sent to a page that cannot load, and pastes
that page's address into the chat; what must match it later is kept in a file, so that a restart
between the two does no harm.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httplib2

from tasks_sync.errors import LinkFailed
from tasks_sync.google.stored import LinkFile, PendingLink, StoredLink
from tasks_sync.google.transport import NoReplayHttp

SCOPE = "https://www.googleapis.com/auth/tasks"
PASTE_BACK_REDIRECT = "http://localhost:1/"
PENDING_FOR = timedelta(hours=1)
_TIMEOUT_SECONDS = 20.0
_PAGE = "<!doctype html><meta charset=utf-8><title>Touchbase</title><p>{}</p>"


class NoLinkBegun(LinkFailed):
    """No sign-in was begun, or it was begun more than an hour ago."""

    def __init__(self) -> None:
        super().__init__("no sign-in is under way, or it was begun more than an hour ago")


class AddressNotUnderstood(LinkFailed):
    """The text holds no address that Google sent anybody to."""

    def __init__(self) -> None:
        super().__init__(
            "this is not the address of the page that could not load; copy it whole, "
            "it begins with http://localhost and holds code="
        )


class OtherAttempt(LinkFailed):
    """The address belongs to another sign-in than the one begun last."""

    def __init__(self) -> None:
        super().__init__("this address belongs to another attempt; open the newest one")


class ConsentRefused(LinkFailed):
    """Google was told no on the consent page."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Google reports {error!r}; sign in again and allow access")
        self.error = error


class TasksBoxUnticked(LinkFailed):
    """The consent page was passed without ticking the box for Google Tasks."""

    def __init__(self) -> None:
        super().__init__("the box for Google Tasks was not ticked; sign in again and tick it")


class CodeRefused(LinkFailed):
    """Google did not accept the code; it is good for one use and a few minutes."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Google did not accept the code ({error}); it is good once, for minutes")
        self.error = error


class ClientFileDamaged(LinkFailed):
    """The file of the OAuth client is not the one that Google's console gives for desktop apps."""


class NobodyCame(LinkFailed):
    """The browser did not come back in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer from the browser within {seconds:.0f} seconds")


@dataclass(frozen=True)
class OAuthClient:
    """The client of a Google project, of the kind "desktop app"."""

    client_id: str
    client_secret: str
    auth_uri: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token_uri: str = "https://oauth2.googleapis.com/token"


def read_client(path: Path) -> OAuthClient:
    """Read the file that Google's console gives for a desktop client; raise ClientFileDamaged."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["installed"]
        client = OAuthClient(str(told["client_id"]), str(told["client_secret"]))
        auth_uri = str(told.get("auth_uri", client.auth_uri))
        return OAuthClient(
            client.client_id,
            client.client_secret,
            auth_uri,
            str(told.get("token_uri", client.token_uri)),
        )
    except OSError as missing:
        raise ClientFileDamaged(
            f"{path} cannot be read ({missing.strerror}); name the file that the console gave"
        ) from missing
    except (ValueError, KeyError, TypeError, AttributeError) as damage:
        raise ClientFileDamaged(
            f"{path} is not the file of a desktop client; download it again from the console"
        ) from damage


@dataclass(frozen=True)
class Linking:
    """Signs the person in; `new_secret` gives 43 to 128 unguessable characters."""

    file: LinkFile
    client: OAuthClient
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]

    def begin(self, redirect_uri: str = PASTE_BACK_REDIRECT) -> str:
        """Give the address to open, and keep what its answer must match."""
        pending = PendingLink(
            state=self.new_secret(),
            code_verifier=self.new_secret(),
            redirect_uri=redirect_uri,
            begun_at=self.now(),
        )
        self.file.save_pending(pending)
        query = {
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "access_type": "offline",
            "prompt": "consent",
            "state": pending.state,
            "code_challenge": _challenge(pending.code_verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.client.auth_uri}?{urlencode(query)}"

    def finish(self, pasted: str) -> StoredLink:
        """Take the address that Google sent the person to; raise LinkFailed, saying what to do.

        The earlier sign-in, if any, stays until the new one is complete.
        """
        pending = self.file.pending()
        if pending is None or self.now() - pending.begun_at > PENDING_FOR:
            raise NoLinkBegun
        answer = _answer_in(pasted)
        if answer.get("state") != pending.state:
            raise OtherAttempt
        if "error" in answer:
            raise ConsentRefused(answer["error"])
        token = self._exchange(answer["code"], pending)
        link = self._checked(token)
        self.file.save(link)
        self.file.drop_pending()
        return link

    def by_browser(
        self, open_browser: Callable[[str], object], *, wait_seconds: float = 300.0
    ) -> StoredLink:
        """Open the consent page here and wait for Google to send the browser back."""
        with _Return() as back:
            open_browser(self.begin(back.address))
            return self.finish(back.wait(wait_seconds))

    def _exchange(self, code: str, pending: PendingLink) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.code_verifier,
        }
        # Loopback is never reached through a proxy, whatever the environment says.
        near = urlsplit(self.client.token_uri).hostname in ("127.0.0.1", "localhost", "::1")
        line = NoReplayHttp(timeout=_TIMEOUT_SECONDS, **({"proxy_info": None} if near else {}))
        try:
            answer, body = line.request(
                self.client.token_uri,
                "POST",
                body=urlencode(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        except (OSError, httplib2.HttpLib2Error, http.client.HTTPException) as failure:
            raise LinkFailed(f"Google was not reached ({failure}); try again") from failure
        finally:
            line.close()
        told = _json(body)
        if answer.status != 200:
            raise CodeRefused(str(told.get("error", answer.status)))
        return told

    def _checked(self, token: dict[str, Any]) -> StoredLink:
        scopes = tuple(str(token.get("scope", SCOPE)).split())
        if SCOPE not in scopes:
            raise TasksBoxUnticked
        if not token.get("refresh_token"):
            raise LinkFailed(
                "Google gave no lasting sign-in; remove Touchbase from the account's "
                "connected apps and link again"
            )
        return StoredLink(
            link_id=self.new_id(),
            refresh_token=str(token["refresh_token"]),
            client_id=self.client.client_id,
            client_secret=self.client.client_secret,
            token_uri=self.client.token_uri,
            scopes=scopes,
            linked_at=self.now(),
        )


class _Return:
    """A port on this machine that Google sends the browser back to, once."""

    def __init__(self) -> None:
        self._came: list[str] = []
        came = self._came

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if "state=" in self.path:
                    came.append(self.path)
                page = _PAGE.format("Thank you. You can close this page and go back to Touchbase.")
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the code out of every log."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> _Return:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.server_close()

    @property
    def address(self) -> str:
        """Give the address to be sent back to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def wait(self, seconds: float) -> str:
        """Wait for the browser; raise NobodyCame."""
        self._server.timeout = seconds
        # A browser may ask for an icon first, hence more than one request.
        for _ in range(5):
            self._server.handle_request()
            if self._came:
                return self.address.rstrip("/") + self._came[0]
        raise NobodyCame(seconds)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _answer_in(pasted: str) -> dict[str, str]:
    """Find the answer in what was pasted: the address, with or without words around it."""
    for word in pasted.split():
        query = word.strip("<>\"'()").rpartition("?")[2]
        answer = {name: values[0] for name, values in parse_qs(query).items()}
        if "code" in answer or "error" in answer:
            return answer
    raise AddressNotUnderstood


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
