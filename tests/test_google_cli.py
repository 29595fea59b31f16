"""The command line and Google Tasks: what a person types, reads and pipes on."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from bot.app import fresh_id, make_linking, utc_now
from bot.cli import main
from bot.lock import SYNCING, hold
from bot.settings import read_settings, save
from tests.fakes.google_tasks import Answer, Automatic, GoogleTasksServer
from tests.test_cli import ENVIRONMENT, TOUCHBASE

NOBODY = "http://127.0.0.1:9"
"""An address of this machine where nothing answers."""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def google():
    with GoogleTasksServer() as server:
        server.clock.follow(utc_now)
        yield server


@pytest.fixture
def touchbase(home, monkeypatch, capsys):
    """Run the command in this process, over one data folder."""
    monkeypatch.setenv("TOUCHBASE_TIMEZONE", "UTC")

    def run(*words: str, says: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["touchbase", "--home", str(home), *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(says))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def link(home, google):
    """Sign in as somebody, as `touchbase setup google` leaves it."""

    def sign_in(account: str = "me") -> None:
        home.mkdir(exist_ok=True)
        save(
            home,
            {
                "google_client_id": "test-client",
                "google_client_secret": "test-secret",
                "google_endpoint": google.endpoint,
                "google_token_uri": google.token_uri,
                "google_auth_uri": google.auth_uri,
            },
        )
        linking = make_linking(read_settings(home, {}), now=utc_now, new_id=fresh_id)
        linking.finish(google.oauth.decide(linking.begin(), account))

    return sign_in


# --- JSON, and one line for what cannot be done ---


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sync",), "not linked"),
        (("done", "nothing like it"), "No task here looks like"),
        (("done", " "), "which task?"),
        (("add", " "), "title is empty"),
        (("add", "x", "--due", "someday"), "is no day"),
        (("add", "x", "--list", "Nowhere"), "there is no list 'Nowhere'"),
        (("edit", "Milk"), "nothing to change"),
        (("lists", "--add", ""), "title is empty"),
        (("lists", "--delete", "My Tasks"), "default list"),
        (("lists", "--add", "A", "--clear", "My Tasks"), "one thing at a time"),
        (("conflicts", "--restore", "abc"), "'abc' names 0 conflicts"),
        (("import", "no-such-file"), "no-such-file"),
    ],
)
def test_with_json_a_refusal_is_json_too_and_one_line_for_the_person(touchbase, words, says):
    touchbase("tasks", "add", "Milk")
    refused = touchbase("tasks", *words, "--json")
    assert refused.status == 2
    assert says in refused.json["error"]
    assert refused.err.startswith("touchbase: ")
    assert refused.err.count("\n") == 1


def test_with_json_every_verb_answers_in_one_json_document(touchbase):
    for words in (
        ("add", "Milk", "--notes", "oat\n👩‍👩‍👧", "--due", "2027-01-05"),
        ("add", "lid", "--parent", "Milk"),
        ("list",),
        ("lists", "--add", "Home"),
        ("lists", "--rename", "Home", "House"),
        ("lists",),
        ("move", "Milk", "--list", "House"),
        ("edit", "Milk", "--due", "none"),
        ("done", "lid"),
        ("reopen", "lid"),
        ("done", "lid"),
        ("lists", "--clear", "House"),
        ("undo",),
        ("delete", "Milk"),
        ("undo",),
        ("lists", "--delete", "House"),
        ("undo",),
        ("conflicts",),
        ("export",),
    ):
        ran = touchbase("tasks", *words, "--json")
        assert ran.status == 0, ran
        assert ran.json is not None
    titles = [task["title"] for task in touchbase("tasks", "list", "--json").json]
    assert titles == ["Milk", "lid"]


# --- naming tasks, lists and places ---


def test_of_two_lists_with_one_name_the_id_names_one(touchbase):
    first = touchbase("tasks", "lists", "--add", "Twin", "--json").json["list_id"]
    touchbase("tasks", "lists", "--add", "Twin")
    asked = touchbase("tasks", "add", "x", "--list", "Twin")
    assert asked.status == 2
    assert f"({first[:8]})" in asked.err
    added = touchbase("tasks", "add", "x", "--list", first[:8], "--json")
    assert added.json["list_id"] == first


def test_of_two_tasks_with_one_title_the_id_names_one(touchbase):
    first = touchbase("tasks", "add", "Milk", "--json").json["id"]
    touchbase("tasks", "add", "Milk")
    asked = touchbase("tasks", "done", "Milk")
    assert asked.status == 2
    assert f"({first[:8]})" in asked.err
    assert touchbase("tasks", "done", first[:8], "--json").json["id"] == first


def test_a_finished_task_is_named_and_not_said_to_be_missing(touchbase):
    touchbase("tasks", "add", "Milk")
    touchbase("tasks", "done", "Milk")
    assert "was done already" in touchbase("tasks", "done", "Milk").err
    assert touchbase("tasks", "edit", "Milk", "--notes", "oat", "--json").json["notes"] == "oat"
    touchbase("tasks", "add", "Milk")
    open_one = touchbase("tasks", "edit", "Milk", "--notes", "soy", "--json").json
    assert open_one["status"] == "needsAction"


def test_a_task_goes_to_the_list_of_the_task_that_it_is_put_beside(touchbase):
    touchbase("tasks", "lists", "--add", "Work")
    touchbase("tasks", "add", "report", "--list", "Work")
    touchbase("tasks", "add", "figures", "--parent", "report")
    touchbase("tasks", "add", "stamps")
    touchbase("tasks", "add", "letters")
    placed = touchbase("tasks", "move", "stamps", "--after", "figures", "--json").json
    under = touchbase("tasks", "move", "letters", "--under", "report", "--json").json
    shown = [task["title"] for task in touchbase("tasks", "list", "--list", "Work", "--json").json]
    assert shown == ["report", "letters", "figures", "stamps"]
    assert placed["parent"] == under["parent"] is not None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("move", "stamps", "--list", "My Tasks", "--under", "report"), "leave --list out"),
        (("move", "stamps", "--after", "report", "--under", "home"), "leave --under or --after"),
        (("add", "x", "--list", "My Tasks", "--parent", "report"), "leave --list out"),
    ],
)
def test_places_that_contradict_each_other_are_refused_by_name(touchbase, words, says):
    touchbase("tasks", "lists", "--add", "Work")
    touchbase("tasks", "add", "report", "--list", "Work")
    touchbase("tasks", "add", "home")
    touchbase("tasks", "add", "stamps")
    refused = touchbase("tasks", *words)
    assert refused.status == 2
    assert says in refused.err


def test_a_subtask_goes_to_its_parents_list_whatever_list_takes_new_tasks(touchbase, home):
    touchbase("tasks", "add", "report")
    touchbase("tasks", "lists", "--add", "Inbox")
    save(home, {"new_items_list": "Inbox"})
    assert touchbase("tasks", "add", "stamps", "--json").json["list"] == "Inbox"
    below = touchbase("tasks", "add", "figures", "--parent", "report", "--json").json
    assert below["list"] == "My Tasks"


# --- what a sync says ---


def sync_twice(touchbase) -> list[str]:
    """Sync two times in vain and give what was said each time."""
    said = []
    for _ in range(2):
        ran = touchbase("tasks", "sync", "--json")
        assert ran.status == 1
        assert not ran.json["complete"]
        said.append(ran.json["says"][-1])
    return said


def test_each_sync_in_vain_says_why_and_what_to_do_and_loses_nothing(touchbase, google, link, home):
    link()
    assert touchbase("tasks", "sync").status == 0
    touchbase("tasks", "add", "waits")

    save(home, {"google_endpoint": NOBODY})
    assert all("out of reach (Connection refused)" in said for said in sync_twice(touchbase))
    save(home, {"google_endpoint": google.endpoint})

    google.oauth.revoke("me")
    google.oauth.expire_access_tokens()
    assert all("`touchbase setup google` signs in again" in said for said in sync_twice(touchbase))

    link("somebody else")
    assert all("take the first account" in said for said in sync_twice(touchbase))

    link()
    google.quota.daily_limit = 0
    assert all("no more requests today; sending goes on" in said for said in sync_twice(touchbase))
    assert [task["title"] for task in touchbase("tasks", "list", "--json").json] == ["waits"]


def test_a_slower_pace_that_google_asks_for_is_said_with_the_time_it_goes_on(
    touchbase, google, link
):
    link()
    touchbase("tasks", "sync")
    touchbase("tasks", "add", "waits")
    slower = Answer(429, "rateLimitExceeded", retry_after_seconds=30)
    google.faults.add(slower, method="POST", path=r"/tasks$")
    for _ in range(2):
        said = touchbase("tasks", "sync").out
        assert "1 change waiting" in said
        assert "no more requests just now; sending goes on at" in said
    assert "no more requests just now; sending goes on at" in touchbase("status").out


def test_status_and_doctor_say_how_the_account_stands(touchbase, google, link, home):
    assert "Google    not linked" in touchbase("status").out
    link()
    touchbase("tasks", "sync")
    assert "Google    linked, 0 changes waiting" in touchbase("status").out
    google.oauth.revoke("me")
    google.oauth.expire_access_tokens()
    touchbase("tasks", "add", "waits")
    touchbase("tasks", "sync")
    said = "the sign-in is no longer accepted, 1 change waiting; /link in the chat or"
    assert f"Google    {said}" in touchbase("status").out
    assert f"Google: {said}" in touchbase("chat", says="/status\n").out
    told = touchbase("doctor")
    assert (told.status, f"!!  google: {said}" in told.out) == (1, True)
    (home / "google-credentials.json").write_text("{torn", encoding="utf-8")
    assert "is damaged; `touchbase setup google` again" in touchbase("doctor").out


def test_doctor_names_a_setting_whose_list_is_not_there(touchbase, home):
    touchbase("tasks", "lists", "--add", "Work")
    save(home, {"new_items_list": "work"})
    told = touchbase("doctor")
    assert told.status == 1
    assert "new_items_list = 'work' names no list; there is: 'My Tasks', 'Work'" in told.out


def test_a_damaged_sign_in_is_said_and_a_new_one_goes_on(touchbase, google, link, home):
    link()
    touchbase("tasks", "sync")
    touchbase("tasks", "add", "waits")
    (home / "google-credentials.json").write_text("{torn", encoding="utf-8")
    refused = touchbase("tasks", "sync")
    assert refused.status == 2
    assert "`touchbase setup google` links it" in refused.err
    link()
    assert touchbase("tasks", "sync").status == 0
    assert [task["title"] for task in google.all_tasks("me")] == ["waits"]


def test_a_sync_asked_for_in_the_chat_does_not_say_in_step_when_it_is_not(touchbase, link, home):
    link()
    assert "In step: 0 taken" in touchbase("chat", says="/sync\n").out
    save(home, {"google_endpoint": NOBODY})
    touchbase("tasks", "add", "waits")
    said = touchbase("chat", says="/sync\n").out
    assert "Not in step yet: 0 taken from Google, 0 sent, 1 change waiting. Google is out" in said


def lose_eleven_of_thirteen(touchbase, google, link):
    for number in range(13):
        google.phone.add(f"task {number}")
    link()
    touchbase("tasks", "sync")
    for number in range(11):
        google.phone.delete(f"task {number}")


@pytest.mark.parametrize(("answer", "left"), [("--let-go", 2), ("--keep", 13)])
def test_the_question_about_many_removals_can_be_answered_here(
    touchbase, google, link, answer, left
):
    lose_eleven_of_thirteen(touchbase, google, link)
    asked = touchbase("tasks", "sync").out
    assert "Did you remove them?" in asked
    assert f"{answer} 'My Tasks'" in asked
    touchbase("tasks", "sync", answer, "My Tasks")
    touchbase("tasks", "sync")
    assert len(touchbase("tasks", "list", "--json").json) == left
    assert len(google.all_tasks("me")) == left


@pytest.mark.parametrize(
    ("answer", "left"),
    [("yes", 2), ("[No, keep them]", 13)],
)
def test_the_question_about_many_removals_can_be_answered_in_the_chat(
    touchbase, google, link, answer, left
):
    lose_eleven_of_thirteen(touchbase, google, link)
    touchbase("tasks", "sync")
    said = touchbase("chat", says=f"{answer}\n{answer}\n/sync\n").out
    assert "Did you remove them?" in said
    touchbase("tasks", "sync")
    assert len(touchbase("tasks", "list", "--json").json) == left
    assert len(google.all_tasks("me")) == left


def test_a_sync_waits_for_the_one_that_another_process_is_at(touchbase, link, home, monkeypatch):
    link()
    with ExitStack() as other:
        other.enter_context(hold(home, "sync", lock=SYNCING))
        monkeypatch.setattr("time.sleep", lambda _: other.close())
        assert touchbase("tasks", "sync").status == 0


# --- values that lost ---


def fall_out(touchbase, google) -> None:
    """Change a title, the notes and a day on both sides, Google's later."""
    google.phone.add("Milk")
    touchbase("tasks", "sync")
    touchbase("tasks", "edit", "Milk", "--title", "ours", "--notes", "our notes")
    google.phone.edit("Milk", title="theirs", notes="their notes")
    touchbase("tasks", "sync")


