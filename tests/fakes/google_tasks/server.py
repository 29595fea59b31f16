"""The server without its sockets: faults strike, then contract, sign-in, quota and store answer.

It processes one request at a time, whatever the number of connections.
"""

from __future__ import annotations

import json
import random
import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from tests.fakes.google_tasks import oauth
from tests.fakes.google_tasks.api import TasksApi, first_page_token
from tests.fakes.google_tasks.clock import VirtualClock
from tests.fakes.google_tasks.discovery import Method, select_fields, tasks_v1
from tests.fakes.google_tasks.faults import (
    Answer,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    Effect,
    EmptyItems,
    FaultPlan,
    LateCommit,
    PageTokenQuirk,
    Refuse,
)
from tests.fakes.google_tasks.messages import (
    ApiError,
    Json,
    Recorded,
    Request,
    Response,
    Violation,
    error_response,
    invalid,
    json_response,
)
from tests.fakes.google_tasks.phone import Phone
from tests.fakes.google_tasks.quota import Quota, retry_after
from tests.fakes.google_tasks.rows import Limits, Rules
from tests.fakes.google_tasks.sockets import Delivery, LoopbackServer
from tests.fakes.google_tasks.store import Account, World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGN_IN_PATHS = (oauth.AUTH_PATH, oauth.TOKEN_PATH, oauth.REVOKE_PATH)


@dataclass
class _Late:
    due: datetime
    request: Request
    record: Recorded


