"""Where each value comes from, and one clear line for a wrong one."""

from __future__ import annotations

import stat

import pytest

from bot.settings import PREFIX, SettingRefused, Values, read_settings, save, shown


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in Values.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_values_rise_from_file_to_environment_to_command_line(tmp_path, monkeypatch):
    save(tmp_path, {"timezone": "Europe/Vienna", "briefing_at": "06:30", "idle_hours": 2})
    monkeypatch.setenv("TOUCHBASE_BRIEFING_AT", "06:45")
    monkeypatch.setenv("TOUCHBASE_IDLE_HOURS", "3")
    settings = read_settings(tmp_path, {"idle_hours": "5"})
    rows = {name: (value, origin) for name, value, origin in shown(settings)}
    assert rows["timezone"] == ("Europe/Vienna", str(tmp_path / "settings.toml"))
    assert rows["briefing_at"] == ("06:45", "TOUCHBASE_BRIEFING_AT")
    assert rows["idle_hours"] == ("5.0", "command line")
    assert rows["review_at"] == ("21:30", "default")


def test_secrets_are_never_shown(tmp_path):
    settings = read_settings(tmp_path, {"telegram_token": "123456:very-secret"})
    rows = {name: value for name, value, _ in shown(settings)}
    assert rows["telegram_token"] == "********"
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("timezone", "Europe/Wien", "setting timezone = 'Europe/Wien'"),
        ("timezone", "Europe/Viena", "did you mean 'Europe/Vienna'"),
        ("briefing_at", "quarter past", "setting briefing_at = 'quarter past'"),
        ("idle_hours", "-1", "greater than 0"),
        ("telegram_owner", "@ada", "valid integer"),
        ("telegram_api", "localhost:8081", "must start with http"),
        ("telegram_token", "nonsense", "must look like 123456:ABC-DEF"),
        ("timezon", "UTC", "did you mean 'timezone'"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it_and_what_is_allowed(tmp_path, name, value, said):
    with pytest.raises(SettingRefused) as refused:
        read_settings(tmp_path, {name: value})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_secret_is_not_repeated(tmp_path):
    with pytest.raises(SettingRefused) as refused:
        read_settings(tmp_path, {"telegram_token": "my-real-token"})
    assert "my-real-token" not in str(refused.value)


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text("timezone = = UTC\n")
    with pytest.raises(SettingRefused, match=r"settings\.toml is not valid TOML \(.*line 1"):
        read_settings(tmp_path)
    assert file.read_text() == "timezone = = UTC\n"


def test_an_unknown_name_in_the_environment_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHBASE_BREIFING_AT", "07:00")
    with pytest.raises(SettingRefused, match="did you mean 'briefing_at'"):
        read_settings(tmp_path)


def test_saving_keeps_the_other_settings_and_the_file_to_its_owner(tmp_path):
    save(tmp_path, {"timezone": "UTC"})
    file = save(tmp_path, {"telegram_owner": 42})
    settings = read_settings(tmp_path)
    assert (settings.values.timezone, settings.values.telegram_owner) == ("UTC", 42)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_lists_are_written_as_one_line_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHBASE_CHECKINS_AT", "12:00, 17:15")
    monkeypatch.setenv("TOUCHBASE_WATCHED_LISTS", "Home, Work")
    values = read_settings(tmp_path).values
    assert [f"{at:%H:%M}" for at in values.checkins_at] == ["12:00", "17:15"]
    assert values.watched_lists == ("Home", "Work")