def test_what_lost_is_told_in_the_chat_with_a_button_that_brings_it_back(touchbase, google, link):
    link()
    fall_out(touchbase, google)
    said = touchbase("chat", says="list\n").out
    assert "Both sides changed the title of “theirs”: “theirs” stays, “ours” (written here)" in said
    assert "Bring back “ours”" in said


def test_bringing_back_a_lost_value_can_be_undone_and_done_again(touchbase, google, link):
    link()
    fall_out(touchbase, google)
    [title, notes] = touchbase("tasks", "conflicts", "--json").json
    said = touchbase("tasks", "conflicts", "--restore", title["id"]).out
    assert said == "Brought back in “theirs”: the title “ours”.\n"
    touchbase("tasks", "conflicts", "--restore", notes["id"])
    for expected, listed in (("our notes", 0), ("their notes", 1), ("our notes", 0)):
        touchbase("tasks", "sync")
        [task] = google.all_tasks("me")
        assert (task["title"], task["notes"]) == ("ours", expected)
        assert len(touchbase("tasks", "conflicts", "--json").json) == listed
        touchbase("tasks", "undo")


# --- linking, as the page on it says ---


@pytest.fixture
def console_file(google, tmp_path):
    """The file that the console gives for a desktop client."""
    file = tmp_path / "client_secret.json"
    installed = {
        "client_id": "test-client",
        "client_secret": "test-secret",
        "auth_uri": google.auth_uri,
        "token_uri": google.token_uri,
    }
    file.write_text(json.dumps({"installed": installed}), encoding="utf-8")
    return str(file)


