"""Each import contract is broken on purpose in a copy of the tree and seen to be caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "heartbeat", "tasks_sync", "memory", "gpu_lab")

# contract id: (the module that breaks it, the line it adds)
BREACHES = {
    "layers": ("heartbeat/said.py", "from bot import actions as _breach"),
    "bot-layers": ("bot/actions.py", "from bot import door as _breach"),
    "one-door": ("bot/channels/terminal.py", "from tasks_sync import writes as _breach"),
    "pure": ("bot/conversation/dates.py", "import socket as _breach"),
    "telegram": ("bot/assistant.py", "import telegram as _breach"),
    "google": ("bot/library.py", "import googleapiclient as _breach"),
    "apscheduler": ("heartbeat/slots.py", "import apscheduler as _breach"),
    "pynvml": ("gpu_lab/study/lessons.py", "import pynvml as _breach"),
    "mcp": ("memory/recall.py", "import mcp as _breach"),
    "prompt-toolkit": ("bot/serve.py", "import prompt_toolkit as _breach"),
    "no-cycles": ("gpu_lab/study/grading.py", "from gpu_lab.study import lessons as _breach"),
}


def contract_ids() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def check(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Hold the tree in a folder against contracts; status 0 when all are kept."""
    named = [word for contract in contracts for word in ("--contract", contract)]
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", lint, "--no-logo", *named],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_every_contract_has_its_breach():
    assert set(BREACHES) == contract_ids()


def test_the_tree_keeps_every_contract(copy):
    done = check(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("contract", sorted(BREACHES))
def test_a_breach_is_caught(copy, contract):
    name, line = BREACHES[contract]
    file = copy / name
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n{line}\n", encoding="utf-8")
    try:
        done = check(copy, contract)
    finally:
        file.write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
