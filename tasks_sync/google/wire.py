"""Google's JSON and our values, both ways. Nothing here sends anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from tasks_sync.model import UNSET, Status
from tasks_sync.remote import FieldChanges, NewTask, RemoteList, RemoteTask, Standing

_FRACTION = re.compile(r"\.(\d+)")


def read_list(item: Mapping[str, Any]) -> RemoteList:
    """Read a list."""
    return RemoteList(str(item["id"]), str(item.get("title", "")), str(item.get("etag", "")))


def read_task(item: Mapping[str, Any], list_id: str) -> RemoteTask:
    """Read a task; tolerate what real answers were seen to leave out or leave empty."""
    completed = item.get("status") == Status.COMPLETED
    links = item.get("links")
    return RemoteTask(
        id=str(item["id"]),
        list_id=list_id,
        etag=str(item.get("etag", "")),
        updated=read_instant(item.get("updated")),
        title=str(item.get("title") or ""),
        notes=str(item.get("notes") or ""),
        due=read_day(item.get("due")),
        status=Status.COMPLETED if completed else Status.NEEDS_ACTION,
        completed_at=read_instant(item.get("completed")) if completed else None,
        hidden=bool(item.get("hidden")),
        deleted=bool(item.get("deleted")),
        parent_id=item.get("parent") or None,
        position=str(item.get("position") or ""),
        assigned=bool(item.get("assignmentInfo")),
        web_link=item.get("webViewLink") or None,
        links_json=json.dumps(links, ensure_ascii=False) if links else None,
    )


def read_standing(item: Mapping[str, Any]) -> Standing:
    """Read a position."""
    return Standing(str(item["id"]), item.get("parent") or None, str(item.get("position") or ""))


def read_day(text: object) -> date | None:
    """Read a due day by its digits: a detour over an instant is off by one in half the zones."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def read_instant(text: object) -> datetime | None:
    """Read an RFC 3339 instant of any precision."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(
            _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text)
        )
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def write_day(day: date | None) -> str | None:
    """Write a due day; Google drops the time."""
    return None if day is None else f"{day.isoformat()}T00:00:00.000Z"


def write_instant(at: datetime | None) -> str | None:
    """Write an instant in RFC 3339 to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_new(task: NewTask) -> dict[str, str | None]:
    """Write the body of an insert."""
    body: dict[str, str | None] = {"title": task.title, "status": task.status.value}
    if task.notes:
        body["notes"] = task.notes
    if task.due:
        body["due"] = write_day(task.due)
    if task.status is Status.COMPLETED:
        body["completed"] = write_instant(task.completed_at)
    return body


def write_changes(changes: FieldChanges) -> dict[str, str | None]:
    """Write the body of a patch; null clears, and status always comes with its instant."""
    body: dict[str, str | None] = {}
    if isinstance(changes.title, str):
        body["title"] = changes.title
    if isinstance(changes.notes, str):
        body["notes"] = changes.notes or None
    if changes.due is None or isinstance(changes.due, date):
        body["due"] = write_day(changes.due)
    if changes.status is not UNSET:
        done = changes.status is Status.COMPLETED
        body["status"] = Status(changes.status).value
        body["completed"] = write_instant(changes.completed_at) if done else None
    return body
