"""What the lab's texts tell a person to type can be typed: its verbs and its options exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import typer

from bot.cli import lab

ROOT = Path(__file__).resolve().parents[1]
VERB = r"(?:touchbase lab|`lab|: lab) (?P<verb>[a-z][a-z-]*)"
WORD = re.compile(rf"{VERB}|(?<![\w-])(?P<option>--[a-z][a-z-]*)")


def leaves(command: click.Command) -> Iterator[click.Command]:
    below = getattr(command, "commands", {})
    for one in below.values():
        yield from leaves(one)
    if not below:
        yield command


def options(command: click.Command) -> set[str]:
    return {
        word
        for leaf in leaves(command)
        for given in leaf.params
        for word in (*given.opts, *given.secondary_opts)
    }


COMMANDS = typer.main.get_command(lab.app).commands
OF_VERB = {name: options(command) for name, command in COMMANDS.items()}
OF_FILE: dict[str, set[str]] = {}
for each in COMMANDS.values():
    for verb in leaves(each):
        OF_FILE.setdefault(f"{verb.callback.__module__}.py", set()).update(options(verb))
ANY = set().union(*OF_VERB.values())


class Texts(ast.NodeVisitor):
    """The strings of a file, {} where one is filled in. Of docstrings an error's is one."""

    def __init__(self, source: str) -> None:
        self.found: list[str] = []
        self.visit(ast.parse(source))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.append(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        self.found.append("".join(parts))

    def visit_Module(self, node: ast.Module | ast.FunctionDef) -> None:
        if ast.get_docstring(node) is not None:
            node.body.pop(0)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit_Module(node)


def named(source: str) -> Iterator[tuple[str, str]]:
    """Give each word to type, with the verb that the same text names before it."""
    for text in Texts(source).found:
        verb = ""
        for found in WORD.finditer(text):
            verb = found["verb"] or verb
            yield verb, found["option"] or verb


def can_be_typed(word: str, verb: str, file: str) -> bool:
    if word == verb:
        return verb in OF_VERB
    return word in (OF_VERB.get(verb, set()) if verb else OF_FILE.get(file.replace("/", "."), ANY))


def files() -> Iterator[tuple[str, str]]:
    for path in (*ROOT.glob("gpu_lab/**/*.py"), *ROOT.glob("bot/cli/lab*.py")):
        yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def test_every_verb_and_option_that_a_text_of_the_lab_names_can_be_typed():
    missing = [
        f"{file}: {verb} {word}"
        for file, source in files()
        for verb, word in named(source)
        if not can_be_typed(word, verb, file)
    ]
    assert missing == []


def test_the_words_are_really_looked_for():
    words = {word for _, source in files() for _, word in named(source)}
    assert {"--reader", "--sequence", "--sim", "--column", "traces", "probe"} <= words
    source = '"""--a"""\nfail(f"`lab place` {b} --c")\nclass D(Exception):\n    """No --e."""'
    assert list(named(source)) == [("place", "place"), ("place", "--c"), ("", "--e")]
    assert not can_be_typed("--reader", "place", "gpu_lab/traces/read.py")
    assert not can_be_typed("--reader", "", "bot/cli/lab_place.py")