@pytest.fixture
def typed(home, google, console_file):
    """Run `touchbase setup google` on a terminal; each answer follows the words it waits for."""

    def run(*words: str, answers=(), browser: str = "true") -> tuple[int, str]:
        given = ("--client", console_file, "--google-endpoint", google.endpoint)
        return on_terminal(
            home, "setup", "google", *given, *words, answers=answers, browser=browser
        )

    return run


def on_terminal(home, *words: str, answers=(), browser: str = "true") -> tuple[int, str]:
    """Run the command on a terminal of its own; give its exit status and what was shown."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [*TOUCHBASE, "--home", str(home), *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=ENVIRONMENT | {"BROWSER": browser, "TERM": "dumb"},
    )
    os.close(theirs)
    with os.fdopen(ours, "r+b", buffering=0) as screen:
        shown = converse(screen, list(answers))
    return command.wait(timeout=60), shown


def converse(screen, answers) -> str:
    """Read what is shown until the end; give each answer when its words have come."""
    shown = ""
    while True:
        try:
            read = screen.read(65536)
        except OSError:  # the other side has hung up
            return shown
        if not read:
            return shown
        shown += read.decode().replace("\r", "")
        if answers and answers[0][0] in shown:
            _, answer = answers.pop(0)
            screen.write(answer(shown).encode() + b"\n")


def address_in(shown: str) -> str:
    """Find the address to open in what was shown."""
    return next(line for line in shown.splitlines() if "/auth?" in line)


def test_linking_headless_as_the_page_says(home, google, console_file):
    command = [*TOUCHBASE, "--home", str(home), "setup", "google", "--client", console_file]
    with subprocess.Popen(
        [*command, "--headless", "--google-endpoint", google.endpoint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as setup:
        address = next(line for line in setup.stdout if line.startswith("http")).strip()
        said, wrong = setup.communicate(google.oauth.decide(address) + "\n", timeout=60)
    assert (setup.returncode, wrong) == (0, "")
    assert "Google is linked." in said


def test_a_slip_at_linking_on_a_terminal_is_said_and_asked_for_again(typed, google):
    def unticked(shown):
        return google.oauth.decide(address_in(shown), ticked=False)

    def ticked(shown):
        return google.oauth.decide(address_in(shown))

    status, shown = typed(
        "--headless",
        answers=[
            ("Paste its address:", lambda _: "what?"),
            ("copy it whole", unticked),
            ("tick it. Paste the address", ticked),
        ],
    )
    assert status == 0
    assert "Google is linked." in shown


@pytest.mark.parametrize(("is_ticked", "status"), [(True, 0), (False, 2)])
def test_linking_with_a_browser_as_the_page_says(typed, google, tmp_path, is_ticked, status):
    google.oauth.consent = Automatic(ticked=is_ticked)
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    ended, shown = typed(browser=f"{sys.executable} {browser} %s")
    assert ended == status
    assert ("Google is linked." in shown) is is_ticked
    assert ("the box for Google Tasks was not ticked" in shown) is not is_ticked


def test_how_far_a_long_reading_has_come_is_shown_on_a_terminal(home, google, link):
    for number in range(201):
        google.phone.add(f"task {number}")
    link()
    status, shown = on_terminal(home, "tasks", "sync")
    assert status == 0
    assert "My Tasks: 100 tasks read" in shown
    assert "My Tasks: 200 tasks read" in shown
    assert "201 taken from Google" in shown
