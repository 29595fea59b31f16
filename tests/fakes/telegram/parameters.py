"""The parameters of a call, whatever body they came in, held to what the Bot API's page says."""

from __future__ import annotations

import json
import os
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.telegram.errors import bad_request

ROOT = Path(__file__).parents[3]
PAGE = "eval/bot_api_10_1_subset.json"


class Parameters:
    """Values by name; over a form all are strings and objects are JSON inside them."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def whole(self, name: str, default: int | None = None) -> int:
        value = self.values.get(name)
        if value is None:
            if default is None:
                raise bad_request(f"{name.removesuffix('_id')} identifier is not specified")
            return default
        try:
            return int(str(value))
        except ValueError:
            raise bad_request(f'Field "{name}" must be of type Number') from None

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "yes", "1")

    def json(self, name: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None


def read_parameters(content_type: str, query: str, body: bytes) -> Parameters:
    """Read a call's parameters from its address and its body: form, multipart or JSON."""
    values: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    match kind:
        case "application/json":
            values |= json_object(body)
        case "multipart/form-data":
            values |= multipart(content_type, body)
        case "application/x-www-form-urlencoded" | "":
            values |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        case _:
            raise bad_request(f"unsupported content type {kind}")
    return Parameters(values)


def json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(found, dict):
        raise bad_request("can't parse JSON object")
    return found


def multipart(content_type: str, body: bytes) -> dict[str, Any]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    found: dict[str, Any] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        upload = part.get_filename() is not None
        found[str(name)] = payload if upload else payload.decode()
    return found


@cache
def page() -> dict[str, Any] | None:
    """Read the Bot API's page as JSON; None where it is not at hand."""
    folder = Path(os.environ.get("TOUCHBASE_SHARED", ROOT.parent / "shared"))
    file = folder / PAGE
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["methods"]
    return found


def check(method: str, parameters: Parameters) -> None:
    """Hold a call to the page: known names, needed ones there, of a type that can be.

    Telegram passes over unknown names; here they are refused, since they are our mistakes.
    """
    known = page()
    if known is None or method not in known:
        return
    fields = known[method].get("fields") or {}
    for name, value in parameters.values.items():
        if name not in fields:
            raise bad_request(f"{method} has no parameter {name} (Telegram would pass over it)")
        if not any(fits(kind, value) for kind in fields[name]["types"]):
            raise bad_request(f"{name} of {method} cannot be {value!r}")
    for name, field in fields.items():
        if field["required"] and name not in parameters and name not in SAID_BY_METHOD:
            raise bad_request(f"{method} needs {name}")


SAID_BY_METHOD = ("chat_id", "text", "message_id")
"""Missing ones of these are refused by the method itself, in Telegram's words."""


def fits(kind: str, value: Any) -> bool:
    match kind:
        case "Integer":
            return str(value).lstrip("-").isdigit()
        case "Float":
            return str(value).replace(".", "", 1).lstrip("-").isdigit()
        case "Boolean" | "True":
            return str(value).lower() in ("true", "false")
        case "String":
            return isinstance(value, str)
        case "InputFile":
            return isinstance(value, bytes | str)
        case _ if kind.startswith("Array of"):
            return isinstance(decoded(value), list)
        case _:
            return isinstance(decoded(value), dict)


def decoded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
