"""The Google Tasks that tests talk to behaves as the real one is documented and observed to."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import google_auth_httplib2
import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.fakes.google_tasks import (
    TASKS,
    Answer,
    Automatic,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    EmptyItems,
    GoogleTasksServer,
    LateCommit,
    PageTokenQuirk,
    Refuse,
    Throttle,
)

READONLY = f"{TASKS}.readonly"
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


# --- the contract


def test_every_method_of_the_document_answers_within_the_document(google, client):
    task_list = client.lists.insert(body={"title": "Home"}).execute()["id"]
    client.lists.patch(tasklist=task_list, body={"title": "House"}).execute()
    client.lists.update(tasklist=task_list, body={"id": task_list, "title": "Hut"}).execute()
    assert client.lists.get(tasklist=task_list).execute()["title"] == "Hut"
    assert len(client.lists.list().execute()["items"]) == 2
    task = client.add("A", task_list)["id"]
    client.patch(task, task_list=task_list, notes="n", due="2026-03-05T00:00:00.000Z")
    client.tasks.update(tasklist=task_list, task=task, body={"id": task, "title": "B"}).execute()
    client.move(task, task_list, destinationTasklist="@default")
    assert client.get(task)["title"] == "B"
    assert client.tasks.clear(tasklist="@default").execute() == ""
    assert client.delete(task) == ""
    assert client.lists.delete(tasklist=task_list).execute() == ""
    assert google.violations == []
    assert {line.status for line in google.requests} == {200, 204}


@pytest.mark.parametrize(
    ("query", "body", "what"),
    [
        ("?colour=red", b'{"title": "A"}', "colour"),
        ("?parent=a&parent=b", b'{"title": "A"}', "twice"),
        ("?prettyPrint=maybe", b'{"title": "A"}', "prettyPrint"),
        ("", b'{"title": 5}', "Task.title"),
        ("", b'{"title": "A", "priority": 1}', "Task.priority"),
        ("", b"[]", "no JSON object"),
    ],
)
def test_what_the_document_forbids_is_refused_and_remembered(google, query, body, what):
    access, _ = google.issue_token()
    wire = httplib2.Http(timeout=5, proxy_info=None)
    headers = {"Authorization": f"Bearer {access}", "Content-Type": "application/json"}
    address = f"{google.endpoint}/tasks/v1/lists/@default/tasks{query}"
    response, _ = wire.request(address, "POST", body=body, headers=headers)
    wire.close()
    assert response.status == 400
    assert what in google.violations[0].what
    assert google.all_tasks() == []


def test_a_batch_is_a_violation(google):
    wire = httplib2.Http(timeout=5, proxy_info=None)
    response, _ = wire.request(f"{google.endpoint}/batch", "POST", body=b"")
    wire.close()
    assert response.status == 404
    assert google.violations


def test_fields_selects_a_part_of_the_answer(client):
    parent = client.add("A")
    client.add("B", parent=parent["id"])
    items = client.page(fields="items(id,parent,position)")["items"]
    assert {frozenset(item) for item in items} == {
        frozenset({"id", "position"}),
        frozenset({"id", "parent", "position"}),
    }


def test_ids_are_checked_in_form_then_in_being(google, client):
    unknown = client.add("A")["id"]
    client.lists.insert(body={"title": "Home"}).execute()
    home = google.phone.list_id("Home")
    assert refusal(client.get, "local-17") == (400, "invalid")
    assert refusal(client.get, unknown, home) == (404, "notFound")
    assert refusal(client.page, "nonsense") == (400, "invalid")
    assert refusal(client.add, "B", body={"id": unknown}) == (400, "invalid")


def test_put_without_its_id_is_refused_and_with_it_replaces_everything(client):
    task = client.add("A", body={"notes": "n"})["id"]
    put = client.tasks.update
    assert refusal(put(tasklist="@default", task=task, body={"title": "B"}).execute)[0] == 400
    body = {"id": task, "title": "B"}
    assert "notes" not in put(tasklist="@default", task=task, body=body).execute()


# --- fields


def test_due_keeps_the_day_and_null_clears(client):
    task = client.add("A", body={"due": "2026-03-05T22:15:00Z", "notes": "x"})
    assert task["due"] == "2026-03-05T00:00:00.000Z"
    cleared = client.patch(task["id"], due=None, notes=None)
    assert {"due", "notes"}.isdisjoint(cleared)
    assert refusal(client.patch, task["id"], due="2026-03-05") == (400, "invalid")


def test_completing_closes_the_gap_and_reopening_comes_back_first(google, client):
    ids = [client.add(title)["id"] for title in "CBA"]
    done = client.patch(ids[1], status="completed")
    at = datetime.fromisoformat(done["completed"])
    since_1970 = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert int(done["position"]) == 9999999999999999999 - since_1970
    assert client.get(ids[0])["position"] == "00000000000000000001"
    reopened = client.patch(ids[1], status="needsAction", completed=None)
    assert "completed" not in reopened
    assert google.tree() == [("B", []), ("A", []), ("C", [])]


def test_the_published_completed_position_is_reproduced(client):
    task = client.add("A")["id"]
    moment = "2024-10-26T07:25:08.048Z"
    done = client.patch(task, status="completed", completed=moment)
    assert done["position"] == "09999998270072491951"


def test_limits_refuse_or_ignore(google, client):
    google.limits.open_tasks_per_list = 1
    task = client.add("A" * 1024)["id"]
    assert refusal(client.add, "B") == (403, "serviceLimit")
    assert refusal(client.patch, task, title="A" * 1025) == (400, "invalid")
    google.rules.over_limit = "ignore"
    assert client.patch(task, title="B" * 1025)["title"] == "A" * 1024


def test_whole_seconds_can_be_shown_while_the_etag_stays_finer(google, client):
    google.rules.updated_granularity_ms = 1000
    first = client.add("A")
    second = client.patch(first["id"], title="B")
    assert first["updated"] == second["updated"] == "2026-03-02T09:00:00.000Z"
    assert first["etag"] != second["etag"]


# --- If-Match


def test_a_stale_etag_is_412_for_patch_and_delete(google, client):
    task = client.add("A")
    google.phone.edit(task["id"], title="B")
    assert refusal(client.patch, task["id"], task["etag"], title="C") == (412, "conditionNotMet")
    request = client.tasks.delete(tasklist="@default", task=task["id"])
    request.headers["If-Match"] = task["etag"]
    assert refusal(request.execute) == (412, "conditionNotMet")
    fresh = client.get(task["id"])["etag"]
    assert client.patch(task["id"], fresh, title="C")["title"] == "C"


# --- reading


def test_pages_default_to_20_and_end_at_100(google, client):
    for number in range(101):
        google.phone.add(f"{number}")
    assert len(client.page()["items"]) == 20
    assert len(client.page(maxResults=100)["items"]) == 100
    assert refusal(client.page, maxResults=101) == (400, "invalid")


def test_a_task_edited_while_you_page_is_on_no_later_page(google, client):
    for number in range(30):
        google.phone.add(f"{number}")
    first = client.tasks.list(tasklist="@default", maxResults=10)
    answer = first.execute()
    assert [task["title"] for task in answer["items"]][:2] == ["29", "28"]
    google.phone.edit("5", notes="edited")
    seen = [task["title"] for task in answer["items"]]
    request = client.tasks.list_next(first, answer)
    while request:
        answer = request.execute()
        seen += [task["title"] for task in answer["items"]]
        request = client.tasks.list_next(request, answer)
    assert sorted(set(map(str, range(30))) - set(seen)) == ["5"]
    assert len(seen) == 29


def test_what_is_completed_in_googles_app_needs_show_hidden(google, client):
    by_phone, by_api = google.phone.add("phone"), google.phone.add("api")
    google.phone.complete(by_phone)
    client.patch(by_api, status="completed")
    assert client.titles() == ["api"]
    assert client.titles(showCompleted=False) == []
    assert client.titles(showHidden=True) == ["api", "phone"]
    google.phone.clear()
    assert client.titles() == []
    assert client.get(by_api)["hidden"] is True


def test_reopening_unhides(google, client):
    task = google.phone.add("A")
    google.phone.complete(task)
    assert "hidden" not in client.patch(task, status="needsAction", completed=None)


def test_filters_by_time(google, client):
    google.phone.add("old", due=date(2026, 3, 1))
    google.clock.advance(hours=1)
    new = google.phone.add("new", due=date(2026, 3, 9))
    updated = client.get(new)["updated"]
    assert client.titles(updatedMin=updated) == ["new"]
    google.rules.updated_min_inclusive = False
    assert client.titles(updatedMin=updated) == []
    assert client.titles(dueMax="2026-03-02T00:00:00Z") == ["old"]
    google.phone.complete("old")
    late = "2026-03-02T10:00:00Z"
    assert client.titles(completedMin=late, showHidden=True) == ["old"]
    assert client.titles(completedMax=late, showHidden=True) == []


def test_the_list_does_not_notice_an_edit_but_notices_a_move(client):
    task = client.add("A")["id"]
    client.add("B")
    before = client.lists.get(tasklist="@default").execute()["etag"]
    client.patch(task, title="C")
    assert client.lists.get(tasklist="@default").execute()["etag"] == before
    client.move(task)
    assert client.lists.get(tasklist="@default").execute()["etag"] != before


# --- structure


def test_no_previous_means_first_and_siblings_renumber_without_a_trace(google, client):
    a = client.add("A")
    b = client.add("B")
    client.add("C", previous=b["id"])
    assert google.tree() == [("B", []), ("C", []), ("A", [])]
    now = client.get(a["id"])
    assert now["position"] == "00000000000000000002"
    assert (now["updated"], now["etag"]) == (a["updated"], a["etag"])


def test_a_move_to_another_list_keeps_the_id_and_leaves_no_tombstone(google, client):
    home = google.phone.new_list("Home")
    parent = client.add("A")["id"]
    child = client.add("B", parent=parent)["id"]
    moved = client.move(parent, destinationTasklist=home)
    assert moved["id"] == parent
    assert client.titles(**EVERYTHING) == []
    assert refusal(client.get, parent) == (404, "notFound")
    assert google.tree("Home") == [("A", [("B", [])])]
    assert client.get(child, home)["parent"] == parent


def test_children_can_be_left_behind_by_a_move(google, client):
    home = google.phone.new_list("Home")
    google.rules.children_follow_list_move = False
    parent = client.add("A")["id"]
    client.add("B", parent=parent)
    client.move(parent, destinationTasklist=home)
    assert google.tree() == [("B", [])]


def test_no_cycle_and_no_strange_neighbour(google, client):
    a = client.add("A")["id"]
    b = client.add("B", parent=a)["id"]
    assert refusal(client.move, a, parent=b) == (400, "invalid")
    assert refusal(client.move, a, previous=b) == (400, "invalid")
    assert refusal(client.move, a, parent=a) == (400, "invalid")
    google.phone.complete(b)
    assert refusal(client.move, b, parent=a) == (400, "invalid")
    assert "parent" not in client.move(b)


@pytest.mark.parametrize(
    ("manner", "listed", "looked_up"),
    [
        ("silent", ["A"], "deleted"),
        ("tombstones", ["A", "B"], "deleted"),
        ("vanish", ["A"], "404"),
        ("zombies", ["A"], "alive"),
    ],
)
def test_what_becomes_of_the_children_of_a_deleted_task(google, client, manner, listed, looked_up):
    google.rules.children_of_deleted = manner
    parent = google.phone.add("A")
    child = google.phone.add("B", parent=parent)
    google.clock.advance(minutes=1)
    since = google.clock.now().isoformat()
    google.phone.delete(parent)
    assert sorted(client.titles(updatedMin=since, **EVERYTHING)) == listed
    if looked_up == "404":
        assert refusal(client.get, child) == (404, "notFound")
    else:
        assert client.get(child).get("deleted", False) is (looked_up == "deleted")
    assert refusal(client.delete, child) == (404, "notFound")


def test_a_tombstone_lasts_ninety_days(google, client):
    task = client.add("A")["id"]
    client.delete(task)
    assert refusal(client.delete, task) == (404, "notFound")
    google.clock.advance(days=89)
    google.oauth.access_token_seconds = 10**9
    assert client.titles(**EVERYTHING) == ["A"]
    google.clock.advance(days=2)
    assert client.titles(**EVERYTHING) == []
    assert refusal(client.get, task) == (404, "notFound")


def test_deleted_false_brings_back_unless_the_rules_say_no(google, client):
    task = client.add("A")["id"]
    client.delete(task)
    assert refusal(client.patch, task, title="B") == (404, "notFound")
    assert "deleted" not in client.patch(task, deleted=False)
    client.patch(task, deleted=True)
    google.rules.undelete_restores = False
    assert refusal(client.patch, task, deleted=False) == (404, "notFound")


def test_lists_may_share_a_title_and_the_default_one_stays(client):
    ids = [client.lists.insert(body={"title": "Home"}).execute()["id"] for _ in range(2)]
    assert ids[0] != ids[1]
    task = client.add("A", ids[0])["id"]
    client.lists.delete(tasklist=ids[0]).execute()
    assert refusal(client.get, task, ids[0]) == (404, "notFound")
    delete_default = client.lists.delete(tasklist="@default")
    assert refusal(delete_default.execute) == (400, "invalid")
    assert len(client.lists.list(maxResults=1).execute()["items"]) == 1


# --- assigned and recurring


def test_an_assigned_task_is_shown_on_request_and_its_deletion_is_noted(google, client):
    task = google.phone.receive("Review")
    other = google.phone.add("B")
    assert client.titles() == ["B"]
    assert client.titles(showAssigned=True) == ["B", "Review"]
    assert refusal(client.patch, task, deleted=True) == (400, "invalid")
    assert refusal(client.patch, task, notes="n") == (400, "invalid")
    assert refusal(client.move, other, parent=task) == (400, "invalid")
    assert refusal(client.move, task, parent=other) == (400, "invalid")
    assert google.account().deleted_originals == []
    client.delete(task)
    assert google.account().deleted_originals == [task]


def test_a_recurring_task_comes_back_under_a_new_id_and_stays_in_its_list(google, client):
    home = google.phone.new_list("Home")
    first = google.phone.add_recurring("Water", due=date(2026, 3, 2))
    assert refusal(client.move, first, destinationTasklist=home) == (400, "invalid")
    google.phone.complete(first)
    second = next(task for task in client.page()["items"] if task["title"] == "Water")
    assert (second["id"] != first, second["due"][:10]) == (True, "2026-03-03")
    google.rules.completing_by_api_respawns = False
    client.patch(second["id"], status="completed")
    assert google.tree() == []


# --- faults


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    ("fault", "error", "tasks"),
    [
        (Refuse("FIN"), OutcomeUnknown, 0),
        (Refuse("RST"), ConnectionError, 0),
        (CommitThenDrop("FIN"), OutcomeUnknown, 1),
        (CommitThenDrop("RST"), ConnectionError, 1),
        (CommitThenTruncate(), http.client.IncompleteRead, 1),
        (Answer(500), HttpError, 0),
        (Answer(500, committed=True), HttpError, 1),
    ],
)
def test_a_fault_strikes_once_and_the_log_says_whether_it_committed(
    google, client, fault, error, tasks, warm
):
    if warm:
        client.page()
    google.faults.add(fault, method="POST", path=r"/tasks$", nth=1)
    with pytest.raises(error):
        client.add("A")
    posts = google.matching("POST")
    assert [(line.committed, line.fault) for line in posts] == [(tasks == 1, fault)]
    assert len(google.all_tasks()) == tasks


def test_the_stock_client_doubles_a_task_in_silence(google, stock):
    google.faults.add(CommitThenDrop("FIN"), method="POST", nth=1)
    stock.add("A")
    assert [task["title"] for task in google.all_tasks()] == ["A", "A"]


def test_a_slow_answer_has_committed_before_the_client_gives_up(google, client):
    client.wire.timeout = 0.1
    google.faults.add(CommitThenDelay(5), method="POST", nth=1)
    with pytest.raises(TimeoutError):
        client.add("A")
    assert google.tree() == [("A", [])]


def test_a_late_commit_lands_on_the_servers_clock(google, client):
    google.faults.add(LateCommit(40), method="POST", nth=1)
    with pytest.raises(OutcomeUnknown):
        client.add("A")
    google.clock.advance(seconds=39)
    assert (google.tree(), google.matching("POST")[0].committed) == ([], False)
    google.clock.advance(seconds=1)
    assert (google.tree(), google.matching("POST")[0].committed) == ([("A", [])], True)


def test_a_late_commit_lands_in_real_time_too(google, client):
    google.faults.add(LateCommit(0.05, real=True), method="POST", nth=1)
    with pytest.raises(OutcomeUnknown):
        client.add("A")
    assert google.tree() == []
    deadline = time.monotonic() + 5
    while not google.tree() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert google.tree() == [("A", [])]


def test_lists_can_come_empty_or_never_end(google, client):
    google.phone.add("A")
    google.faults.add(EmptyItems(), path=r"/tasks$", nth=1)
    assert client.titles() == []
    google.faults.add(PageTokenQuirk.EMPTY, path=r"/tasks$", nth=1)
    assert client.page()["nextPageToken"] == ""
    google.faults.add(PageTokenQuirk.LOOP, path=r"/tasks$", times=3)
    token = client.page()["nextPageToken"]
    again = client.page(pageToken=token)
    assert (again["nextPageToken"], len(again["items"])) == (token, 1)


def test_chances_are_drawn_from_the_given_seed(google, client):
    google.faults.rng = random.Random(5)
    google.faults.add(Answer(503), Answer(500), path="/lists/", probability=0.5)
    expected = random.Random(5)
    for _ in range(20):
        status = expected.choice((503, 500)) if expected.random() < 0.5 else 200
        try:
            client.page()
            seen = 200
        except HttpError as error:
            seen = error.status_code
        assert seen == status


def test_a_malformed_row_can_be_served(google, client):
    task = google.phone.add("A")
    google.distort(task, parent="", updated=None)
    row = client.get(task)
    assert (row["parent"], "updated" in row) == ("", False)


# --- quota


def test_a_burst_is_throttled_per_user_and_heals(google, client):
    google.quota.throttle = Throttle(requests=3, seconds=22, status=429, retry_after_seconds=7)
    for title in "ABC":
        client.add(title)
    with pytest.raises(HttpError) as caught:
        client.add("D")
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (429, "7")
    google.phone.add("D")
    google.clock.advance(seconds=22)
    client.add("E")
    google.quota.throttle = Throttle(requests=0)
    assert refusal(client.add, "F") == (403, "quotaExceeded")


def test_the_daily_quota_is_the_projects_and_renews_at_midnight_pacific(google, client):
    google.quota.daily_limit = 1
    client.page()
    assert refusal(client.page) == (403, "dailyLimitExceeded")
    google.clock.set(datetime(2026, 3, 3, 7, 59, tzinfo=UTC))
    assert refusal(client.page) == (403, "dailyLimitExceeded")
    google.clock.set(datetime(2026, 3, 3, 8, 0, tzinfo=UTC))
    client.page()


# --- signing in


def test_an_expired_token_is_refreshed_and_the_insert_happens_once(google, client):
    google.oauth.expire_access_tokens()
    client.add("A")
    assert [line.path for line in google.requests][-2] == "/token"
    assert len(google.all_tasks()) == 1


def test_a_revoked_grant_is_invalid_grant(google, client):
    google.oauth.revoke("me")
    with pytest.raises(RefreshError) as caught:
        client.page()
    assert caught.value.args[1]["error"] == "invalid_grant"
    assert not caught.value.retryable


def test_a_wrong_client_secret_is_invalid_client(google, client):
    google.oauth.expire_access_tokens()
    google.oauth.clients["test-client"] = "changed"
    with pytest.raises(RefreshError) as caught:
        client.page()
    assert caught.value.args[1]["error"] == "invalid_client"


def test_a_testing_applications_grant_dies_after_seven_days(google, client):
    google.oauth.refresh_token_days = 7
    google.clock.advance(days=6)
    client.page()
    google.clock.advance(days=1)
    with pytest.raises(RefreshError):
        client.page()


def test_the_token_endpoint_fails_on_demand(google):
    google.faults.add(Answer(503), path="^/token$", nth=1)
    wire = httplib2.Http(timeout=5, proxy_info=None)
    response, _ = wire.request(google.token_uri, "POST", body="grant_type=refresh_token")
    wire.close()
    assert response.status == 503


def test_two_people_see_their_own_tasks(google, client):
    google.phone_of("sam").add("Sam's")
    google.phone.add("Mine")
    assert client.titles() == ["Mine"]
    assert google.account("sam").default_list != google.account().default_list
    assert refusal(client.page, google.account("sam").default_list) == (404, "notFound")


def test_a_reading_token_cannot_write(google, client):
    client.credentials.token, _ = google.issue_token(scopes=(READONLY,))
    assert client.titles() == []
    assert refusal(client.add, "A") == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


def _flow(google: GoogleTasksServer, **options: Any) -> Flow:
    config = {
        "client_id": "test-client",
        "client_secret": "test-secret",
        "auth_uri": google.auth_uri,
        "token_uri": google.token_uri,
    }
    back = {"redirect_uri": "http://localhost:1/", "scopes": [TASKS]}
    return Flow.from_client_config({"installed": config}, **(back | options))


@pytest.fixture
def over_http(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("over_http")
def test_paste_back_sign_in_survives_a_restart_between_its_steps(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    pasted = google.oauth.decide(address)
    later = _flow(
        google, state=state, code_verifier=flow.code_verifier, autogenerate_code_verifier=False
    )
    with later.oauth2session, flow.oauth2session:
        later.fetch_token(authorization_response=pasted)
        credentials = later.credentials
        assert credentials.refresh_token
        with pytest.raises(Exception, match="invalid_grant"):
            later.fetch_token(authorization_response=pasted)


@pytest.mark.usefixtures("over_http")
def test_a_wrong_verifier_is_refused(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline")
    pasted = google.oauth.decide(address)
    thief = _flow(google, state=state, code_verifier="x" * 64, autogenerate_code_verifier=False)
    with flow.oauth2session, thief.oauth2session, pytest.raises(Exception, match="verifier"):
        thief.fetch_token(authorization_response=pasted)


@pytest.mark.usefixtures("over_http")
def test_an_unticked_box_signs_in_but_without_the_tasks(google, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    flow = _flow(google)
    address, _ = flow.authorization_url(access_type="offline")
    pasted = google.oauth.decide(address, ticked=False)
    with flow.oauth2session:
        flow.fetch_token(authorization_response=pasted)
        assert TASKS not in flow.credentials.granted_scopes
        wire = httplib2.Http(timeout=5, proxy_info=None)
        headers = {"Authorization": f"Bearer {flow.credentials.token}"}
        address = f"{google.endpoint}/tasks/v1/users/@me/lists"
        assert wire.request(address, headers=headers)[0].status == 403
        wire.close()


@pytest.mark.usefixtures("over_http")
def test_the_consent_page_asks_unticked_and_automatic_consent_skips_it(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline")
    flow.oauth2session.close()
    wire = httplib2.Http(timeout=5, proxy_info=None)
    wire.follow_redirects = False
    _, page = wire.request(address)
    assert b'type="checkbox"' in page
    assert b"checked" not in page
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    denied, _ = wire.request(address, "POST", body="decision=deny&account=me", headers=form)
    assert "error=access_denied" in denied["location"]
    google.oauth.consent = Automatic()
    found, _ = wire.request(address)
    answer = dict(parse_qsl(urlsplit(found["location"]).query))
    assert (found.status, answer["state"], answer["scope"]) == (302, state, TASKS)
    blocked, page = wire.request(address.replace("localhost", "example.org"))
    assert (blocked.status, b"redirect_uri_mismatch" in page) == (400, True)
    wire.close()


# --- clock, cost and the command line


def test_the_date_header_shows_the_servers_clock(google, client):
    google.clock.follow(lambda: datetime(2030, 1, 1, tzinfo=UTC), skew=timedelta(hours=26))
    google.oauth.access_token_seconds = 10**9
    seen: dict[str, str] = {}
    request = client.lists.list()
    request.add_response_callback(lambda response: seen.update(response))
    request.execute()
    assert seen["date"] == "Wed, 02 Jan 2030 02:00:00 GMT"


def test_one_connection_serves_many_requests(client):
    for title in "ABC":
        client.add(title)
    assert len(client.wire.connections) == 1
    connection = next(iter(client.wire.connections.values()))
    first = connection.sock
    client.add("D")
    assert connection.sock is first


def test_the_command_line_prints_where_it_listens_and_stops():
    command = [sys.executable, "-m", "tests.fakes.google_tasks", "--seed-tasks", "2"]
    done = subprocess.run(
        [*command, "--seconds", "0.1"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert "endpoint: http://127.0.0.1:" in done.stdout
    assert "token address: http://127.0.0.1:" in done.stdout
