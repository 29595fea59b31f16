"""Other programs talk to the notes with the official client, over both wires."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from memory.mcp_server import Proposed, TaskSeen, build_server, loopback_names

TOOLS = {
    "recall_search",
    "recall_get",
    "recall_resume",
    "recall_open_loops",
    "recall_briefs",
    "recall_projects",
    "recall_health",
    "tasks_list",
    "propose_action",
}
RUN = ("-m", "bot", "mcp")
SESSION = """# Session: 2026-02-03 19:13:47 UTC

- **Session Key**: agent:main:main
- **Session ID**: 7f2a
- **Source**: telegram

## Conversation Summary

user: can you help me pick a boat for the lake?
assistant: The blue kayak at the club costs 300 EUR and seats two. Do you want a roof rack too?
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    notes = tmp_path / "vault" / "notes"
    sessions = tmp_path / "vault" / "memory" / "sessions"
    notes.mkdir(parents=True)
    sessions.mkdir(parents=True)
    (sessions / "2026-02-03-boat.md").write_text(SESSION)
    (notes / "Lake.md").write_text("---\ntype: epic\nstatus: open\n---\n# The lake trip\n")
    (notes / "Rack.md").write_text(
        '---\ntype: task\nstatus: open\nparent: "[[Lake]]"\n---\n- [ ] measure the roof\n'
    )
    return tmp_path


def ask(server: Any, question: Callable[[Client], Awaitable[Any]]) -> Any:
    async def talk() -> Any:
        async with Client(server) as client:
            return await question(client)

    return anyio.run(talk)


def called(server: Any, tool: str, **arguments: object) -> Any:
    async def question(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    result = ask(server, question)
    assert not result.is_error, result.content
    return (
        result.structured_content["result"]
        if list(result.structured_content) == ["result"]
        else result.structured_content
    )


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TOUCHBASE_HOME": str(home), "PYTHONPATH": str(Path.cwd())}


def over_stdio(home: Path) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=list(RUN), env=environment(home))


@contextmanager
def over_http(home: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, *RUN, "--http"],
        env=environment(home),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "listens on http://127.0.0.1:" in line, line
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


async def everything(client: Client) -> dict[str, Any]:
    answers: dict[str, Any] = {"tools": {tool.name for tool in (await client.list_tools()).tools}}
    for tool, arguments in (
        ("recall_search", {"query": "kayak price"}),
        ("recall_get", {"link": "notes/Lake.md#L5-L5", "around": 0}),
        ("recall_resume", {}),
        ("recall_open_loops", {}),
        ("recall_briefs", {}),
        ("recall_projects", {}),
        ("recall_health", {}),
        ("tasks_list", {}),
        ("propose_action", {"title": "rent the kayak", "due": "2026-05-02"}),
    ):
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, (tool, result.content)
        answers[tool] = result.structured_content
    return answers


def check(answers: dict[str, Any], home: Path) -> None:
    assert answers["tools"] == TOOLS
    hit = answers["recall_search"]["result"][0]
    assert "300 EUR" in hit["text"]
    assert hit["link"].startswith("memory/sessions/2026-02-03-boat.md#L10")
    assert answers["recall_get"]["text"] == "# The lake trip"
    assert "Do you want a roof rack too?" in answers["recall_resume"]["result"]
    texts = [loop["text"] for loop in answers["recall_open_loops"]["result"]]
    assert "measure the roof" in texts
    assert answers["recall_briefs"]["result"][0]["counts"] == {"ready": 1}
    assert answers["recall_projects"]["result"] == [
        {"title": "The lake trip", "path": "notes/Lake.md", "open_count": 1}
    ]
    assert answers["recall_health"]["pages"] == 3
    assert answers["tasks_list"]["result"] == []
    kept = [json.loads(line) for line in (home / "proposals.jsonl").read_text().splitlines()]
    assert [(each["title"], each["due"]) for each in kept] == [("rent the kayak", "2026-05-02")]
    assert kept[0]["id"] == answers["propose_action"]["proposal_id"]


def test_a_program_recalls_over_standard_input_and_output(home: Path) -> None:
    check(ask(over_stdio(home), everything), home)


def test_a_program_recalls_over_loopback_http(home: Path) -> None:
    with over_http(home) as address:
        check(ask(address, everything), home)


def test_a_web_page_cannot_reach_the_loopback_server() -> None:
    checks = loopback_names("127.0.0.1", 4711)
    assert checks.enable_dns_rebinding_protection
    assert "evil.example:4711" not in checks.allowed_hosts
    assert checks.allowed_origins == [
        "http://127.0.0.1:4711",
        "http://localhost:4711",
        "http://[::1]:4711",
    ]


class Silent:
    """A recall port that has nothing, so that a test can watch the other tools."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


def test_a_proposal_is_handed_on_and_a_task_list_is_only_read() -> None:
    kept: list[Proposed] = []

    def propose(proposed: Proposed) -> str:
        kept.append(proposed)
        return "p1"

    tasks = [TaskSeen("t1", "call Bo", date(2026, 3, 1), "Home")]
    server = build_server(Silent(), lambda: tasks, propose)
    assert called(server, "tasks_list")[0]["title"] == "call Bo"
    receipt = called(server, "propose_action", title="  buy\n rope ", notes="10 m")
    assert receipt["proposal_id"] == "p1"
    assert kept == [Proposed("buy rope", "10 m", None)]
    assert len(tasks) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"title": "  "}, "a proposal needs a title"),
        ({"title": "x" * 1_025}, "1,025 characters"),
    ],
)
def test_a_bad_proposal_is_refused_in_one_sentence(arguments: dict[str, str], said: str) -> None:
    server = build_server(Silent(), list, lambda _: "never")

    async def question(client: Client) -> Any:
        return await client.call_tool("propose_action", arguments)

    result = ask(server, question)
    assert result.is_error
    assert said.replace(",", "") in result.content[0].text.replace(",", "")


def test_a_link_out_of_the_folder_is_refused_and_a_missing_page_says_so(home: Path) -> None:
    async def question(client: Client) -> list[Any]:
        return [
            await client.call_tool("recall_get", {"link": link})
            for link in ("../secret.md#L1-L2", "notes/None.md#L1-L2")
        ]

    outside, missing = ask(over_stdio(home), question)
    assert outside.is_error
    assert "secret" in outside.content[0].text
    assert missing.is_error
    assert "does not exist" in missing.content[0].text
