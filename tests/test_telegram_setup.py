"""`touchbase setup telegram`: the token is checked, the owner found, both saved."""

from __future__ import annotations

import re
import stat
import threading
import tomllib
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from bot.channels.telegram.account import DENIED, Account
from bot.channels.telegram.records import Records
from bot.cli import app
from tests.fakes.telegram import Person, TelegramServer
from tests.fakes.telegram.house import app_at


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def linking(tmp_path, server):
    """Give a function that runs the command and gives its exit status and its lines."""

    def run(*given: str, api: str = server.address):
        command = ["setup", "telegram", "--home", str(tmp_path), "--telegram-api", api, *given]
        return CliRunner().invoke(app, command)

    return run


def saved(folder):
    return tomllib.loads((folder / "settings.toml").read_text(encoding="utf-8"))


def test_a_good_token_and_a_known_owner_are_saved_for_their_reader_only(linking, server, tmp_path):
    done = linking("--token", server.token, "--owner", "42")
    assert done.exit_code == 0
    assert "@touchbase_test_bot" in done.output
    assert server.token not in done.output
    assert saved(tmp_path) == {
        "telegram_token": server.token,
        "telegram_owner": 42,
        "telegram_api": server.address,
    }
    assert stat.S_IMODE((tmp_path / "settings.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize("form", ["/start {}", "{}"])
def test_the_owner_is_whoever_sends_the_code_in_private(
    linking, server, tmp_path, monkeypatch, form
):
    monkeypatch.setattr("bot.app.fresh_id", lambda: "c0de" * 8)
    owner, stranger = Person(server, 42), Person(server, 43, "Eve")

    def play() -> None:
        stranger.waits_until(lambda: bool(server.calls("getUpdates")))
        stranger.says("/start guess")
        owner.says(form.format("c0dec0dec0de"))

    player = threading.Thread(target=play)
    player.start()
    done = linking("--token", server.token, "--wait", "20")
    player.join()
    assert done.exit_code == 0, done.output
    assert re.search(r"https://t\.me/touchbase_test_bot\?start=c0dec0dec0de\b", done.output)
    assert saved(tmp_path)["telegram_owner"] == 42
    assert "Linked" in owner.texts[0]
    assert stranger.texts == []
    assert server.service.updates.unconfirmed() == 0


def test_a_webhook_of_an_earlier_life_is_taken_away(linking, server, monkeypatch):
    monkeypatch.setattr("bot.app.fresh_id", lambda: "c0de" * 8)
    server.service.updates.webhook = "https://example.org/hook"
    Person(server, 42).says("c0dec0dec0de")
    assert linking("--token", server.token, "--wait", "20").exit_code == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--token", "rhubarb"], "that is not a bot token"),
        (["--token", "123456:" + "a" * 35], "does not know this token"),
        (["--token", "TOKEN", "--wait", "1"], "did not arrive within 1 seconds"),
        ([], "no token was given"),
    ],
)
def test_each_failure_is_one_clear_line_and_saves_nothing(linking, server, tmp_path, given, says):
    failed = linking(*(server.token if each == "TOKEN" else each for each in given))
    assert failed.exit_code == 2
    assert says in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "settings.toml").exists()


def test_no_network_is_one_clear_line(linking, server):
    server.down()
    failed = linking("--token", server.token)
    assert failed.exit_code == 2
    assert "cannot be reached" in failed.stderr
    assert "Traceback" not in failed.output


def test_doctor_says_that_a_token_is_refused_and_what_to_do(tmp_path, server):
    house = app_at(tmp_path)
    account = Account(server.token, 42, server.address)
    Records(house.engine, account.bot_id, now=house.now).trouble_is(DENIED)
    house.close()
    given = {"TOUCHBASE_TELEGRAM_TOKEN": server.token, "TOUCHBASE_TELEGRAM_OWNER": "42"}
    found = CliRunner().invoke(app, ["doctor", "--home", str(tmp_path)], env=given)
    assert f"!!  telegram: {DENIED}" in found.output
    assert found.exit_code == 1
