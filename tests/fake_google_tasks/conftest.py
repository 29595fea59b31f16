"""The stand-in and Google's own client on the wire to it, never sending twice or as it comes."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.fakes.google_tasks import (
    GoogleTasksServer,
)

EVERYTHING = {"showCompleted": True, "showHidden": True, "showDeleted": True, "showAssigned": True}


class OutcomeUnknown(ConnectionAbortedError):
    """The line broke before an answer came."""


def _never_twice(base: type) -> type:
    class Connection(base):
        def getresponse(self):
            try:
                return super().getresponse()
            except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
                self.close()
                raise OutcomeUnknown(str(error)) from error

    return Connection


class NoReplayHttp(httplib2.Http):
    connection = _never_twice(httplib2.HTTPConnectionWithTimeout)

    def request(self, uri, method="GET", body=None, headers=None, **options):
        options["connection_type"] = options.get("connection_type") or self.connection
        return super().request(uri, method, body=body, headers=headers, **options)


@pytest.fixture
def google() -> Iterator[GoogleTasksServer]:
    with GoogleTasksServer() as server:
        yield server
        bugs = [violation for violation in server.violations if violation.side != "request"]
        assert not bugs


class Client:
    """The real Google client, on the wire, with short cuts for the tests below."""

    def __init__(self, google: GoogleTasksServer, wire: httplib2.Http, tokens: tuple[str, str]):
        self.credentials = Credentials(
            tokens[0],
            refresh_token=tokens[1],
            token_uri=google.token_uri,
            client_id="test-client",
            client_secret="test-secret",
        )
        self.wire = wire
        authorized = google_auth_httplib2.AuthorizedHttp(self.credentials, http=wire)
        options = {"api_endpoint": google.endpoint}
        self.service = build(
            "tasks",
            "v1",
            http=authorized,
            static_discovery=True,
            cache_discovery=False,
            client_options=options,
        )
        self.tasks, self.lists = self.service.tasks(), self.service.tasklists()

    def add(self, title: str, task_list: str = "@default", **options: Any) -> dict:
        body = {"title": title} | options.pop("body", {})
        return self.tasks.insert(tasklist=task_list, body=body, **options).execute()

    def patch(self, task: str, match: str | None = None, task_list: str = "@default", **body):
        request = self.tasks.patch(tasklist=task_list, task=task, body=body)
        if match:
            request.headers["If-Match"] = match
        return request.execute()

    def get(self, task: str, task_list: str = "@default") -> dict:
        return self.tasks.get(tasklist=task_list, task=task).execute()

    def delete(self, task: str, task_list: str = "@default") -> Any:
        return self.tasks.delete(tasklist=task_list, task=task).execute()

    def move(self, task: str, task_list: str = "@default", **options: Any) -> dict:
        return self.tasks.move(tasklist=task_list, task=task, **options).execute()

    def page(self, task_list: str = "@default", **options: Any) -> dict:
        return self.tasks.list(tasklist=task_list, **options).execute()

    def titles(self, task_list: str = "@default", **options: Any) -> list[str]:
        return [task["title"] for task in self.page(task_list, **options).get("items", [])]


@pytest.fixture
def client(google: GoogleTasksServer) -> Iterator[Client]:
    with_timeout = NoReplayHttp(timeout=10, proxy_info=None)
    yield Client(google, with_timeout, google.issue_token())
    with_timeout.close()


@pytest.fixture
def stock(google: GoogleTasksServer) -> Iterator[Client]:
    wire = httplib2.Http(timeout=10, proxy_info=None)
    yield Client(google, wire, google.issue_token())
    wire.close()


def refusal(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        call(*arguments, **options)
    return caught.value.status_code, caught.value.error_details[0]["reason"]
