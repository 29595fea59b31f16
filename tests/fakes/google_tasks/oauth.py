"""Google's sign-in: consent page, token endpoint, revocation, and the check of bearer tokens.

It knows no task. The consent page works in a browser; `Automatic` consent skips it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.fakes.google_tasks.clock import VirtualClock
from tests.fakes.google_tasks.messages import ApiError, Json, Request, Response, json_response

TASKS = "https://www.googleapis.com/auth/tasks"
AUTH_PATH, TOKEN_PATH, REVOKE_PATH = "/o/oauth2/v2/auth", "/token", "/revoke"


@dataclass(frozen=True)
class Automatic:
    """Consent without a page: the redirect comes at once."""

    account: str = "me"
    ticked: bool = True


@dataclass
class Grant:
    """What a person allowed a client to do; both tokens of a sign-in point to it."""

    account: str
    client_id: str
    scopes: frozenset[str]
    since: datetime
    revoked: bool = False


@dataclass(frozen=True)
class _Code:
    grant: Grant
    redirect_uri: str
    challenge: str | None
    challenge_method: str
    offline: bool


class _OAuthError(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.response = json_response(
            status, {"error": error, "error_description": description}, headers=_NO_STORE
        )


_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass
class OAuth:
    """The state of all sign-ins of one server; `clients` maps client ids to secrets."""

    clock: VirtualClock
    rng: random.Random
    clients: dict[str, str] = field(default_factory=lambda: {"test-client": "test-secret"})
    consent: Automatic | None = None
    accounts_offered: list[str] = field(default_factory=lambda: ["me"])
    access_token_seconds: int = 3600
    refresh_token_days: float | None = None
    """7 for an application in "Testing"."""
    refresh_tokens_per_client: int = 100
    """Per person; the oldest is dropped in silence."""
    _access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def issue(
        self, account: str, expires_in: int, scopes: Iterable[str] = (TASKS,)
    ) -> tuple[str, str]:
        """Sign an account in without a page; return its access and refresh tokens."""
        client_id = next(iter(self.clients))
        grant = Grant(account, client_id, frozenset(scopes), self.clock.now())
        return self._new_access(grant, expires_in), self._new_refresh(grant)

    def revoke(self, account: str) -> None:
        """Take back everything the person allowed, as on their security page."""
        for grant in [*self._refresh.values(), *(grant for grant, _ in self._access.values())]:
            grant.revoked |= grant.account == account

    def expire_access_tokens(self) -> None:
        """Let every access token given out so far be too old."""
        self._access = {token: (grant, grant.since) for token, (grant, _) in self._access.items()}

    def decide(self, consent_url: str, account: str = "me", *, ticked: bool = True) -> str:
        """Act the person on a consent page: return the address they are sent back to."""
        asked = dict(parse_qsl(urlsplit(consent_url).query))
        if refusal := self._refusal(asked):
            raise ValueError(refusal)
        return self._redirect(asked, account, ticked)

    def check(self, headers: dict[str, str], scopes: frozenset[str]) -> Grant:
        """Find whose token it is and whether it may; 401 and 403 as Google words them."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            challenge = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'}
            raise ApiError(401, "required", "Login Required.", headers=challenge)
        grant, until = self._access.get(token, (None, self.clock.now()))
        if grant is None or grant.revoked or until <= self.clock.now():
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            more = {"location": "Authorization", "locationType": "header"}
            raise ApiError(401, "authError", "Invalid Credentials", headers=challenge, more=more)
        if not grant.scopes & scopes:
            message = "Request had insufficient authentication scopes."
            raise ApiError(403, "insufficientPermissions", message)
        return grant

    def serve(self, request: Request) -> Response:
        """Answer one request to the sign-in paths."""
        try:
            match request.method, request.path:
                case "GET", path if path == AUTH_PATH:
                    return self._ask(dict(request.query))
                case "POST", path if path == AUTH_PATH:
                    return self._decided(dict(request.query), request.form)
                case "POST", path if path == TOKEN_PATH:
                    return self._token(request)
                case "POST", path if path == REVOKE_PATH:
                    return self._revoke_token(request.form | dict(request.query))
                case _:
                    return _page(405, "<h1>Method not allowed</h1>")
        except _OAuthError as error:
            return error.response

    def _ask(self, asked: dict[str, str]) -> Response:
        if refusal := self._refusal(asked):
            return _page(400, f"<h1>Access blocked</h1><p>Error 400: {html.escape(refusal)}</p>")
        if self.consent:
            return _found(self._redirect(asked, self.consent.account, self.consent.ticked))
        return _page(200, _consent_form(asked["scope"], self.accounts_offered))

    def _decided(self, asked: dict[str, str], form: dict[str, str]) -> Response:
        if refusal := self._refusal(asked):
            return _page(400, f"<h1>Access blocked</h1><p>Error 400: {html.escape(refusal)}</p>")
        if form.get("decision") != "allow":
            denied = {"error": "access_denied", "state": asked.get("state", "")}
            return _found(_with_query(asked["redirect_uri"], denied))
        return _found(self._redirect(asked, form.get("account", "me"), form.get("tasks") == "on"))

    def _refusal(self, asked: dict[str, str]) -> str:
        back = urlsplit(asked.get("redirect_uri", ""))
        if asked.get("client_id") not in self.clients:
            return "invalid_client: The OAuth client was not found."
        if back.scheme != "http" or back.hostname not in ("localhost", "127.0.0.1", "::1"):
            return "redirect_uri_mismatch: a desktop client is sent back to loopback only."
        if asked.get("response_type") != "code" or not asked.get("scope"):
            return "invalid_request: response_type=code and scope are required."
        if asked.get("code_challenge_method", "plain") not in ("plain", "S256"):
            return "invalid_request: code_challenge_method is S256 or plain."
        return ""

    def _redirect(self, asked: dict[str, str], account: str, ticked: bool) -> str:
        wanted = frozenset(asked["scope"].split())
        # Google never answers without any scope; "openid" stands for what is left unasked.
        left = {scope for scope in wanted if "/auth/tasks" not in scope} or {"openid"}
        scopes = wanted if ticked else frozenset(left)
        grant = Grant(account, asked["client_id"], scopes, self.clock.now())
        code = f"4/0A{self.rng.getrandbits(200):050x}"
        self._codes[code] = _Code(
            grant,
            asked["redirect_uri"],
            asked.get("code_challenge"),
            asked.get("code_challenge_method", "plain"),
            asked.get("access_type") == "offline" and self._shows_refresh_token(asked, grant),
        )
        answer = {"code": code, "scope": " ".join(sorted(grant.scopes))}
        state = {"state": asked["state"]} if "state" in asked else {}
        return _with_query(asked["redirect_uri"], state | answer)

    def _shows_refresh_token(self, asked: dict[str, str], grant: Grant) -> bool:
        """Google gives a refresh token on the first consent only, unless asked to prompt again."""
        known = any(
            (old.account, old.client_id) == (grant.account, grant.client_id) and not old.revoked
            for old in self._refresh.values()
        )
        return "consent" in asked.get("prompt", "") or not known

    def _token(self, request: Request) -> Response:
        form = request.form
        client_id = self._client(request)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form, client_id)
            case "refresh_token":
                return self._refreshed(form, client_id)
            case other:
                raise _OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {other}")

    def _client(self, request: Request) -> str:
        given = (request.form.get("client_id", ""), request.form.get("client_secret", ""))
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            name, _, secret = base64.b64decode(text).decode().partition(":")
            given = unquote(name), unquote(secret)
        if self.clients.get(given[0]) != given[1]:
            raise _OAuthError(401, "invalid_client", "The OAuth client was not found.")
        return given[0]

    def _exchange(self, form: dict[str, str], client_id: str) -> Response:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.grant.client_id != client_id:
            raise _OAuthError(400, "invalid_grant", "Malformed auth code.")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _OAuthError(400, "redirect_uri_mismatch", "Bad Request")
        if code.challenge and not _verifies(code, form.get("code_verifier", "")):
            raise _OAuthError(400, "invalid_grant", "Invalid code verifier.")
        body = self._access_body(code.grant)
        if code.offline:
            body["refresh_token"] = self._new_refresh(code.grant)
        return json_response(200, body, headers=_NO_STORE)

    def _refreshed(self, form: dict[str, str], client_id: str) -> Response:
        grant = self._refresh.get(form.get("refresh_token", ""))
        if grant is None or grant.client_id != client_id or grant.revoked or self._too_old(grant):
            raise _OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
        return json_response(200, self._access_body(grant), headers=_NO_STORE)

    def _revoke_token(self, form: dict[str, str]) -> Response:
        token = form.get("token", "")
        grant = self._refresh.get(token) or self._access.get(token, (None, None))[0]
        if grant is None or grant.revoked:
            raise _OAuthError(400, "invalid_token", "Token expired or revoked")
        grant.revoked = True
        return json_response(200, {})

    def _access_body(self, grant: Grant) -> Json:
        return {
            "access_token": self._new_access(grant, self.access_token_seconds),
            "expires_in": self.access_token_seconds - 1,
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }

    def _new_access(self, grant: Grant, seconds: float) -> str:
        token = f"ya29.{self.rng.getrandbits(400):0100x}"
        self._access[token] = grant, self.clock.now() + timedelta(seconds=seconds)
        return token

    def _new_refresh(self, grant: Grant) -> str:
        owned = [t for t, g in self._refresh.items() if _owner(g) == _owner(grant)]
        for token in owned[: len(owned) + 1 - self.refresh_tokens_per_client]:
            del self._refresh[token]
        token = f"1//0{self.rng.getrandbits(400):0100x}"
        self._refresh[token] = grant
        return token

    def _too_old(self, grant: Grant) -> bool:
        if self.refresh_token_days is None:
            return False
        return self.clock.now() - grant.since >= timedelta(days=self.refresh_token_days)


def _owner(grant: Grant) -> tuple[str, str]:
    return grant.account, grant.client_id


def _verifies(code: _Code, verifier: str) -> bool:
    if code.challenge_method == "plain":
        return verifier == code.challenge
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == code.challenge


def _with_query(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"


def _found(address: str) -> Response:
    return Response(302, headers={"Location": address})


def _page(status: int, inside: str) -> Response:
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>'
    kind = {"Content-Type": "text/html; charset=utf-8"}
    return Response(status, f"{head}<body>{inside}</body></html>".encode(), kind)


def _consent_form(scope: str, accounts: list[str]) -> str:
    """Ask as Google does: the box for the tasks arrives unticked."""
    names = [html.escape(name) for name in accounts]
    options = "".join(f'<option value="{name}">{name}</option>' for name in names)
    return (
        '<h1>An app wants to access your account</h1><form method="post">'
        f'<label>Account <select id="account" name="account">{options}</select></label>'
        f'<p><label><input type="checkbox" id="tasks" name="tasks"> {html.escape(scope)}: '
        "create, edit, organize and delete all your tasks</label></p>"
        '<button id="allow" name="decision" value="allow">Continue</button> '
        '<button id="deny" name="decision" value="deny">Cancel</button></form>'
    )
