"""Reading, order, subtasks, lists and tombstones behave as observed at the real service."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from datetime import date

import pytest

from tests.fake_google_tasks.conftest import EVERYTHING, Client, refusal
from tests.fakes.google_tasks.messages import ApiError


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


def _some_task(store, rng):
    return rng.choice([row.id for row in store.tasks.values() if not row.deleted] or ["none"])


def _some_act(google, store, rng):
    phone, lists = google.phone, list(store.lists)
    task, other, task_list = _some_task(store, rng), _some_task(store, rng), rng.choice(lists)
    acts = [
        lambda: phone.add("T", task_list),
        lambda: phone.add("T", task_list, parent=task, previous=other),
        lambda: phone.add("S", store.tasks[task].list_id, parent=task),
        lambda: phone.edit(task, title="E", notes="n"),
        lambda: phone.complete(task),
        lambda: phone.reopen(task),
        lambda: phone.delete(task),
        lambda: phone.undelete(rng.choice(list(store.tasks))),
        lambda: phone.move(task, other),
        lambda: phone.reparent(task, other),
        lambda: phone.move_to_list(task, task_list),
        lambda: phone.clear(task_list),
        lambda: phone.new_list("L"),
        lambda: phone.delete_list(task_list),
        lambda: phone.add_recurring("R", task_list, due=date(2026, 3, 2)),
        lambda: google.clock.advance(days=rng.choice((0, 0, 1, 40))),
    ]
    with suppress(ApiError, LookupError, ValueError):
        rng.choices(acts, weights=[6, 2, 4] + [1] * (len(acts) - 3))[0]()


@pytest.mark.parametrize("manner", ["silent", "tombstones", "vanish", "zombies"])
@pytest.mark.parametrize("seed", range(3))
def test_order_and_pages_stay_whole_under_any_acts_of_the_phone(google, client, seed, manner):
    google.rules.children_of_deleted = manner
    google.rules.children_follow_list_move = seed % 2 == 0
    rng, store = random.Random(seed), google.account()
    for _ in range(300):
        _some_act(google, store, rng)
    client.credentials.token, _ = google.issue_token()
    for home in store.lists:
        client_side = _all_pages(client, home)
        rows = [row for row in store.tasks.values() if row.list_id == home]
        assert sorted(task["id"] for task in client_side) == sorted(row.id for row in rows)
        _check_dense_positions(client_side)
    assert google.violations == []


def _all_pages(client: Client, home: str) -> list[dict]:
    request, found = client.tasks.list(tasklist=home, maxResults=7, **EVERYTHING), []
    while request:
        answer = request.execute()
        found += answer.get("items", [])
        request = client.tasks.list_next(request, answer)
    return found


def _check_dense_positions(tasks: list[dict]) -> None:
    groups = defaultdict(list)
    for task in tasks:
        if task["status"] == "needsAction" and not task.get("deleted"):
            groups[task.get("parent")].append(int(task["position"]))
    for numbers in groups.values():
        assert sorted(numbers) == list(range(len(numbers)))


def test_the_phone_cannot_touch_what_is_deleted(google):
    task = google.phone.add("A")
    google.phone.delete(task)
    with pytest.raises(LookupError, match="deleted"):
        google.phone.edit(task, title="B")
    google.phone.undelete(task)
    assert google.tree() == [("A", [])]
