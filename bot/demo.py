"""An evening and the next morning, played through the real application on a moved clock.

Nothing is staged but the clock and what the person types: the list, the notes, the slots, the
lab's questions and the grades are the product's own.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app import App, build
from bot.channels.terminal import button_lines
from bot.logs import log_to
from bot.mailbox import Incoming, Letter
from bot.settings import read_settings

ZONE = "Europe/Vienna"
EVENING = datetime(2026, 3, 4, 17, 30, tzinfo=ZoneInfo(ZONE))
SEED = 7
STEP = timedelta(minutes=5)


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        """Give the moment, aware, in UTC."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Move on to a moment."""
        self._at = at.astimezone(UTC)


@dataclass(frozen=True)
class Stage:
    """The application, its clock, and where the play is shown."""

    app: App
    clock: MovedClock
    console: Console

    def until(self, hour: int, minute: int, *, days: int = 0) -> None:
        """Let the clock run to a local time, beating every five minutes as it would alone."""
        to = (EVENING + timedelta(days=days)).replace(hour=hour, minute=minute)
        while self.clock() < to.astimezone(UTC):
            self.clock.move_to(min(self.clock() + STEP, to.astimezone(UTC)))
            self.app.tick()
            self.show()

    def type(self, text: str) -> None:
        """Say something as the person would."""
        self._line("you", Text(text, style="bold"))
        message = Incoming(f"demo:{self.app.new_id()}", "terminal", "me", text, self.clock())
        self.app.assistant.hear(message)
        self.app.assistant.work()
        self.show()

    def answer_right(self) -> None:
        """Answer the open study question as one who worked it out."""
        state = self.app.library.studies.current()
        part = self.app.library.studies.part(state.id) if state else None
        assert part is not None, "a study question is open"
        self.type(part.grade("").expected.replace(", ", " and "))

    def show(self) -> None:
        """Print what was said, as a person would see it."""
        for letter in self.app.assistant.collect("terminal"):
            self._print(letter)
            self.app.assistant.delivered(letter, f"demo:{letter.number}")

    def _print(self, letter: Letter) -> None:
        said = Text(letter.reply.text, style="cyan")
        for row in button_lines(letter.reply):
            said.append(f"\n{row.strip()}", style="dim")
        self._line("touchbase", said)

    def _line(self, who: str, said: Text) -> None:
        """Print one message beside its time and speaker, wrapped in a column of its own."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=9)
        grid.add_column(width=9)
        grid.add_column()
        grid.add_row(Text(self._time(), style="dim"), Text(who, style="dim"), said)
        self.console.print(grid)

    def _time(self) -> str:
        return f"{self.clock().astimezone(ZoneInfo(ZONE)):%a %H:%M}"


def play(home: Path | None = None, picture: Path | None = None) -> Path:
    """Play it, print it, and give the folder that holds the database and the files.

    `picture` takes what was printed as an SVG.
    """
    folder = home or Path(tempfile.mkdtemp(prefix="touchbase-demo-"))
    clock = MovedClock(EVENING)
    app = build(read_settings(folder, {"timezone": ZONE}), now=clock, seed=SEED)
    log_to(app.settings)
    console = Console(highlight=False, record=picture is not None)
    stage = Stage(app, clock, console)
    stage.console.print(Text("An evening and a morning, on a moved clock.\n", style="dim"))
    app.start()
    app.tick()
    evening(stage)
    morning(stage)
    app.close()
    if picture:
        # Without the fonts that Rich would have the reader's browser fetch from elsewhere.
        drawn = re.sub(
            r"@font-face \{.*?\}", "", console.export_svg(title="touchbase demo"), flags=re.S
        )
        picture.write_text(drawn, encoding="utf-8")
    stage.console.print(Text(f"\nThe database and the notes are in {folder}:", style="dim"))
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        if ".touchbase" not in file.parts and not file.name.endswith(("-wal", "-shm", ".lock")):
            stage.console.print(Text(f"  {file.relative_to(folder)}", style="dim"))
    return folder


def evening(stage: Stage) -> None:
    """Two tasks, a check-in, a study session, the question, and the end of the day."""
    stage.type("add send the quota report today")
    stage.type("add study gpu scheduler today")
    stage.until(18, 30)
    stage.until(19, 45)
    stage.type("done quota report")
    stage.type("add call the rack vendor tomorrow")
    stage.until(20, 0)
    stage.type("/study gpu scheduler")
    stage.answer_right()
    stage.answer_right()
    stage.type("yes, let's check it off, but add a NEW item 'study question: gpu scheduler'")
    stage.type("save this for tomorrow morning")
    stage.until(21, 30)


def morning(stage: Stage) -> None:
    """The briefing brings the saved question back."""
    stage.until(7, 15, days=1)
    stage.until(7, 20, days=1)
    stage.type("/study")
    stage.answer_right()
