"""What the discovery document allows passes, in both directions; ids, fields and etags as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httplib2
import pytest

from tests.fake_google_tasks.conftest import refusal


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


def test_a_stale_etag_is_412_for_patch_and_delete(google, client):
    task = client.add("A")
    google.phone.edit(task["id"], title="B")
    assert refusal(client.patch, task["id"], task["etag"], title="C") == (412, "conditionNotMet")
    request = client.tasks.delete(tasklist="@default", task=task["id"])
    request.headers["If-Match"] = task["etag"]
    assert refusal(request.execute) == (412, "conditionNotMet")
    fresh = client.get(task["id"])["etag"]
    assert client.patch(task["id"], fresh, title="C")["title"] == "C"
