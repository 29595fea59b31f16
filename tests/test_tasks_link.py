from __future__ import annotations

import stat
import threading
import urllib.request
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

from tasks_sync import LinkFailed
from tasks_sync.consent import looks_like_answer
from tasks_sync.google import link as linking
from tasks_sync.google.link import Linking, OAuthClient
from tasks_sync.google.stored import LinkFile
from tests.fakes.google_tasks import Automatic, GoogleTasksServer
from tests.tasks_sync.house import Clock, Workbench


@pytest.fixture
def google():
    with GoogleTasksServer() as server:
        yield server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def begin(google, clock, tmp_path):
    """Make a linking, each time as after a restart: only the files are shared."""
    secrets = count(1)

    def make():
        client = OAuthClient("test-client", "test-secret", google.auth_uri, google.token_uri)
        file = LinkFile(tmp_path / "home" / "google.json")
        return Linking(file, client, clock, lambda: "link", lambda: f"{next(secrets):044d}")

    return make


def test_the_address_pasted_back_after_a_restart_links_the_account(google, begin):
    address = begin().begin()
    failed_page = google.oauth.decide(address)
    assert failed_page.startswith("http://localhost:1/")
    link = begin().finish(f"here it is: <{failed_page}> thanks")
    assert begin().file.load() == link
    assert link.scopes == (linking.SCOPE,)
    assert begin().file.pending() is None
    assert stat.S_IMODE(begin().file.path.stat().st_mode) == 0o600


def test_a_browser_on_this_machine_links_the_account(google, begin):
    google.oauth.consent = Automatic()
    opened = []

    def browse(address: str) -> None:
        opened.append(threading.Thread(target=lambda: urllib.request.urlopen(address).read()))
        opened[0].start()

    assert begin().by_browser(browse, wait_seconds=5).refresh_token
    opened[0].join()


def test_a_browser_that_never_comes_back_is_said(begin):
    with pytest.raises(linking.NobodyCame):
        begin().by_browser(lambda _address: None, wait_seconds=0.01)


def test_an_unticked_box_is_detected_at_once_and_the_old_sign_in_stays(google, begin):
    first = begin().finish(google.oauth.decide(begin().begin()))
    with pytest.raises(linking.TasksBoxUnticked, match="tick it"):
        begin().finish(google.oauth.decide(begin().begin(), ticked=False))
    assert begin().file.load() == first


def test_an_address_of_another_attempt_is_refused(google, begin):
    old = google.oauth.decide(begin().begin())
    begin().begin()
    with pytest.raises(linking.OtherAttempt):
        begin().finish(old)


def test_a_code_works_once(google, begin):
    page = google.oauth.decide(begin().begin())
    pending = begin().file.pending()
    begin().finish(page)
    begin().file.save_pending(pending)
    with pytest.raises(linking.CodeRefused):
        begin().finish(page)


def test_a_no_on_the_consent_page_is_said(begin):
    state = parse_qs(urlsplit(begin().begin()).query)["state"][0]
    with pytest.raises(linking.ConsentRefused, match="access_denied"):
        begin().finish(f"http://localhost:1/?state={state}&error=access_denied")


def test_a_paste_without_an_attempt_or_too_late_is_told_to_start_again(google, begin, clock):
    with pytest.raises(linking.NoLinkBegun):
        begin().finish("http://localhost:1/?state=a&code=b")
    page = google.oauth.decide(begin().begin())
    clock.at += timedelta(hours=2)
    with pytest.raises(linking.NoLinkBegun):
        begin().finish(page)


@pytest.mark.parametrize("text", ["", "hello", "http://localhost:1/", "?state=only"])
def test_text_that_is_no_answer_is_told_what_to_copy(begin, text):
    begin().begin()
    with pytest.raises(linking.AddressNotUnderstood, match="localhost"):
        begin().finish(text)
    assert not looks_like_answer(text)


def test_an_answer_is_recognised_in_a_chat_message(google, begin):
    assert looks_like_answer(google.oauth.decide(begin().begin()))


def test_google_out_of_reach_is_said(begin, google):
    page = google.oauth.decide(begin().begin())
    unreachable = OAuthClient("c", "s", google.auth_uri, "http://127.0.0.1:9/token")
    away = Linking(begin().file, unreachable, begin().now, lambda: "", lambda: "x" * 43)
    with pytest.raises(LinkFailed, match="not reached"):
        away.finish(page)


def test_the_file_from_the_console_is_read_and_a_wrong_one_is_named(tmp_path):
    good = tmp_path / "client.json"
    good.write_text('{"installed": {"client_id": "c", "client_secret": "s"}}')
    assert linking.read_client(good).client_id == "c"
    for text in ("{}", "not json", '{"web": {}}'):
        good.write_text(text)
        with pytest.raises(linking.ClientFileDamaged, match=r"client\.json"):
            linking.read_client(good)
    with pytest.raises(linking.ClientFileDamaged, match=r"missing\.json"):
        linking.read_client(tmp_path / "missing.json")


def test_a_linked_account_syncs(google, begin, clock, tmp_path):
    bench = Workbench(google, tmp_path, clock)
    begin().finish(google.oauth.decide(begin().begin()))
    bench.file = begin().file
    bench.start()
    bench.add("first")
    bench.rest()
    assert google.tree() == [("first", [])]
    bench.close()
