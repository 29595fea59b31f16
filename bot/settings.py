"""What can be set from outside, and where each value came from.

The only module that reads the environment and the settings file. Values rise in strength:
defaults, `settings.toml` in the data folder, `TOUCHBASE_*` variables, the command line.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import platformdirs
import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from memory.tasklines import TaskForm

FILE_NAME = "settings.toml"
PREFIX = "TOUCHBASE_"


class SettingRefused(Exception):
    """A setting cannot be used; the message names it, its value and the way out."""


def known_timezone(name: str) -> str:
    """Accept an IANA time zone name."""
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.5)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"must be an IANA name such as 'Europe/Vienna' or 'UTC'{meant}")
    return name


def web_address(url: str) -> str:
    """Accept an address with a scheme; a trailing slash is dropped."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


def split_times(value: object) -> object:
    """Let a list of times be written as one line, `13:00, 18:30`, in the environment."""
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def split_names(value: object) -> object:
    """Let a list of names be written as one line, `Home, Work`."""
    return split_times(value)


Address = Annotated[str, AfterValidator(web_address)]
Times = Annotated[tuple[time, ...], BeforeValidator(split_times)]
Names = Annotated[tuple[str, ...], BeforeValidator(split_names)]


class Values(BaseModel):
    """Every setting but the data folder itself, with its default."""

    timezone: Annotated[str, AfterValidator(known_timezone)] = Field(
        default="UTC", description="your IANA time zone; found out from the machine when not set"
    )
    vault: Path | None = Field(
        default=None, description="folder of markdown notes; <home>/vault when not set"
    )
    briefing_at: time = Field(default=time(7, 15), description="morning briefing, local time")
    review_at: time = Field(default=time(21, 30), description="end-of-day review, local time")
    checkins_at: Times = Field(
        default=(time(13, 0), time(18, 30)), description="check-ins, local times; empty for none"
    )
    weekend_later: float = Field(
        default=0.0,
        ge=0,
        le=12,
        description="the briefing comes this many hours later at weekends",
    )
    weekend_midday: bool = Field(
        default=False, description="check-ins from 11:00 to 15:00 at weekends too"
    )
    weekly_review: bool = Field(default=True, description="a look back at the week on Sundays")
    weekly_at: time = Field(default=time(18, 0), description="when, local time")
    quiet_from: time = Field(default=time(22, 0), description="no unasked messages from here")
    quiet_to: time = Field(default=time(7, 0), description="until here")
    idle_hours: float = Field(
        default=4.0, gt=0, le=48, description="a session ends after this many hours without a word"
    )
    telegram_token: SecretStr | None = Field(default=None, description="bot token from @BotFather")
    telegram_owner: int | None = Field(
        default=None, gt=0, description="your numeric Telegram id; nobody else is answered"
    )
    telegram_api: Address = Field(
        default="https://api.telegram.org", description="address of the Bot API"
    )
    google_client_id: str | None = Field(default=None, description="OAuth client of type Desktop")
    google_client_secret: SecretStr | None = Field(default=None, description="its secret")
    google_endpoint: Address = Field(
        default="https://tasks.googleapis.com", description="address of the Google Tasks API"
    )
    google_token_uri: Address = Field(
        default="https://oauth2.googleapis.com/token", description="where tokens are refreshed"
    )
    google_auth_uri: Address = Field(
        default="https://accounts.google.com/o/oauth2/v2/auth", description="where consent is given"
    )
    google_strict_insert: bool = Field(
        default=False, description="mark each new task for an instant so that twins cannot happen"
    )
    watched_lists: Names = Field(
        default=(), description="lists that check-ins watch; empty for all"
    )
    new_items_list: str | None = Field(
        default=None, description="list that takes new tasks; the default list when not set"
    )
    notes_list: str | None = Field(
        default=None, description="Google list whose items become notes; none when not set"
    )
    traces: Path | None = Field(default=None, description="folder of scheduler traces for the lab")
    task_lines: TaskForm = Field(
        default=TaskForm.EMOJI, description="how days are written in notes: emoji or dataview"
    )
    git_notes: bool = Field(default=False, description="commit the notes folder after each write")

    @field_validator("telegram_token")
    @classmethod
    def token_shape(cls, token: SecretStr | None) -> SecretStr | None:
        """Refuse what cannot be a bot token, so that a slip is found here and not at Telegram."""
        number, colon, rest = token.get_secret_value().partition(":") if token else ("1", ":", "x")
        if not (number.isdigit() and colon and rest):
            raise ValueError("must look like 123456:ABC-DEF, as @BotFather gives it")
        return token


