"""Every file in tests/conversations is held, word for word: `>` is said, `<` is answered.

`= 21:30` moves the clock to the next such local time, beating every five minutes.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import heard

SCRIPTS = sorted(Path(__file__).parent.glob("conversations/*.chat"))


def test_there_are_conversations():
    assert SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_conversation(script, chat, app, clock):
    held = []
    for line in script.read_text(encoding="utf-8").splitlines():
        if line.startswith("<"):
            continue
        held.append(line)
        if line.startswith("> "):
            held += shown(chat(line[2:].replace("\\n", "\n")))
        if line.startswith("= "):
            held += shown(run_until(app, clock, line[2:]))
    assert "\n".join(held) + "\n" == script.read_text(encoding="utf-8")


def shown(said: list[str]) -> list[str]:
    return [f"< {line}".rstrip() for text in said for line in text.split("\n")]


def run_until(app, clock, wanted: str) -> list[str]:
    said = []
    while True:
        clock.on(minutes=5)
        app.tick()
        said += heard(app)
        if f"{clock():%H:%M}" == wanted:
            return said
        assert clock() - timedelta(days=2) < clock(), "the time named is never reached"
