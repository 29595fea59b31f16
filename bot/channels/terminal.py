"""Talk in a terminal: lines in, replies out. The only module that knows prompt_toolkit and Rich's
console."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from bot.channels import Desk
from bot.mailbox import Incoming, Letter, Reply

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

CHANNEL, CHAT = "terminal", "me"
LOOK_SECONDS = 1.0
LINE_BREAK = "\\n"


class Terminal:
    """One person at one terminal."""

    def __init__(
        self, desk: Desk, *, now: Callable[[], datetime], new_id: Callable[[], str], styled: bool
    ) -> None:
        self._desk, self._now, self._new_id, self._styled = desk, now, new_id, styled
        self._console = Console(highlight=False, soft_wrap=not styled)
        self._pressable: dict[str, str] = {}

    def say(self, text: str) -> None:
        """Have one line answered, the words of a button being that button; show what is to show."""
        code = self._pressable.get(pressed_as(text))
        if code is not None:
            self._pressable = {}  # a second yes is no answer to the same question
        key = f"terminal:{self._new_id()}"
        message = Incoming(key, CHANNEL, CHAT, text, self._now(), button=code)
        self._desk.hear(message)
        self._desk.work()
        self.show()

    def show(self) -> None:
        """Print the letters that wait for this terminal."""
        for letter in self._desk.collect(CHANNEL):
            self._print(letter)
            self._desk.delivered(letter, f"terminal:{letter.number}")

    def settle(self) -> None:
        """Show again what a crash may have kept from the screen: twice is better than never."""
        for letter in self._desk.interrupted(CHANNEL):
            self._desk.not_delivered(letter, after_seconds=0, reason="cut off while printing")

    def serve_lines(self, lines: Iterable[str]) -> None:
        """Answer one message a line, `\\n` inside a line being a line break, until they end."""
        self.settle()
        self.show()
        for line in lines:
            if line.strip():
                self.say(line.rstrip("\r\n").replace(LINE_BREAK, "\n"))

    def serve(self, history: Path, commands: Sequence[str], greeting: str) -> None:
        """Chat until the person leaves (Ctrl-D, Ctrl-C twice); unasked messages come in between."""
        # Late: the line editor is slow to load and not needed where lines are piped in.
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory
        from prompt_toolkit.patch_stdout import patch_stdout

        prompt: PromptSession[str] = PromptSession(
            history=FileHistory(str(history)),
            completer=WordCompleter([f"/{name}" for name in commands], sentence=True),
            complete_while_typing=False,
        )
        self.settle()
        self._console.print(Text(greeting, style="dim"))
        stop = Event()
        with patch_stdout(raw=True):
            watcher = Thread(target=self._watch, args=(stop,), daemon=True)
            watcher.start()
            try:
                self._converse(prompt)
            finally:
                stop.set()
                watcher.join(timeout=2 * LOOK_SECONDS)

    def _converse(self, prompt: PromptSession[str]) -> None:
        while True:
            try:
                line = prompt.prompt("› ")
            except (EOFError, KeyboardInterrupt):
                return
            if line.strip():
                self.say(line)

    def _watch(self, stop: Event) -> None:
        while not stop.wait(LOOK_SECONDS):
            self.show()

    def _print(self, letter: Letter) -> None:
        rows = button_lines(letter.reply)
        if rows:
            self._pressable = pressable(letter.reply)
        if not self._styled:
            sys.stdout.write("\n".join([letter.reply.text, *rows]) + "\n")
            sys.stdout.flush()
            return
        self._console.print(Text(letter.reply.text, style="cyan"))
        for row in rows:
            self._console.print(Text(row, style="dim"))


def button_lines(reply: Reply) -> list[str]:
    """Write buttons as what may be typed, a row a line; undo can be typed any time."""
    labels = [[button.label for button in row if button.label != "Undo"] for row in reply.buttons]
    return ["  " + "  ".join(f"[{label}]" for label in row) for row in labels if row]


def pressable(reply: Reply) -> dict[str, str]:
    """Give what may be typed to press the buttons of a reply: a label, or its yes or no.

    A label that stands below two tasks presses neither: nobody could tell which one is meant.
    """
    buttons = [button for row in reply.buttons for button in row if button.label != "Undo"]
    times = Counter(pressed_as(button.label) for button in buttons)
    typed = {
        label: button.code for button in buttons if times[label := pressed_as(button.label)] == 1
    }
    for button in buttons:
        first = pressed_as(button.label.partition(",")[0])
        if first in ("yes", "no"):
            typed.setdefault(first, button.code)
    return typed


def pressed_as(text: str) -> str:
    """Bring what was typed and what a button says to one form."""
    return text.strip(" []").casefold()
