"""What the documents name exists: files, tests, commands, settings of the lint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from bot.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE_LATER = {"docs/tapes"}  # by `make gpu`, where there is a GPU
COMMANDS = typer.main.get_command(app)


def command_words(page: str) -> list[list[str]]:
    """Find `touchbase …` in code, alternatives such as `list|add` taken apart."""
    code = re.findall(r"`(touchbase [^`\n]+)`", page)
    for block in re.findall(r"```[a-z]*\n(.*?)```", page, flags=re.S):
        code += re.findall(r"^(?:\$ )?(touchbase .+)$", block, flags=re.M)
    found = []
    for line in code:
        words = re.split(r"\s+", line.replace("\\|", "|").split("#")[0].strip())[1:]
        found += spread(words)
    return found


def spread(words: list[str]) -> list[list[str]]:
    """Turn `tasks list|add` into one command each."""
    for place, word in enumerate(words):
        if "|" in word and not word.startswith("-"):
            return [[*words[:place], each] for each in word.split("|")]
    return [words]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page):
    for words in command_words(page.read_text(encoding="utf-8")):
        here = COMMANDS
        for word in words:
            if not hasattr(here, "commands") or word.startswith(("-", "…", "<", "NAME", "...")):
                break
            if not re.fullmatch(r"[a-z-]+", word):
                break
            assert word in here.commands, f"{page.name}: touchbase {' '.join(words)}"
            here = here.commands[word]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_that_a_page_links_or_names_exists(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (page.parent / link).exists(), f"{page.name} links {link}"
    for name in re.findall(
        r"`((?:bot|tests|docs|benchmarks|tasks_sync|memory|heartbeat|gpu_lab)/[\w./*-]+)", text
    ):
        path = name.rstrip("./")
        assert path in MADE_LATER or list(ROOT.glob(path)), f"{page.name} names {path}"


def test_every_test_that_the_architecture_names_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tests = "\n".join(each.read_text(encoding="utf-8") for each in (ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"\b(test_[a-z_]{12,})`", text))
    assert named
    for name in named - {"test_contracts"}:
        assert f"def {name}(" in tests, name


def test_the_tree_in_the_readme_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```\n(.*?)```", text, flags=re.S) if "bot/  " in b)
    parent = ROOT
    for line in block.strip().splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            parent = ROOT / name
            assert parent.exists(), name
        elif re.match(r"^  [a-z]", line):
            assert (parent / name).exists(), name
