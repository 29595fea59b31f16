"""The contract: Google's own discovery document, as shipped with its Python client.

Routes a request to a method and lists what the document forbids. It knows no task and no state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote

from tests.fakes.google_tasks.messages import Json


@dataclass(frozen=True)
class Method:
    """One method of the API: `tasks.tasks.insert` and the like."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Json
    request: str | None
    response: str | None
    scopes: frozenset[str]


@dataclass(frozen=True)
class Discovery:
    """The parsed document."""

    methods: tuple[Method, ...]
    common: Json
    schemas: Json

    def route(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """Find the method and its path arguments."""
        for method in self.methods:
            found = method.pattern.fullmatch(path)
            if found and method.verb == verb:
                return method, {name: unquote(text) for name, text in found.groupdict().items()}
        return None

    def query_faults(self, method: Method, query: list[tuple[str, str]]) -> Iterator[str]:
        """Name every query parameter that is unknown, repeated or of a wrong type."""
        seen: set[str] = set()
        for name, text in query:
            rule = method.parameters.get(name) or self.common.get(name)
            if rule is None or rule["location"] != "query":
                yield f"unknown parameter {name!r}"
            elif name in seen:
                yield f"parameter {name!r} given twice"
            elif not _text_fits(rule, text):
                yield f"parameter {name}={text!r} is no {rule.get('format', rule['type'])}"
            seen.add(name)

    def schema_faults(self, schema: str, value: object) -> Iterator[str]:
        """Name every unknown field and wrong type in a request or response body."""
        yield from self._faults({"$ref": schema}, value, schema)

    def _faults(self, rule: Json, value: object, where: str) -> Iterator[str]:
        rule = self.schemas[rule["$ref"]] if "$ref" in rule else rule
        match rule["type"], value:
            case _, None:
                return
            case "object", dict():
                for name, inner in value.items():
                    if name not in rule["properties"]:
                        yield f"unknown field {where}.{name}"
                    else:
                        yield from self._faults(rule["properties"][name], inner, f"{where}.{name}")
            case "array", list():
                for inner in value:
                    yield from self._faults(rule["items"], inner, f"{where}[]")
            case "string", str() if "enum" not in rule or value in rule["enum"]:
                return
            case "boolean", bool():
                return
            case kind, _:
                yield f"{where} is {value!r}, not {kind}"


def _text_fits(rule: Json, text: str) -> bool:
    if "enum" in rule:
        return text in rule["enum"]
    match rule["type"]:
        case "boolean":
            return text in ("true", "false")
        case "integer":
            return re.fullmatch(r"-?\d{1,10}", text) is not None and abs(int(text)) < 2**31
        case _:
            return True


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    literals = [f"(?:{re.escape(p)}|{re.escape(quote(p, safe='/'))})" for p in parts[::2]]
    names = [f"(?P<{name}>[^/]+)" for name in parts[1::2]]
    return re.compile("/" + "".join(a + b for a, b in zip(literals, [*names, ""], strict=True)))


def _method(rule: Json) -> Method:
    return Method(
        id=rule["id"].removeprefix("tasks."),
        verb=rule["httpMethod"],
        pattern=_pattern(rule["path"]),
        parameters=rule["parameters"],
        request=rule.get("request", {}).get("$ref"),
        response=rule.get("response", {}).get("$ref"),
        scopes=frozenset(rule["scopes"]),
    )


@cache
def tasks_v1() -> Discovery:
    """Load the document once."""
    documents = files("googleapiclient.discovery_cache") / "documents"
    document: dict[str, Any] = json.loads((documents / "tasks.v1.json").read_text("utf-8"))
    rules = [rule for part in document["resources"].values() for rule in part["methods"].values()]
    return Discovery(tuple(map(_method, rules)), document["parameters"], document["schemas"])


def select_fields(value: object, selector: str) -> object:
    """Keep only what a `fields=` selector names: `items(id,parent),nextPageToken`, `a/b`, `*`."""
    return _keep(value, _selector_tree(selector))


def _keep(value: object, tree: Json) -> object:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_keep(inner, tree) for inner in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], inner) for name, inner in tree.items() if name in value}
    return value


def _selector_tree(selector: str) -> Json:
    root: Json = {}
    stack, here = [root], root
    for token in re.findall(r"[\w*]+|[(),/]", selector):
        match token:
            case "(":
                stack.append(here)
            case ")":
                here = stack.pop()
            case ",":
                here = stack[-1]
            case "/":
                pass
            case name:
                here = here.setdefault(name, {})
    return root