class GoogleTasksServer:
    """Google Tasks and its sign-in on loopback; see the package's page for what it offers."""

    def __init__(self, *, seed: int = 0, now: datetime = START, port: int = 0) -> None:
        self.lock = threading.RLock()
        self.clock = VirtualClock(now)
        rng = random.Random(seed)
        self.world = World(self.clock, rng)
        self.faults = FaultPlan(random.Random(rng.getrandbits(64)))
        self.oauth = oauth.OAuth(self.clock, random.Random(rng.getrandbits(64)))
        self.quota = Quota(self.clock)
        self.requests: list[Recorded] = []
        self.violations: list[Violation] = []
        self._accounts: dict[str, Account] = {}
        self._late: list[_Late] = []
        self._timers: list[threading.Timer] = []
        self.stopping = threading.Event()
        self.clock.on_change = self.settle
        self._http = LoopbackServer(port, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.005,), daemon=True)

    def start(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up on everyone, drop what has not landed yet, and end every thread."""
        self.stopping.set()
        for timer in self._timers:
            timer.cancel()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def token_uri(self) -> str:
        return self.endpoint + oauth.TOKEN_PATH

    @property
    def auth_uri(self) -> str:
        return self.endpoint + oauth.AUTH_PATH

    @property
    def revoke_uri(self) -> str:
        return self.endpoint + oauth.REVOKE_PATH

    @property
    def rules(self) -> Rules:
        return self.world.rules

    @property
    def limits(self) -> Limits:
        return self.world.limits

    @property
    def phone(self) -> Phone:
        return self.phone_of("me")

    def phone_of(self, account: str) -> Phone:
        """Hand over the phone of another person."""
        return Phone(self.account(account), self.lock, self.settle)

    def account(self, name: str = "me") -> Account:
        """Find the store of a person, made on first use."""
        with self.lock:
            if name not in self._accounts:
                self._accounts[name] = Account(name, self.world)
            return self._accounts[name]

    def issue_token(
        self, account: str = "me", expires_in: int = 3600, scopes: tuple[str, ...] = (oauth.TASKS,)
    ) -> tuple[str, str]:
        """Sign a person in; return access and refresh token of the first client in `oauth`."""
        with self.lock:
            self.account(account)
            return self.oauth.issue(account, expires_in, scopes)

    def all_tasks(self, account: str = "me", *, deleted: bool = False) -> list[Json]:
        """Return every task as the API shows it, list by list, by position."""
        self.settle()
        with self.lock:
            store = self.account(account)
            return [
                store.shown(row)
                for list_id in store.lists
                for row in store.rows(list_id, lambda row: deleted or not row.deleted)
            ]

    def tree(self, task_list: str = "@default", account: str = "me") -> list[Any]:
        """Return the open tasks of a list as nested `(title, [children])`, by position."""
        self.settle()
        with self.lock:
            store = self.account(account)
            rows = store.rows(self.phone_of(account).list_id(task_list), lambda row: row.is_open)
            known = {row.id for row in rows}

            def branch(parent: str | None) -> list[Any]:
                return [(r.title, branch(r.id)) for r in rows if _home(r.parent, known) == parent]

            return branch(None)

    def lists(self, account: str = "me") -> dict[str, str]:
        """Return the titles of the lists by id."""
        with self.lock:
            return {row.id: row.title for row in self.account(account).lists.values()}

    def distort(self, task_id: str, account: str = "me", **fields: str | None) -> None:
        """Show a task malformed from now on: `parent=""`, `updated=None`, a tied `position`."""
        with self.lock:
            self.account(account).tasks[task_id].distortion |= fields

    def matching(self, method: str | None = None, path: str = "") -> list[Recorded]:
        """Return the logged requests of a method whose path matches the regex."""
        return [
            line
            for line in list(self.requests)
            if method in (None, line.method) and re.search(path, line.path)
        ]

    def settle(self) -> None:
        """Let the late commits land whose time has come."""
        with self.lock:
            due = [late for late in self._late if late.due <= self.clock.now()]
            for late in due:
                self._late.remove(late)
                self._process(late.request, late.record)

    def handle(self, request: Request) -> Delivery:
        """Log a request, let a planned fault strike, and say what leaves."""
        with self.lock:
            self.clock.tick()
            self.settle()
            record = self._record(request)
            effect = record.fault = self.faults.choose(request.method, request.path)
            return self._deliver(request, record, effect)

    def _deliver(self, request: Request, record: Recorded, effect: Effect | None) -> Delivery:
        match effect:
            case Refuse(how):
                return Delivery(None, how)
            case LateCommit(seconds, how, real, hold_seconds):
                self._commit_later(_Late(self._after(seconds), request, record), seconds, real)
                return Delivery(None, how, wait_seconds=hold_seconds)
            case Answer(committed=False):
                return Delivery(self._mishap(effect, record))
        response = self._process(request, record)
        match effect:
            case CommitThenDrop(how):
                return Delivery(None, how)
            case CommitThenTruncate():
                return Delivery(response, "FIN", truncate=True)
            case CommitThenDelay(seconds):
                return Delivery(response, wait_seconds=seconds)
            case Answer():
                return Delivery(self._mishap(effect, record))
            case EmptyItems() | PageTokenQuirk():
                return Delivery(_spoilt(response, request, effect))
            case _:
                return Delivery(response)

    def _mishap(self, answer: Answer, record: Recorded) -> Response:
        record.status = answer.status
        headers = retry_after(answer.retry_after_seconds)
        return error_response(
            ApiError(answer.status, answer.reason, answer.message, headers=headers)
        )

    def _after(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def _commit_later(self, late: _Late, seconds: float, real: bool) -> None:
        if not real:
            self._late.append(late)
            return
        timer = threading.Timer(seconds, self._process_locked, (late.request, late.record))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _process_locked(self, request: Request, record: Recorded) -> None:
        with self.lock:
            self._process(request, record)

    def _process(self, request: Request, record: Recorded) -> Response:
        if request.path in SIGN_IN_PATHS:
            response = self.oauth.serve(request)
        else:
            try:
                response = self._call(request, record)
            except ApiError as error:
                response = error_response(error)
        record.status, record.committed = response.status, response.committed
        return response

    def _call(self, request: Request, record: Recorded) -> Response:
        routed = tasks_v1().route(request.method, request.path)
        if routed is None:
            self._violated("request", request, "no such method in the discovery document")
            raise ApiError(404, "notFound", "Not Found")
        method, arguments = routed
        grant = self.oauth.check(request.headers, method.scopes)
        record.account = grant.account
        self.quota.charge(grant.account, request.method)
        body = self._checked_body(request, method)
        arguments |= dict(request.query)
        api = TasksApi(
            self.account(grant.account), arguments, body, request.headers.get("if-match")
        )
        return self._answer(request, method, api.call(method.id), arguments.get("fields"))

    def _answer(
        self, request: Request, method: Method, body: Json | None, fields: str | None
    ) -> Response:
        committed = request.method != "GET"
        if body is None:
            return Response(204, committed=committed)
        for what in tasks_v1().schema_faults(method.response or "", body):
            self._violated("response", request, what)
        shown = select_fields(body, fields) if fields else body
        tag = {"ETag": str(body["etag"])}
        return json_response(200, dict(shown) if isinstance(shown, dict) else {}, committed, tag)

    def _checked_body(self, request: Request, method: Method) -> Json:
        whats = list(tasks_v1().query_faults(method, request.query))
        body = _parsed(request.content)
        if method.request is None:
            whats += ["a body where none belongs"] if request.content else []
        elif not isinstance(body, dict):
            whats.append("the body is no JSON object")
        else:
            whats += tasks_v1().schema_faults(method.request, body)
            if not request.headers.get("content-type", "").startswith("application/json"):
                whats.append("a body that is not said to be application/json")
        for what in whats:
            self._violated("request", request, what)
        if whats:
            raise invalid(f"Invalid request: {'; '.join(whats)}")
        return body if isinstance(body, dict) else {}

    def bug(self, trace: str) -> None:
        """Note an error of this server itself, so that no test takes it for a planned fault."""
        self.violations.append(Violation("server", "", "", trace))

    def _violated(self, side: str, request: Request, what: str) -> None:
        self.violations.append(Violation(side, request.method, request.target, what))

    def _record(self, request: Request) -> Recorded:
        body = _parsed(request.content)
        record = Recorded(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=body if isinstance(body, dict) else None,
            at=self.clock.now(),
        )
        self.requests.append(record)
        return record


def _home(parent: str | None, known: set[str]) -> str | None:
    return parent if parent in known else None


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def _spoilt(response: Response, request: Request, effect: EmptyItems | PageTokenQuirk) -> Response:
    body = _parsed(response.content)
    if response.status != 200 or not isinstance(body, dict):
        return response
    match effect:
        case EmptyItems():
            body.pop("items", None)
            body.pop("nextPageToken", None)
        case PageTokenQuirk.EMPTY:
            body.setdefault("nextPageToken", "")
        case PageTokenQuirk.LOOP:
            body["nextPageToken"] = dict(request.query).get("pageToken") or first_page_token()
    return replace(response, content=json.dumps(body).encode())
