"""Google Tasks over HTTP, as the port `Remote`. Nothing here remembers tasks or decides.

One worker thread owns the client library's service, which must not be shared by threads. Reading
is tried again a few times; changing is sent once, and what became of it is the caller's to find
out.
"""

from __future__ import annotations

import email.utils
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any, TypeVar

import google_auth_httplib2
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from tasks_sync.errors import OutcomeUnknown, ServerTrouble, SignInNeeded
from tasks_sync.google import wire
from tasks_sync.google.failures import FAILURES, meaning
from tasks_sync.google.stored import LinkFile, StoredLink
from tasks_sync.google.transport import NoReplayHttp
from tasks_sync.pace import backoff_seconds
from tasks_sync.remote import (
    Boundary,
    FieldChanges,
    NewTask,
    RemoteList,
    RemotePlace,
    RemoteTask,
    StandingPage,
    TaskPage,
)

PAGE_SIZE = 100
READ_TRIES = 3
_STANDING_FIELDS = "items(id,parent,position),nextPageToken"
Read = TypeVar("Read")


@dataclass(frozen=True)
class Wire:
    """Where Google is and how calls are made; `endpoint` None is the real one."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    rng: Random
    boundary: Boundary
    endpoint: str | None = None
    timeout_seconds: float = 20.0
    use_proxy: bool = True


@dataclass(frozen=True)
class _Answer:
    body: dict[str, Any]
    server_date: datetime


class GoogleTasks:
    """The account whose sign-in is in a file."""

    def __init__(self, file: LinkFile, wire_: Wire) -> None:
        self._file, self._wire = file, wire_
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="google-tasks")
        self._service: Any = None
        self._http: NoReplayHttp | None = None
        self._link: StoredLink | None = None
        self._requests = 0
        self._ahead: float | None = None

    def close(self) -> None:
        """End the worker and its connections."""
        self._worker.submit(self._drop_service).result()
        self._worker.shutdown()

    @property
    def link_id(self) -> str | None:
        """Name the sign-in that the file holds now."""
        link = self._file.load()
        return link.link_id if link else None

    @property
    def requests(self) -> int:
        """Count the requests made so far."""
        return self._requests

    @property
    def server_ahead_seconds(self) -> float | None:
        """Give how far Google's clock was ahead of ours at the last answer."""
        return self._ahead

    # Lists

    def default_list(self) -> RemoteList:
        """Fetch the account's default list."""
        return self.task_list("@default")

    def lists(self) -> tuple[RemoteList, ...]:
        """Fetch all lists."""
        found: list[RemoteList] = []
        token: str | None = None
        seen: set[str] = set()
        while True:
            asked = partial(_lists_request, token=token)
            answer = self._read(asked)
            found += [wire.read_list(item) for item in answer.body.get("items", [])]
            token = answer.body.get("nextPageToken") or None
            if token is None or token in seen:
                return tuple(found)
            seen.add(token)

    def task_list(self, list_id: str) -> RemoteList:
        """Fetch one list."""
        return wire.read_list(
            self._read(lambda service: service.tasklists().get(tasklist=list_id)).body
        )

    def insert_list(self, title: str) -> RemoteList:
        """Make a list."""
        body = {"title": title}
        return wire.read_list(
            self._change(lambda service: service.tasklists().insert(body=body)).body
        )

    def rename_list(self, list_id: str, title: str) -> RemoteList:
        """Give a list another title."""
        body = {"title": title}
        return wire.read_list(
            self._change(
                lambda service: service.tasklists().patch(tasklist=list_id, body=body)
            ).body
        )

    def delete_list(self, list_id: str) -> None:
        """Delete a list with its tasks."""
        self._change(lambda service: service.tasklists().delete(tasklist=list_id))

    # Reading tasks

    def page(self, list_id: str, updated_min: datetime | None, token: str | None) -> TaskPage:
        """Fetch a page of tasks, deleted and hidden ones too."""
        answer = self._read(
            lambda service: service.tasks().list(
                tasklist=list_id,
                updatedMin=wire.write_instant(updated_min),
                pageToken=token,
                maxResults=PAGE_SIZE,
                showCompleted=True,
                showHidden=True,
                showDeleted=True,
                showAssigned=True,
            )
        )
        items = tuple(wire.read_task(item, list_id) for item in answer.body.get("items", []))
        return TaskPage(items, answer.body.get("nextPageToken") or None, answer.server_date)

    def standings(self, list_id: str, token: str | None) -> StandingPage:
        """Fetch a page of the positions of what is in sight."""
        answer = self._read(
            lambda service: service.tasks().list(
                tasklist=list_id,
                pageToken=token,
                maxResults=PAGE_SIZE,
                showCompleted=True,
                showHidden=False,
                showDeleted=False,
                showAssigned=True,
                fields=_STANDING_FIELDS,
            )
        )
        items = tuple(wire.read_standing(item) for item in answer.body.get("items", []))
        return StandingPage(items, answer.body.get("nextPageToken") or None)

    def task(self, list_id: str, task_id: str) -> RemoteTask:
        """Fetch one task."""
        answer = self._read(lambda service: service.tasks().get(tasklist=list_id, task=task_id))
        return wire.read_task(answer.body, list_id)

    # Changing tasks

    def insert(self, list_id: str, task: NewTask) -> RemoteTask:
        """Make a task."""
        answer = self._change(
            lambda service: service.tasks().insert(
                tasklist=list_id,
                body=wire.write_new(task),
                parent=task.parent_id,
                previous=task.previous_id,
            )
        )
        return wire.read_task(answer.body, list_id)

    def patch(self, list_id: str, task_id: str, etag: str, changes: FieldChanges) -> RemoteTask:
        """Change fields if the task still has this etag."""
        body = wire.write_changes(changes)
        answer = self._change(
            lambda service: _if_match(
                service.tasks().patch(tasklist=list_id, task=task_id, body=body), etag
            )
        )
        return wire.read_task(answer.body, list_id)

    def move(self, list_id: str, task_id: str, place: RemotePlace) -> RemoteTask:
        """Put a task elsewhere."""
        answer = self._change(
            lambda service: service.tasks().move(
                tasklist=list_id,
                task=task_id,
                parent=place.parent_id,
                previous=place.previous_id,
                destinationTasklist=place.to_list_id,
            )
        )
        return wire.read_task(answer.body, place.to_list_id or list_id)

    def delete(self, list_id: str, task_id: str, etag: str | None) -> None:
        """Delete a task if it still has this etag (None: in any case)."""
        self._change(
            lambda service: _if_match(service.tasks().delete(tasklist=list_id, task=task_id), etag)
        )

    def clear(self, list_id: str) -> None:
        """Hide all completed tasks of a list."""
        self._change(lambda service: service.tasks().clear(tasklist=list_id))

    # One call

    def _read(self, request: Callable[[Any], Any]) -> _Answer:
        for tries in range(1, READ_TRIES + 1):
            try:
                return self._call(request)
            except OutcomeUnknown as trouble:
                if tries == READ_TRIES:
                    raise
                asked = trouble.retry_after if isinstance(trouble, ServerTrouble) else None
                self._wire.sleep(backoff_seconds(tries, self._wire.rng, asked=asked, longest=8.0))
        raise AssertionError("unreachable")

    def _change(self, request: Callable[[Any], Any]) -> _Answer:
        return self._call(request)

    def _call(self, request: Callable[[Any], Any]) -> _Answer:
        self._wire.boundary("before a request")
        self._requests += 1
        try:
            answer = self._worker.submit(self._execute, request).result()
        except FAILURES as failure:
            raise meaning(failure) from failure
        self._ahead = (answer.server_date - self._wire.now()).total_seconds()
        self._wire.boundary("after a request")
        return answer

    def _execute(self, request: Callable[[Any], Any]) -> _Answer:
        """Run on the worker: make the request from its service and send it."""
        headers: dict[str, str] = {}
        call = request(self._current_service())
        call.add_response_callback(headers.update)
        body = call.execute()
        sent = email.utils.parsedate_to_datetime(headers["date"]) if "date" in headers else None
        server_date = sent.astimezone(UTC) if sent else self._wire.now()
        return _Answer(body if isinstance(body, dict) else {}, server_date)

    def _current_service(self) -> Any:  # noqa: ANN401 - the client library is untyped
        link = self._file.load()
        if link is None:
            raise SignInNeeded("no Google account is linked")
        if self._service is None or link != self._link:
            self._drop_service()
            self._service, self._link = self._make_service(link), link
        return self._service

    def _make_service(self, link: StoredLink) -> Any:  # noqa: ANN401
        credentials = Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=link.refresh_token,
            token_uri=link.token_uri,
            client_id=link.client_id,
            client_secret=link.client_secret,
        )
        proxy = {} if self._wire.use_proxy else {"proxy_info": None}
        self._http = NoReplayHttp(timeout=self._wire.timeout_seconds, **proxy)
        where = {"api_endpoint": self._wire.endpoint} if self._wire.endpoint else None
        return build(
            "tasks",
            "v1",
            http=google_auth_httplib2.AuthorizedHttp(credentials, http=self._http),
            static_discovery=True,
            cache_discovery=False,
            client_options=where,
        )

    def _drop_service(self) -> None:
        if self._http is not None:
            self._http.close()
        self._service = self._http = None


def _lists_request(service: Any, token: str | None) -> Any:  # noqa: ANN401
    return service.tasklists().list(maxResults=1000, pageToken=token)


def _if_match(call: Any, etag: str | None) -> Any:  # noqa: ANN401
    if etag is not None:
        call.headers["If-Match"] = etag
    return call
