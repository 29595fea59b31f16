"""Read a fleet or a list of jobs from TOML or YAML. It decides nothing about them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from gpu_lab.fleet.build import build_fleet
from gpu_lab.fleet.describe import FleetDescription
from gpu_lab.fleet.errors import DuplicateName, FleetNotReadable
from gpu_lab.fleet.model import Fleet
from gpu_lab.jobs import Job

Model = TypeVar("Model", bound=BaseModel)


def read_scene(path: Path) -> tuple[Fleet, tuple[Job, ...]]:
    """Read a file's `[fleet]` and its `[[jobs]]`, which may be absent."""
    document = parse(path)
    fleet = build_fleet(_validated(FleetDescription, document.get("fleet", {}), path, "fleet"))
    rows = document.get("jobs", [])
    if not isinstance(rows, list):
        raise FleetNotReadable(f"{path}: `jobs` must be a list of [[jobs]] tables")
    jobs = tuple(_validated(Job, row, path, f"jobs[{place}]") for place, row in enumerate(rows))
    seen: set[str] = set()
    for job in jobs:
        if job.name in seen:
            raise DuplicateName("job", job.name)
        seen.add(job.name)
    return fleet, jobs


def parse(path: Path) -> dict[str, object]:
    """Parse a TOML or YAML file into a table; raise FleetNotReadable with the place of an error."""
    try:
        text = path.read_text(encoding="utf-8")
        is_yaml = path.suffix in (".yaml", ".yml")
        document = yaml.safe_load(text) if is_yaml else tomllib.loads(text)
    except FileNotFoundError as missing:
        raise FleetNotReadable(f"there is no file {path}") from missing
    except (OSError, UnicodeDecodeError) as unreadable:
        raise FleetNotReadable(f"{path} cannot be read: {unreadable}") from unreadable
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as wrong:
        raise FleetNotReadable(f"{path}: {' '.join(str(wrong).split())}") from wrong
    if not isinstance(document, dict) or "fleet" not in document:
        raise FleetNotReadable(f"{path} describes no fleet; start it with a [fleet] table")
    return document


def _validated(kind: type[Model], table: object, path: Path, where: str) -> Model:
    try:
        return kind.model_validate(table)
    except ValidationError as wrong:
        # A misspelt word also makes the right one missing; the misspelling is what to show.
        first = min(wrong.errors(), key=lambda error: error["type"] != "extra_forbidden")
        field = ".".join((where, *(str(part) for part in first["loc"])))
        given = first.get("input")
        shown = f" (given: {given!r})" if isinstance(given, str | int | float) else ""
        raise FleetNotReadable(f"{path}: {field}: {first['msg']}{shown}") from wrong