@dataclass(frozen=True)
class Settings:
    """What is in force, read once at the start."""

    home: Path
    values: Values
    origins: Mapping[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(self.values.timezone)

    @property
    def vault(self) -> Path:
        """The folder of markdown notes."""
        return self.values.vault or self.home / "vault"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "touchbase.db"

    @property
    def google_credentials(self) -> Path:
        """Where the Google sign-in is kept, readable by its owner only."""
        return self.home / "google-credentials.json"

    @property
    def log(self) -> Path:
        """Where tracebacks go."""
        return self.home / "touchbase.log"


def default_home() -> Path:
    """Name the data folder: `TOUCHBASE_HOME`, else the platform's user-data folder."""
    named = os.environ.get(PREFIX + "HOME")
    return Path(named).expanduser() if named else platformdirs.user_data_path("touchbase")


def read_settings(home: Path | None = None, given: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings; `given` are the command line's.

    Raises SettingRefused with one line that names the setting, the value and what is allowed.
    """
    folder = (home or default_home()).expanduser().absolute()
    file = folder / FILE_NAME
    layers = {
        "the machine": {"timezone": machine_timezone()},
        str(file): read_file(file),
        "environment": read_environment(),
        "command line": {name: value for name, value in (given or {}).items() if value is not None},
    }
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(Values.model_fields, "default")
    for origin, found in layers.items():
        for name, value in found.items():
            check_name(name, origin)
            merged[name] = value
            origins[name] = PREFIX + name.upper() if origin == "environment" else origin
    try:
        return Settings(folder, Values(**merged), origins)
    except ValidationError as why:
        raise SettingRefused(first_complaint(why, origins)) from None


def read_file(file: Path) -> dict[str, Any]:
    """Read the settings file; none is no settings, a damaged one is refused and left alone."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise SettingRefused(
            f"{file} is not valid TOML ({why}); correct it, or move it away to use the defaults"
        ) from None
    except OSError as why:
        raise SettingRefused(
            f"{file} cannot be read ({why.strerror}); make it readable, or name another folder "
            "with --home"
        ) from None


class Environment(BaseSettings):
    """Reads `TOUCHBASE_*`; only what is set there counts."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")


def read_environment() -> dict[str, Any]:
    """Give what the environment sets, as written there, by setting name."""
    source = EnvSettingsSource(Environment, env_prefix=PREFIX)
    set_there = {
        key.removeprefix(PREFIX.lower()): value
        for key, value in source.env_vars.items()
        if key.startswith(PREFIX.lower()) and value is not None
    }
    # HOME and SHARED name folders of the machine, not settings of the assistant.
    return {name: value for name, value in set_there.items() if name not in ("home", "shared")}


def machine_timezone() -> str:
    """Name the machine's time zone, or UTC when it has none."""
    from tzlocal import get_localzone_name  # late: not needed when another layer names the zone

    try:
        name = get_localzone_name()
    except (LookupError, OSError, ValueError):
        return "UTC"
    return name if name in available_timezones() else "UTC"


def check_name(name: str, origin: str) -> None:
    """Refuse a setting that does not exist, naming the nearest that does."""
    if name in Values.model_fields:
        return
    near = difflib.get_close_matches(name, Values.model_fields, n=1, cutoff=0.4)
    meant = f"; did you mean {near[0]!r}?" if near else "; `touchbase settings` lists them"
    raise SettingRefused(f"there is no setting {name!r} (from {origin}){meant}")


def first_complaint(why: ValidationError, origins: Mapping[str, str]) -> str:
    """Say the first thing that is wrong in one line, the value of a secret left out."""
    first = why.errors(include_url=False)[0]
    name = str(first["loc"][0])
    shown = "(hidden)" if is_secret(name) else repr(first["input"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"setting {name} = {shown} (from {origins[name]}) cannot be used: {reason}"


def is_secret(name: str) -> bool:
    """Tell whether a setting's value must never be shown."""
    return "SecretStr" in str(Values.model_fields[name].annotation)


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """List every setting with its value (secrets masked) and its origin."""
    rows = [("home", str(settings.home), "in force")]
    for name in Values.model_fields:
        value = getattr(settings.values, name)
        rows.append((name, spell(value), settings.origins[name]))
    return rows


def spell(value: object) -> str:
    """Write a value as a person would in the settings file."""
    match value:
        case None:
            return "not set"
        case SecretStr():
            return "********"
        case time():
            return f"{value:%H:%M}"
        case Enum():
            return str(value.value)
        case tuple():
            return ", ".join(spell(part) for part in value) or "none"
        case _:
            return str(value)


def save(home: Path, changes: Mapping[str, str | int | bool | None]) -> Path:
    """Write settings into the file, others kept; None removes one. The file is the owner's only."""
    file = home / FILE_NAME
    kept = {**read_file(file), **changes}
    home.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        tomli_w.dump({name: value for name, value in kept.items() if value is not None}, out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    return file
