"""The methods of the Tasks API over one account's store. It knows neither sockets nor tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice

from tests.fakes.google_tasks.messages import ApiError, Json, invalid
from tests.fakes.google_tasks.rows import ListRow, TaskRow, etag, list_json, shown_updated
from tests.fakes.google_tasks.store import Account, Place

Arguments = dict[str, str]


class TasksApi:
    """One call: `arguments` are path and query arguments, already checked against the contract."""

    def __init__(self, account: Account, arguments: Arguments, body: Json, if_match: str | None):
        self.account, self.arguments, self.body = account, arguments, body
        self.if_match = if_match

    def call(self, method: str) -> Json | None:
        """Run `tasks.insert` and the like; return the body of the answer, None for 204."""
        calls: dict[str, Callable[[], Json | None]] = {
            "tasklists.list": self.list_lists,
            "tasklists.get": lambda: list_json(self._list()),
            "tasklists.insert": self.insert_list,
            "tasklists.patch": self.patch_list,
            "tasklists.update": self.update_list,
            "tasklists.delete": self.delete_list,
            "tasks.list": self.list_tasks,
            "tasks.get": self.get_task,
            "tasks.insert": self.insert_task,
            "tasks.patch": self.patch_task,
            "tasks.update": self.update_task,
            "tasks.move": self.move_task,
            "tasks.delete": self.delete_task,
            "tasks.clear": lambda: self.account.clear(self._list()),
        }
        return calls[method]()

    def list_lists(self) -> Json:
        size = self._page_size(1000, 1000)
        start = int(_read_token(self.arguments["pageToken"])[0]) if self._has("pageToken") else 0
        rows = list(self.account.lists.values())
        body: Json = {"kind": "tasks#taskLists", "etag": etag(max(r.modified for r in rows))}
        body["items"] = [list_json(row) for row in rows[start : start + size]]
        if len(rows) > start + size:
            body["nextPageToken"] = _write_token(start + size)
        return body

    def insert_list(self) -> Json:
        return list_json(self.account.new_list(self.body.get("title") or ""))

    def patch_list(self) -> Json:
        row = self._list()
        self._check_match(etag(row.modified))
        if "title" in self.body:
            self.account.rename_list(row, self.body["title"])
        return list_json(row)

    def update_list(self) -> Json:
        if self.body.get("id") not in (self.arguments["tasklist"], self._list().id):
            raise invalid("Invalid task list ID")
        self.body.setdefault("title", "")
        return self.patch_list()

    def delete_list(self) -> None:
        self._check_match(etag(self._list().modified))
        self.account.delete_list(self._list())

    def get_task(self) -> Json:
        rules = self.account.world.rules
        find = self.account.live_row if rules.get_of_deleted_is_404 else self.account.task_row
        return self.account.shown(find(self.arguments["tasklist"], self.arguments["task"]))

    def list_tasks(self) -> Json:
        home, size = self._list(), self._page_size(20, 100)
        rows = self.account.newest_first(home, self._cursor())
        page = list(islice(filter(self._wanted(), rows), size + 1))
        body: Json = {"kind": "tasks#tasks", "etag": etag(home.modified)}
        if page:
            body["items"] = [self.account.shown(row) for row in page[:size]]
        if len(page) > size:
            body["nextPageToken"] = _write_token(
                -page[0].update_key[0], -page[size - 1].update_key[0], page[size - 1].id
            )
        return body

    def _cursor(self) -> tuple[int, str] | None:
        """Pages continue behind the last row's modification time, so an edit jumps out of them."""
        if not self._has("pageToken"):
            return None
        match _read_token(self.arguments["pageToken"]):
            case [int(), int(last), str(task_id)]:
                return -last, task_id
            case _:
                raise invalid("Invalid page token")

    def _wanted(self) -> Callable[[TaskRow], bool]:
        flags = {
            "completed": self._flag("showCompleted", default=True),
            "hidden": self._flag("showHidden"),
            "deleted": self._flag("showDeleted"),
            "assignment": self._flag("showAssigned"),
        }
        unwanted = [name for name, shown in flags.items() if not shown]
        since, rules = self._moment("updatedMin"), self.account.world.rules
        done, due = self._range("completed"), self._range("due")

        def wanted(row: TaskRow) -> bool:
            if any(getattr(row, name) for name in unwanted):
                return False
            updated = shown_updated(row, rules)
            if since and (
                updated < since or (updated == since and not rules.updated_min_inclusive)
            ):
                return False
            return done(row.completed) and due(_midnight(row.due))

        return wanted

    def _range(self, name: str) -> Callable[[datetime | None], bool]:
        low, high = self._moment(f"{name}Min"), self._moment(f"{name}Max")
        if low is None and high is None:
            return lambda _: True
        floor, top = (
            low or datetime.min.replace(tzinfo=UTC),
            high or datetime.max.replace(tzinfo=UTC),
        )
        return lambda moment: moment is not None and floor <= moment <= top

    def insert_task(self) -> Json:
        if self.body.get("id"):
            raise invalid("Invalid task ID")
        fields = self._fields({"title", "notes", "due"})
        if self.account.world.rules.hidden_accepted_on_insert and self.body.get("hidden"):
            fields["hidden"] = True
        place = self._place(self._list().id)
        return self.account.shown(self.account.insert(place, **fields))

    def patch_task(self) -> Json:
        row = self._row_to_write()
        if self.body.get("id") not in (None, row.id):
            raise invalid("Invalid task ID")
        return self._write(row, self._fields({"title", "notes", "due"} & self.body.keys(), row))

    def update_task(self) -> Json:
        row = self._row_to_write()
        if self.body.get("id") != row.id:
            raise invalid("Missing task ID" if not self.body.get("id") else "Invalid task ID")
        self.body.setdefault("status", "needsAction")
        return self._write(row, self._fields({"title", "notes", "due"}, row))

    def move_task(self) -> Json:
        row = self.account.live_row(self.arguments["tasklist"], self.arguments["task"])
        if self.account.world.rules.if_match_on_move:
            self._check_match(etag(row.modified))
        goal = self.arguments.get("destinationTasklist") or row.list_id
        self.account.move(row, self._place(self.account.list_row(goal).id))
        return self.account.shown(row)

    def delete_task(self) -> None:
        row = self.account.live_row(self.arguments["tasklist"], self.arguments["task"])
        self._check_match(etag(row.modified))
        self.account.delete(row)
        if self.account.world.rules.deleting_recurring_respawns:
            self.account.respawn(row)

    def _row_to_write(self) -> TaskRow:
        row = self.account.task_row(self.arguments["tasklist"], self.arguments["task"])
        if row.deleted and not self._undeletes():
            raise ApiError(404, "notFound", "Task not found.")
        self._check_match(etag(row.modified))
        return row

    def _undeletes(self) -> bool:
        return self.account.world.rules.undelete_restores and self.body.get("deleted") is False

    def _write(self, row: TaskRow, fields: dict[str, object]) -> Json:
        if row.assignment and self.body.get("deleted"):
            raise invalid("Assigned tasks can only be deleted by calling tasks.delete.")
        if row.assignment and fields.get("notes") and row.assignment["surfaceType"] == "DOCUMENT":
            raise invalid("Tasks assigned from Docs cannot have notes.")
        if row.deleted:
            self.account.restore(row)
        completing = row.completed is None and fields.get("completed") is not None
        self.account.edit(row, **fields)
        if completing:
            self._completed(row)
        if self.body.get("deleted"):
            self.account.delete(row)
        return self.account.shown(row)

    def _completed(self, row: TaskRow) -> None:
        rules = self.account.world.rules
        if rules.completing_by_api_respawns:
            self.account.respawn(row)
        if rules.completing_by_api_cascades:
            for child in self.account.children(row.id):
                self.account.edit(child, completed=row.completed)

    def _fields(self, names: set[str], row: TaskRow | None = None) -> dict[str, object]:
        """Read the writable fields; output-only ones in a body are ignored, as Google does."""
        fields: dict[str, object] = {name: self.body.get(name) for name in names}
        if fields.get("due"):
            fields["due"] = _parse_moment(str(fields["due"])).date()
        before = row.completed if row else None
        match self.body.get("status"):
            case "completed":
                fields["completed"] = self._completion() or before or self.account.world.clock.now()
            case "needsAction":
                fields["completed"] = None
            case None if before is not None and self._completion():
                fields["completed"] = self._completion()
            case None:
                pass
            case _:
                raise invalid()
        return fields

    def _completion(self) -> datetime | None:
        return _parse_moment(self.body["completed"]) if self.body.get("completed") else None

    def _list(self) -> ListRow:
        return self.account.list_row(self.arguments["tasklist"])

    def _place(self, list_id: str) -> Place:
        return Place(
            list_id, self.arguments.get("parent") or None, self.arguments.get("previous") or None
        )

    def _check_match(self, current: str) -> None:
        if self.if_match not in (None, "*", current):
            raise ApiError(
                412,
                "conditionNotMet",
                "Precondition Failed",
                more={"location": "If-Match", "locationType": "header"},
            )

    def _has(self, name: str) -> bool:
        return bool(self.arguments.get(name))

    def _flag(self, name: str, default: bool = False) -> bool:
        return self.arguments.get(name, str(default).lower()) == "true"

    def _page_size(self, default: int, most: int) -> int:
        size = int(self.arguments.get("maxResults", default))
        if not 0 < size <= most:
            raise invalid()
        return size

    def _moment(self, name: str) -> datetime | None:
        return _parse_moment(self.arguments[name]) if self._has(name) else None


def _parse_moment(text: str) -> datetime:
    """Read an RFC 3339 timestamp, to milliseconds, in UTC; a bare date is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid() from None
    if moment.tzinfo is None:
        raise invalid()
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _write_token(*parts: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _read_token(token: str) -> list[int | str]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        raise invalid("Invalid page token") from None
    return parts if isinstance(parts, list) and parts else [""]


def first_page_token() -> str:
    """Write a token that leads to the first page of tasks again."""
    return _write_token(0, 2**62, "")
