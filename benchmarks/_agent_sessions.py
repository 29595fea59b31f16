"""Writing coding-agent sessions whose topic borders are known, by laying short ones end to end.

Each job below is a short session: what is asked, how it goes on, how it ends. The same seed writes
the same bytes. Borders are not decorated: most have no long silence, no new folder and no opener
word, and silences, commits and thanks also fall inside jobs.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks._agent_jobs import Job, shipped_jobs

EPOCH = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
EMPTY_FOLLOW_UPS = (
    "continue", "yes, do that", "go on", "ok", "looks good, keep going", "run the tests again",
    "hmm, that still fails", "try again", "can you double check that?", "why did that happen?",
    "show me the diff", "no, revert that last bit", "yes please", "what's left here?",
    "great, thanks. and the edge case?", "also fix the lint warnings there",
)  # fmt: skip
ENDINGS = ("commit", "commit", "tests", "thanks", "trailing off", "blocked", "later", "question")
# Files that any job may touch, so that shared files alone do not give a border away.
EVERYBODYS_FILES = ("README.md", "pyproject.toml", "src/app.py", "tests/conftest.py")
FILLERS = ("Grep", "Read", "Bash", "Read", "Glob")


@dataclass(frozen=True)
class Written:
    """A transcript and the truth about it: source lines of the turns that open a new job."""

    dialect: str
    text: str
    opening_lines: tuple[int, ...]
    turn_lines: tuple[int, ...]
    endings: tuple[str, ...]
    open_questions: tuple[str, ...]


@dataclass
class _Writing:
    rng: random.Random
    dialect: str
    at: datetime = EPOCH
    cwd: str = "/home/ana/work"
    branch: str = "main"
    lines: list[str] = field(default_factory=list)
    openings: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    open_questions: list[str] = field(default_factory=list)
    calls: int = 0

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def written_sessions(count: int, seed: int = 4) -> Iterator[Written]:
    """Write `count` transcripts, Claude Code and Codex in turn, 4 to 6 jobs in each."""
    for index in range(count):
        yield written_session(random.Random(f"{seed}/{index}"), ("claude-code", "codex")[index % 2])


def written_session(rng: random.Random, dialect: str) -> Written:
    """Write one transcript of 4 to 6 different jobs."""
    writing = _Writing(rng, dialect)
    _head(writing)
    for number, job in enumerate(rng.sample(shipped_jobs(), rng.randint(4, 6))):
        if number:
            _between(writing)
        _do(writing, job)
    return Written(
        dialect,
        "\n".join(writing.lines) + "\n",
        tuple(writing.openings[1:]),
        tuple(writing.turns),
        tuple(writing.endings),
        tuple(writing.open_questions),
    )


def _head(writing: _Writing) -> None:
    if writing.dialect == "codex":
        meta = {"id": "01a", "cwd": writing.cwd, "git": {"branch": writing.branch}}
        _row(writing, {"type": "session_meta", "payload": meta})


def _between(writing: _Writing) -> None:
    """Most borders look like any other pause between two turns."""
    rng = writing.rng
    writing.later(rng.choice((40, 90, 240, 600, 2_400, 7_200)))
    if rng.random() < 0.2:
        writing.cwd = f"/home/ana/code/{rng.choice(('api', 'web', 'infra', 'docs'))}"
    if rng.random() < 0.2:
        writing.branch = rng.choice(("main", "fix/late", "feat/next", "chore/deps"))


def _do(writing: _Writing, job: Job) -> None:
    rng = writing.rng
    writing.openings.append(len(writing.lines) + 1)
    _human(writing, _opening(rng, job))
    _work(writing, job, rng.randint(3, 6))
    for follow_up in rng.sample(job.follow_ups, rng.randint(1, len(job.follow_ups))):
        _pause(writing)
        _human(writing, follow_up)
        _work(writing, job, rng.randint(2, 5))
        if rng.random() < 0.35:
            _pause(writing)
            _human(writing, rng.choice(EMPTY_FOLLOW_UPS))
            _work(writing, job, rng.randint(1, 3))
    _end(writing, job, rng.choice(ENDINGS))


def _opening(rng: random.Random, job: Job) -> str:
    lead = rng.choice(("", "", "", "", "ok, next: ", "now ", "thanks! ", "hey, ", "separately, "))
    return lead + rng.choice(job.asked)


def _pause(writing: _Writing) -> None:
    rng = writing.rng
    writing.later(2_500 if rng.random() < 0.08 else rng.randint(20, 400))


def _work(writing: _Writing, job: Job, steps: int) -> None:
    rng = writing.rng
    if rng.random() < 0.5:
        _reply(writing, rng.choice(job.thinking))
    for _ in range(steps):
        _filler(writing, job)
    _tool(writing, "Edit", _a_file(rng, job), "The file has been updated.")
    if rng.random() < 0.4:
        passed = rng.randint(3, 90)
        failed = rng.random() < 0.2
        tail = f"{int(failed)} failed, {passed} passed in 2.1s" if failed else f"{passed} passed"
        _tool(writing, "Bash", "python -m pytest -q", f"....\n{tail}", failed=failed)
    if rng.random() < 0.08:
        _commit(writing, rng.choice(job.commits))
    _reply(writing, rng.choice(job.said))


def _a_file(rng: random.Random, job: Job) -> str:
    return rng.choice(EVERYBODYS_FILES if rng.random() < 0.2 else job.files)


def _filler(writing: _Writing, job: Job) -> None:
    rng = writing.rng
    tool, path = rng.choice(FILLERS), _a_file(rng, job)
    wanted = {"Grep": rng.choice(job.nouns), "Glob": "**/*.py", "Bash": f"sed -n 1,80p {path}"}
    _tool(writing, tool, wanted.get(tool, path), f"1: {rng.choice(job.nouns)}")


def _end(writing: _Writing, job: Job, ending: str) -> None:
    writing.endings.append(ending)
    _pause(writing)
    match ending:
        case "commit":
            _human(writing, writing.rng.choice(("commit this", "ship it", "nice, commit please")))
            _commit(writing, writing.rng.choice(job.commits))
            _reply(writing, "Committed.")
        case "tests":
            _human(writing, "run the whole suite once more")
            _tool(writing, "Bash", "python -m pytest -q", "112 passed in 9.8s")
            _reply(writing, "All 112 tests pass.")
        case "thanks":
            _human(writing, writing.rng.choice(("perfect, thanks", "works now, thank you!")))
            _reply(writing, "You're welcome.")
        case "blocked":
            _human(writing, f"does the {job.nouns[0]} run on staging?")
            refused = "Error: 403 permission denied for staging"
            _tool(writing, "Bash", "ssh staging true", refused, failed=True)
            _reply(writing, "I can't reach staging: we are blocked by the missing permission.")
        case "later":
            _human(writing, f"let's leave the {job.nouns[-1]} for later, after the release")
            _reply(writing, "Understood, I stop here.")
        case "question":
            question = f"Should the {job.nouns[0]} also cover the {job.nouns[1]}?"
            writing.open_questions.append(question)
            _human(writing, f"summarise where the {job.nouns[0]} stands")
            _reply(writing, f"{job.said[0]}\n\n{question}")


def _commit(writing: _Writing, subject: str) -> None:
    sha = f"{writing.rng.getrandbits(28):07x}"
    result = f"[{writing.branch} {sha}] {subject}\n 2 files changed"
    _tool(writing, "Bash", f'git add -A && git commit -m "{subject}"', result)


def _human(writing: _Writing, text: str) -> None:
    writing.turns.append(len(writing.lines) + 1)
    if writing.dialect == "codex":
        _codex_message(writing, "user", "input_text", text)
    else:
        message = {"role": "user", "content": text}
        _row(writing, {"type": "user", "uuid": f"u{len(writing.lines)}", "message": message})


def _reply(writing: _Writing, text: str) -> None:
    writing.later(8)
    if writing.dialect == "codex":
        _codex_message(writing, "assistant", "output_text", text)
    else:
        _claude_assistant(writing, {"type": "text", "text": text})


def _tool(writing: _Writing, tool: str, request: str, result: str, *, failed: bool = False) -> None:
    writing.later(5)
    writing.calls += 1
    if writing.dialect == "codex":
        _codex_tool(writing, tool, request, result, failed=failed)
    else:
        _claude_tool(writing, tool, request, result, failed=failed)


def _claude_tool(writing: _Writing, tool: str, request: str, result: str, *, failed: bool) -> None:
    call = f"toolu_{writing.calls:04}"
    key = {"Bash": "command", "Grep": "pattern", "Glob": "pattern"}.get(tool, "file_path")
    use = {"type": "tool_use", "id": call, "name": tool, "input": {key: request}}
    _claude_assistant(writing, use)
    content = [{"type": "tool_result", "tool_use_id": call, "content": result, "is_error": failed}]
    _row(writing, {"type": "user", "message": {"role": "user", "content": content}})


def _claude_assistant(writing: _Writing, block: dict[str, object]) -> None:
    message = {"role": "assistant", "content": [block]}
    _row(writing, {"type": "assistant", "uuid": f"a{len(writing.lines)}", "message": message})


def _codex_message(writing: _Writing, role: str, kind: str, text: str) -> None:
    content = [{"type": kind, "text": text}]
    payload = {"type": "message", "role": role, "content": content}
    _row(writing, {"type": "response_item", "payload": payload})


def _codex_tool(writing: _Writing, tool: str, request: str, result: str, *, failed: bool) -> None:
    call = f"call_{writing.calls:04}"
    script = request
    if tool == "Edit":
        script = f"apply_patch <<'X'\n*** Begin Patch\n*** Update File: {request}\n*** End Patch\nX"
    elif tool in {"Read", "Grep", "Glob"}:
        script = {"Read": f"cat {request}", "Grep": f"rg {request}"}.get(tool, f"ls {request}")
    arguments = json.dumps({"command": ["bash", "-lc", script], "workdir": writing.cwd})
    payload = {"type": "function_call", "name": "shell", "arguments": arguments, "call_id": call}
    _row(writing, {"type": "response_item", "payload": payload})
    output = json.dumps({"output": result, "metadata": {"exit_code": int(failed)}})
    answer = {"type": "function_call_output", "call_id": call, "output": output}
    _row(writing, {"type": "response_item", "payload": answer})


def _row(writing: _Writing, row: dict[str, object]) -> None:
    stamp = writing.at.isoformat().replace("+00:00", "Z")
    where: dict[str, object] = {"timestamp": stamp}
    if writing.dialect == "claude-code":
        where |= {"sessionId": "s1", "cwd": writing.cwd, "gitBranch": writing.branch}
    writing.lines.append(json.dumps(where | row))
