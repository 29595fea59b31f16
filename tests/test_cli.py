"""The command line, in processes of its own: what a person types and reads."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

TOUCHBASE = [sys.executable, "-m", "bot"]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("TOUCHBASE_")
} | {"TOUCHBASE_TIMEZONE": "UTC", "NO_COLOR": "1"}


def touchbase(home: Path, *words: str, says: str | None = None, status: int = 0) -> str:
    done = subprocess.run(
        [*TOUCHBASE, "--home", str(home), *words],
        input=says,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=60,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_list_is_kept_through_the_command_line(home):
    touchbase(home, "tasks", "add", "read", "the", "Gavel", "paper", "--due", "2026-12-01")
    touchbase(home, "tasks", "add", "print it", "--parent", "gavel", "--notes", "both sides")
    shown = json.loads(touchbase(home, "tasks", "list", "--json"))
    assert {"id", "list", "title", "notes", "status", "due", "parent", "position"} <= set(shown[0])
    parent, child = shown
    assert (parent["title"], parent["due"], parent["status"], parent["parent"]) == (
        "read the Gavel paper",
        "2026-12-01",
        "needsAction",
        None,
    )
    assert (child["parent"], child["notes"], child["due"]) == (parent["id"], "both sides", None)
    touchbase(home, "tasks", "done", child["id"])
    touchbase(home, "tasks", "edit", "gavel", "--title", "read Gavel", "--due", "none")
    touchbase(home, "tasks", "undo")
    states = {
        t["title"]: (t["status"], t["due"])
        for t in json.loads(touchbase(home, "tasks", "list", "--json"))
    }
    assert states == {
        "read the Gavel paper": ("needsAction", "2026-12-01"),
        "print it": ("completed", None),
    }
    touchbase(home, "tasks", "reopen", "print")
    touchbase(home, "tasks", "delete", "gavel")
    assert json.loads(touchbase(home, "tasks", "list", "--json")) == []
    touchbase(home, "tasks", "undo")
    assert len(json.loads(touchbase(home, "tasks", "list", "--json"))) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tasks", "done", "nothing like it"), "No task here looks like"),
        (("tasks", "add", "x", "--due", "someday"), "--due 'someday' is no day"),
        (("tasks", "add", "x", "--list", "Nowhere"), "there is no list 'Nowhere'"),
        (("tasks", "add", "y" * 1025), "1025"),
        (("--set", "timezone=Mars/Olympus", "status"), "setting timezone = 'Mars/Olympus'"),
        (("--set", "nonsense", "status"), "NAME=VALUE"),
        (("tasks", "frobnicate"), "No such command 'frobnicate'"),
    ],
)
def test_bad_input_is_one_clear_line_and_status_two(home, words, said):
    assert said in touchbase(home, *words, status=2)


def test_a_chat_can_be_scripted(home):
    said = touchbase(home, "chat", says="add buy milk tomorrow\n\nlist\nundo\nlist\n")
    assert said.splitlines() == [
        "Added “buy milk” for tomorrow.",
        "1 task open:",
        "• buy milk  (tomorrow)",
        "Undone: “buy milk” is off the list.",
        "Nothing is open.",
    ]


HARD_TO_READ = (
    "\x00\x07\x1b[31mred\x1b[0m",
    "\u202eمرحبا بالعالم",
    "👩‍🔬 🧪 👍🏽",
    "x" * 100_000,
    "add " + "y" * 100_000,
    "add \u202eעברית 👩‍🔬 tomorrow",
    "/",
    "//",
    "/nonsense with words",
    "done",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
)


def test_hard_to_read_messages_get_one_plain_answer_each_and_lose_nothing(home):
    said = touchbase(home, "chat", says="".join(text + "\n" for text in HARD_TO_READ))
    assert max(len(line) for line in said.splitlines()) < 400
    titles = [task["title"] for task in json.loads(touchbase(home, "tasks", "list", "--json"))]
    assert titles == ["\u202eעברית 👩‍🔬"]
    with closing(sqlite3.connect(home / "touchbase.db")) as database:
        assert database.execute("SELECT DISTINCT state FROM inbox").fetchall() == [("answered",)]


def test_a_read_only_folder_is_named_with_the_way_out(home):
    home.mkdir()
    (home / "sub").write_text("a file, not a folder")
    said = touchbase(home / "sub", "status", status=2)
    assert str(home / "sub") in said
    assert "--home" in said


def test_a_damaged_database_is_named_and_not_replaced(home):
    touchbase(home, "tasks", "list")
    (home / "touchbase.db").write_bytes(b"not a database at all" * 500)
    for extra in ("touchbase.db-wal", "touchbase.db-shm"):
        (home / extra).unlink(missing_ok=True)
    said = touchbase(home, "tasks", "list", status=2)
    assert "move it away to start afresh" in said
    assert (home / "touchbase.db").read_bytes().startswith(b"not a database")
    assert "!!  database" in touchbase(home, "doctor", status=1)


def test_doctor_is_content_with_a_fresh_folder(home):
    assert "!!" not in touchbase(home, "doctor")


def test_settings_says_where_values_come_from(home):
    rows = json.loads(touchbase(home, "settings", "--json"))
    assert {"name": "timezone", "value": "UTC", "from": "TOUCHBASE_TIMEZONE"} in rows


def started(home: Path, *words: str) -> subprocess.Popen[str]:
    running = subprocess.Popen(
        [*TOUCHBASE, "--home", str(home), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert running.stdout is not None
    assert "Touchbase serves" in running.stdout.readline()
    return running


def finish(running: subprocess.Popen[str]) -> None:
    for stream in (running.stdout, running.stderr):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_serves_without_a_terminal_and_ends_cleanly_when_asked(home, number):
    running = started(home, "run")
    began = time.monotonic()
    running.send_signal(number)
    assert running.wait(timeout=30) == 0
    assert time.monotonic() - began < 15  # 5 s on an idle machine; the suite shares two cores
    finish(running)


def test_a_second_start_says_who_holds_the_folder(home):
    running = started(home, "run")
    said = touchbase(home, "run", status=2)
    assert f"process {running.pid}" in said
    assert "Running   process" in touchbase(home, "status")
    touchbase(home, "tasks", "add", "still", "possible")
    running.kill()
    running.wait()
    finish(running)
    again = started(home, "run")
    again.terminate()
    again.wait(timeout=30)
    finish(again)


def test_what_was_answered_survives_a_kill(home):
    chat = subprocess.Popen(
        [*TOUCHBASE, "--home", str(home), "chat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert chat.stdin is not None
    assert chat.stdout is not None
    for number in range(5):
        chat.stdin.write(f"add “task {number}”\n")
        chat.stdin.flush()
        assert chat.stdout.readline() == f"Added “task {number}”.\n"
    chat.kill()
    chat.wait()
    chat.stdin.close()
    chat.stdout.close()
    titles = {task["title"] for task in json.loads(touchbase(home, "tasks", "list", "--json"))}
    assert titles == {f"task {number}" for number in range(5)}
    words = [file.read_text(encoding="utf-8") for file in home.rglob("*.jsonl")]
    said = [json.loads(line) for text in words for line in text.splitlines()]
    assert sum(line.get("speaker") == "assistant" for line in said) == 5


def test_the_demo_plays_through_and_brings_the_saved_question_back(home):
    said = touchbase(home, "demo", "--home", str(home / "demo"))
    for line in (
        "Shall I check off “study gpu scheduler”?",
        "Checked off “study gpu scheduler”.",
        "Added “study question: gpu scheduler”.",
        "Saved for tomorrow",
        "Wednesday is closing. 2 things done.",
        "Thu 07:15  touchbase  Thu 5 Mar",
        "You saved this for this morning (gpu scheduler):",
    ):
        assert line in said
    assert (home / "demo" / "touchbase.db").exists()
    assert list((home / "demo" / "vault" / "memory" / "sessions").glob("*.md"))
