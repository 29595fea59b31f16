"""The running assistant and Google Tasks: linked by chat, edited from both sides at once."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import build
from bot.settings import read_settings
from bot.syncing import LastRun, is_due
from tests.conftest import MONDAY, talk
from tests.fakes.google_tasks import GoogleTasksServer

WITHIN_SECONDS = 40


@pytest.fixture
def google():
    with GoogleTasksServer() as server:
        yield server


@contextmanager
def started(home, google):
    app = build(
        read_settings(
            home,
            {
                "timezone": "UTC",
                "google_client_id": "test-client",
                "google_client_secret": "test-secret",
                "google_endpoint": google.endpoint,
                "google_token_uri": google.token_uri,
                "google_auth_uri": google.auth_uri,
            },
        )
    )
    app.start()
    try:
        yield app
    finally:
        app.close()


def consent(app, google, *, ticked: bool = True) -> str:
    """Begin in the chat, allow in the browser, and give the address the browser ends at."""
    said = talk(app, "/link")[0]
    address = said.splitlines()[-1]
    return google.oauth.decide(address, "me", ticked=ticked)


def until(claim) -> None:
    end = time.monotonic() + WITHIN_SECONDS
    while not claim():
        assert time.monotonic() < end, "the two sides did not come to agree"
        time.sleep(0.1)


def test_linked_by_chat_over_a_restart_and_both_sides_end_equal(home, google):
    google.phone.add("from the phone before")
    with started(home, google) as app:
        talk(app, "add from here before")
        answer = consent(app, google)
    with started(home, google) as app:  # the restart between the address and the answer
        assert "Google is linked" in talk(app, answer)[0]
        with app.syncing.running():
            until(lambda: len(app.library.tasks.open_tasks()) == 2)
            for number in range(5):
                talk(app, f"add chat {number}")
                google.phone.add(f"phone {number}")
            google.phone.edit("from here before", title="renamed by phone")
            google.phone.complete("from the phone before")
            talk(app, "move chat 3 to 2027-01-05")
            talk(app, "done chat 4")
            app.syncing.hurry()
            until(lambda: equal(app, google))
        here = {task.title for task in app.library.tasks.open_tasks()}
    assert here == {
        "renamed by phone",
        *(f"chat {number}" for number in range(4)),
        *(f"phone {number}" for number in range(5)),
    }
    assert not google.violations


def equal(app, google) -> bool:
    """Nothing waits, and the open titles with their days are the same on both sides."""
    if app.library.tasks.unsynced():
        return False
    app.syncing.hurry()
    here = {(task.title, str(task.due or "")) for task in app.library.tasks.open_tasks()}
    there = {
        (task["title"], task.get("due", "")[:10])
        for task in google.all_tasks("me")
        if task["status"] == "needsAction"
    }
    return here == there and len(here) == 10


def test_an_unticked_box_is_said_with_the_next_step_and_nothing_is_linked(home, google):
    with started(home, google) as app:
        said = talk(app, consent(app, google, ticked=False))[0]
        assert "Google is not linked" in said
        assert "tick" in said
        assert not app.settings.google_credentials.exists()


def test_the_code_of_a_sign_in_is_not_kept_in_the_sessions_words(home, google):
    with started(home, google) as app:
        answer = consent(app, google)
        talk(app, answer)
    words = "".join(path.read_text(encoding="utf-8") for path in home.rglob("*.jsonl"))
    assert "code=" not in words
    assert "[the address of a sign-in]" in words


def test_a_revoked_sign_in_is_said_once_and_what_was_changed_waits(home, google):
    with started(home, google) as app:
        talk(app, consent(app, google))
        app.syncing.once()
        google.oauth.revoke("me")
        google.oauth.expire_access_tokens()
        talk(app, "add while away")
        app.syncing.once()
        app.syncing.once()
        said = " ".join(talk(app, "list"))
        assert said.count("no longer accepts the sign-in") == 1
        assert app.library.tasks.unsynced() == 1
        talk(app, consent(app, google))
        app.syncing.once()
        assert app.library.tasks.unsynced() == 0
    assert [task["title"] for task in google.all_tasks("me")] == ["while away"]


def test_without_a_client_the_chat_says_how_to_get_one(app):
    assert "touchbase setup google" in talk(app, "/link")[0]
    assert "not linked" in talk(app, "/sync")[0]


@pytest.mark.parametrize(
    ("since_run", "since_word", "night", "due"),
    [
        (20, None, False, False),
        (60, None, False, True),
        (20, 5, False, True),  # the person wrote after the run: Google is read every 15 seconds
        (14, 5, False, False),
        (20, 301, False, False),
        (60, None, True, False),
        (300, None, True, True),
    ],
)
def test_a_word_from_the_person_brings_the_next_reading_of_google_forward(
    since_run, since_word, night, due
):
    ran = LastRun(MONDAY, 0, 0, None)
    now = MONDAY + timedelta(seconds=since_run)
    heard = None if since_word is None else now - timedelta(seconds=since_word)
    assert is_due(ran, now, heard, night=night) is due
    assert is_due(replace(ran, again_at=now), now, heard, night=night)
