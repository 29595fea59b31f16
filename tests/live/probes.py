"""Asking a Google Tasks server what its documentation leaves open; it touches only lists it made.

    python -m tests.live.probes            # the stand-in, and the real service where named
    python -m tests.live.probes --burst    # also look for the per-user limit (probe 14)

docs/live-probes.md says which environment variables name a throw-away account.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import google_auth_httplib2
import httplib2
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.fakes.google_tasks import GoogleTasksServer

GOOGLE_ENDPOINT = "https://tasks.googleapis.com/"
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"
ACCOUNT_NAMES = (
    "TOUCHBASE_LIVE_CLIENT_ID",
    "TOUCHBASE_LIVE_CLIENT_SECRET",
    "TOUCHBASE_LIVE_REFRESH_TOKEN",
)
RECURRING = "Probe: recurring"
Task = dict[str, Any]


class Probed:
    """A server under question, with two lists of its own."""

    def __init__(self, service: Any, burst: bool) -> None:
        self.tasks, self.lists, self.burst = service.tasks(), service.tasklists(), burst
        self.home, self.other = self._new_list("Probe: home"), self._new_list("Probe: other")

    def _new_list(self, title: str) -> str:
        return str(self.lists.insert(body={"title": title}).execute()["id"])

    def leave(self) -> None:
        """Delete both lists again."""
        for task_list in (self.home, self.other):
            self.lists.delete(tasklist=task_list).execute()

    def add(self, title: str = "Probe", **options: Any) -> Task:
        body = {"title": title} | options.pop("body", {})
        return dict(self.tasks.insert(tasklist=self.home, body=body, **options).execute())

    def get(self, task: Task, task_list: str | None = None) -> Task:
        return dict(self.tasks.get(tasklist=task_list or self.home, task=task["id"]).execute())

    def patch(self, task: Task, **body: Any) -> Task:
        return dict(self._patch(task, body).execute())

    def _patch(self, task: Task, body: Task) -> Any:
        return self.tasks.patch(tasklist=self.home, task=task["id"], body=body)

    def move(self, task: Task, **options: Any) -> Task:
        return dict(self.tasks.move(tasklist=self.home, task=task["id"], **options).execute())

    def delete(self, task: Task) -> None:
        self.tasks.delete(tasklist=self.home, task=task["id"]).execute()

    def listed(self, task_list: str | None = None, **options: Any) -> list[Task]:
        everything = {"maxResults": 100, "showHidden": True, "showDeleted": True} | options
        answer = self.tasks.list(tasklist=task_list or self.home, **everything).execute()
        return list(answer.get("items", []))


def outcome(call: Callable[[], object]) -> str:
    """Name the status and reason of a call."""
    try:
        call()
    except HttpError as error:
        details = error.error_details
        reason = details[0].get("reason") if isinstance(details, list) and details else "?"
        return f"{error.status_code} {reason}"
    return "200"


def if_match(probed: Probed) -> str:
    task = probed.add()
    probed.patch(task, title="Newer")
    where = {"tasklist": probed.home, "task": task["id"]}
    requests = {
        "PATCH": probed.tasks.patch(**where, body={"title": "Stale"}),
        "PUT": probed.tasks.update(**where, body={"id": task["id"], "title": "Stale"}),
        "move": probed.tasks.move(**where),
        "DELETE": probed.tasks.delete(**where),
    }
    for request in requests.values():
        request.headers["If-Match"] = task["etag"]
    return ", ".join(f"{name} {outcome(request.execute)}" for name, request in requests.items())


def undelete(probed: Probed) -> str:
    parent = probed.add("Parent")
    child = probed.add("Child", parent=parent["id"])
    probed.add("First")
    probed.delete(parent)
    status = outcome(lambda: probed.patch(parent, deleted=False))
    if status != "200":
        return f"PATCH {status}"
    back = probed.get(parent)
    return (
        f"deleted={back.get('deleted', False)}, position {int(back['position'])} (was 1), "
        f"child {_state(probed, child)}"
    )


def get_of_the_gone(probed: Probed) -> str:
    deleted, cleared, moved = probed.add("Deleted"), probed.add("Cleared"), probed.add("Moved")
    probed.delete(deleted)
    probed.patch(cleared, status="completed")
    probed.tasks.clear(tasklist=probed.home).execute()
    probed.move(moved, destinationTasklist=probed.other)
    return (
        f"deleted {_state(probed, deleted)}, cleared {_state(probed, cleared)}, "
        f"moved away {_state(probed, moved)}"
    )


def delete_parent(probed: Probed) -> str:
    parent = probed.add("Parent")
    child = probed.add("Child", parent=parent["id"])
    probed.delete(parent)
    shown = [task for task in probed.listed() if task["id"] == child["id"]]
    touched = bool(shown) and shown[0].get("updated") != child["updated"]
    return f"child {_state(probed, child)}, listed={bool(shown)}, updated changed={touched}"


def complete_parent(probed: Probed) -> str:
    parent = probed.add("Parent")
    child = probed.add("Child", parent=parent["id"])
    probed.patch(parent, status="completed")
    return f"child {probed.get(child)['status']}"


def updated_min(probed: Probed) -> str:
    task = probed.add()
    updated = datetime.fromisoformat(task["updated"])

    def found(after: timedelta) -> bool:
        moment = (updated + after).isoformat()
        return any(each["id"] == task["id"] for each in probed.listed(updatedMin=moment))

    return f"inclusive={found(timedelta(0))}, 1 ms later found={found(timedelta(milliseconds=1))}"


def order_under_edit(probed: Probed) -> str:
    made = [probed.add(f"Order {number}") for number in range(4)]
    first = probed.tasks.list(tasklist=probed.home, maxResults=2)
    answer = first.execute()
    updated = [task["updated"] for task in probed.listed()]
    probed.patch(made[0], notes="edited while paging")
    seen = [task["id"] for task in answer["items"]]
    request = probed.tasks.list_next(first, answer)
    while request:
        answer = request.execute()
        seen += [task["id"] for task in answer.get("items", [])]
        request = probed.tasks.list_next(request, answer)
    newest_first = updated == sorted(updated, reverse=True)
    return f"newest first={newest_first}, edited task on a later page={made[0]['id'] in seen}"


def move_touches(probed: Probed) -> str:
    sibling, task = probed.add("Sibling"), probed.add("Moved")
    probed.move(task, previous=sibling["id"])
    own, others = probed.get(task), probed.get(sibling)
    return (
        f"own updated changed={own['updated'] != task['updated']}, "
        f"own etag changed={own['etag'] != task['etag']}, "
        f"sibling's etag changed={others['etag'] != sibling['etag']}"
    )


def texts(probed: Probed) -> str:
    cases = {
        "zero width": "a\u200bb",
        "blanks at the end": "a  ",
        "CRLF": "a\r\nb",
        "NUL": "a\0b",
        "newline": "a\nb",
    }
    return ", ".join(f"{name}: {_kept(probed, text)}" for name, text in cases.items())


def _kept(probed: Probed, text: str) -> str:
    try:
        task = probed.add(text, body={"notes": text})
    except HttpError as error:
        return str(error.status_code)
    parts = {"title": task.get("title"), "notes": task.get("notes")}
    changed = [f"{name} {value!r}" for name, value in parts.items() if value != text]
    return " and ".join(changed) or "kept"


def length_unit(probed: Probed) -> str:
    def of(text: str) -> str:
        return outcome(lambda: probed.add(text))

    emoji = "\U0001f600" * 1024
    return f"1024 letters {of('a' * 1024)}, 1025 {of('a' * 1025)}, 1024 emoji {of(emoji)}"


def client_id(probed: Probed) -> str:
    other = probed.add()
    probed.delete(other)
    return (
        f"own making {outcome(lambda: probed.add(body={'id': 'touchbase-1'}))}, "
        f"well formed {outcome(lambda: probed.add(body={'id': other['id']}))}"
    )


def visibility(probed: Probed) -> str:
    task, start = probed.add(), time.monotonic()
    while time.monotonic() - start < 10:
        if any(each["id"] == task["id"] for each in probed.listed()):
            waited = time.monotonic() - start
            return "at once" if waited < 1 else f"after {waited:.1f} s"
    return "not within 10 s"


def list_move_of_parent(probed: Probed) -> str:
    parent = probed.add("Parent")
    child = probed.add("Child", parent=parent["id"])
    moved = probed.move(parent, destinationTasklist=probed.other)
    tombstone = any(task["id"] == parent["id"] for task in probed.listed())
    return (
        f"id kept={moved['id'] == parent['id']}, tombstone={tombstone}, child in the old list "
        f"{_state(probed, child)}, in the new one {_state(probed, child, probed.other)}"
    )


def burst_limit(probed: Probed) -> str:
    if not probed.burst:
        return "not asked (--burst)"
    start = time.monotonic()
    for number in range(300):
        try:
            probed.add(f"Burst {number}")
        except HttpError as error:
            seconds = time.monotonic() - start
            later = error.resp.get("retry-after", "none")
            return f"{error.status_code} after {number} in {seconds:.0f} s, Retry-After {later}"
    return "none within 300 inserts"


def hidden_by_client(probed: Probed) -> str:
    made = probed.add(body={"hidden": True})
    plain = probed.add()
    patched = outcome(lambda: probed.patch(plain, hidden=True))
    return (
        f"insert hidden={made.get('hidden', False)}, "
        f"patch {patched}, hidden={probed.get(plain).get('hidden', False)}"
    )


def tombstone_age(probed: Probed) -> str:
    dead = [task for task in probed.listed("@default") if task.get("deleted")]
    if not dead:
        return "no tombstone in the default list yet: ask again in three months"
    oldest = min(datetime.fromisoformat(task["updated"]) for task in dead)
    return f"oldest seen is {(datetime.now(UTC) - oldest).days} days old"


def recurring(probed: Probed) -> str:
    open_ones = probed.listed("@default", showHidden=False, showDeleted=False, showCompleted=False)
    task = next((each for each in open_ones if each["title"] == RECURRING), None)
    if task is None:
        return f"make a daily task {RECURRING!r} in Google's own app first"
    body = {"status": "completed"}
    probed.tasks.patch(tasklist="@default", task=task["id"], body=body).execute()
    time.sleep(0.2)
    again = [each for each in probed.listed("@default") if each["title"] == RECURRING]
    new = [each for each in again if each["id"] != task["id"] and each["status"] != "completed"]
    return f"next occurrence as a new task={bool(new)}"


def empty_title(probed: Probed) -> str:
    task = probed.add()
    return (
        f"insert {outcome(lambda: probed.add(''))}, "
        f'patch "" {outcome(lambda: probed.patch(task, title=""))}, '
        f"patch null {outcome(lambda: probed.patch(task, title=None))}"
    )


def _state(probed: Probed, task: Task, task_list: str | None = None) -> str:
    try:
        found = probed.get(task, task_list)
    except HttpError as error:
        return str(error.status_code)
    return "deleted" if found.get("deleted") else "hidden" if found.get("hidden") else "alive"


@dataclass(frozen=True)
class Probe:
    """One open question and how to ask it."""

    number: int
    question: str
    ask: Callable[[Probed], str]


PROBES = [
    Probe(1, "Does a stale If-Match refuse?", if_match),
    Probe(2, "Does deleted:false restore, with place and children?", undelete),
    Probe(3, "What does get say of deleted, hidden and moved-away tasks?", get_of_the_gone),
    Probe(4, "Deleting a parent: what of the child?", delete_parent),
    Probe(5, "Completing a parent: what of the child?", complete_parent),
    Probe(6, "Is updatedMin inclusive, to the millisecond?", updated_min),
    Probe(7, "List order, and pages under an edit", order_under_edit),
    Probe(8, "Does a move change updated and etag, its own and its siblings'?", move_touches),
    Probe(9, "Which texts are kept as they are?", texts),
    Probe(10, "Length limit of titles", length_unit),
    Probe(11, "Insert with an id of the client", client_id),
    Probe(12, "How soon is an insert listed?", visibility),
    Probe(13, "Moving a parent to another list", list_move_of_parent),
    Probe(14, "Per-user burst limit", burst_limit),
    Probe(15, "Can a client hide?", hidden_by_client),
    Probe(16, "How long are tombstones listed?", tombstone_age),
    Probe(17, "Completing a recurring task through the API", recurring),
    Probe(18, "Empty titles", empty_title),
]


def answers(probed: Probed) -> Iterator[tuple[Probe, str]]:
    """Ask everything, one question at a time; an answer that is an error does not end the rest."""
    for probe in PROBES:
        try:
            yield probe, probe.ask(probed)
        except HttpError as error:
            yield probe, f"failed: {error.status_code} {error.reason}"


@contextmanager
def stand_in(burst: bool = False) -> Iterator[Probed]:
    """Put the stand-in under question."""
    with GoogleTasksServer() as google:
        google.phone.add_recurring(RECURRING, due=date(2026, 3, 2))
        google.clock.set(datetime.now(UTC) - timedelta(days=80, hours=1))
        google.phone.delete(google.phone.add("Probe: tombstone"))
        google.clock.follow(lambda: datetime.now(UTC))
        access, refresh = google.issue_token()
        client: Any = Credentials(access, refresh_token=refresh)  # type: ignore[no-untyped-call]
        with _probed(client, google.endpoint, burst, proxy_info=None) as probed:
            yield probed
        if google.violations:
            raise AssertionError(google.violations)


def missing_names() -> list[str]:
    """Name the environment variables that a real account still needs."""
    return [f"{name} is not set" for name in ACCOUNT_NAMES if name not in os.environ]


@contextmanager
def real_account(burst: bool = False) -> Iterator[Probed]:
    """Put the account that the environment names under question."""
    client: Any = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=os.environ["TOUCHBASE_LIVE_REFRESH_TOKEN"],
        token_uri=os.environ.get("TOUCHBASE_LIVE_TOKEN_URI", GOOGLE_TOKEN_URI),
        client_id=os.environ["TOUCHBASE_LIVE_CLIENT_ID"],
        client_secret=os.environ["TOUCHBASE_LIVE_CLIENT_SECRET"],
    )
    endpoint = os.environ.get("TOUCHBASE_LIVE_ENDPOINT", GOOGLE_ENDPOINT)
    with _probed(client, endpoint, burst) as probed:
        yield probed


@contextmanager
def _probed(client: Any, endpoint: str, burst: bool, **wire: Any) -> Iterator[Probed]:
    with closing(httplib2.Http(timeout=20, **wire)) as http:
        authorized = google_auth_httplib2.AuthorizedHttp(client, http=http)
        options = {"api_endpoint": endpoint}
        service = build(
            "tasks",
            "v1",
            http=authorized,
            static_discovery=True,
            cache_discovery=False,
            client_options=options,
        )
        probed = Probed(service, burst)
        try:
            yield probed
        finally:
            with suppress(HttpError, OSError, GoogleAuthError):
                probed.leave()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.live.probes", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="insert up to 300 tasks at once")
    burst = parser.parse_args().burst
    with stand_in(burst) as probed:
        expected = {probe.number: answer for probe, answer in answers(probed)}
    if missing := missing_names():
        print(f"Only the stand-in is asked, since no account is named: {', '.join(missing)}.\n")
        for probe in PROBES:
            print(f"{probe.number:2} {probe.question}\n   {expected[probe.number]}")
        return
    try:
        ask_the_account(burst, expected)
    except (OSError, GoogleAuthError) as why:
        raise SystemExit(f"The account could not be asked: {why}. Check the variables.") from None


def ask_the_account(burst: bool, expected: dict[int, str]) -> None:
    with real_account(burst) as probed:
        for probe, answer in answers(probed):
            same = "as the stand-in" if answer == expected[probe.number] else "DIFFERENT"
            print(f"{probe.number:2} {probe.question}\n   {answer}  [{same}]")
            if same == "DIFFERENT":
                print(f"   stand-in: {expected[probe.number]}")


if __name__ == "__main__":
    main()
