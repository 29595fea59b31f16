"""Faults, quota and clock do what a test plans, and the log tells."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from googleapiclient.errors import HttpError

from tests.fake_google_tasks.conftest import OutcomeUnknown, refusal
from tests.fakes.google_tasks import (
    Answer,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    EmptyItems,
    LateCommit,
    PageTokenQuirk,
    Refuse,
    Throttle,
)


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


@pytest.mark.parametrize(
    ("fault", "retries", "error", "requests", "tasks"),
    [
        (CommitThenDrop("FIN"), 0, None, 2, 2),
        (CommitThenDrop("RST"), 0, ConnectionResetError, 1, 1),
        (CommitThenDrop("RST"), 2, None, 2, 2),
        (CommitThenDelay(5), 0, TimeoutError, 1, 1),
        (CommitThenDelay(5), 1, None, 2, 2),
        (Answer(500, committed=True), 0, HttpError, 1, 1),
        (Answer(500, committed=True), 2, None, 2, 2),
        (CommitThenTruncate(), 0, http.client.IncompleteRead, 1, 1),
        (CommitThenTruncate(), 2, http.client.IncompleteRead, 1, 1),
    ],
)
def test_the_stock_client_doubles_tasks_exactly_as_was_measured_of_it(
    google, stock, fault, retries, error, requests, tasks
):
    stock.wire.timeout = 0.5
    google.faults.add(fault, method="POST", nth=1)
    insert = stock.tasks.insert(tasklist="@default", body={"title": "A"})
    insert._sleep = lambda _: None
    with pytest.raises(error) if error else nullcontext():
        insert.execute(num_retries=retries)
    assert (len(google.matching("POST")), len(google.all_tasks())) == (requests, tasks)


def test_a_slow_answer_has_committed_before_the_client_gives_up(google, client):
    client.wire.timeout = 0.5
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
    google.faults.add(LateCommit(0.5, real=True), method="POST", nth=1)
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
        cwd=Path(__file__).parents[2],
    )
    assert "endpoint: http://127.0.0.1:" in done.stdout
    assert "token address: http://127.0.0.1:" in done.stdout
