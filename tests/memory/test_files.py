"""What a crash or the person's own saving can do to a write: nothing."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from memory import LineNotFound, MemoryReader, Vault
from memory.merging import merge
from memory.sessions import SessionLog
from memory.writes import MemoryWriter

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SAID = {"author": "Ana", "source": "telegram:12/7"}

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count syncs and skip them: they guard against power cuts, a kill loses nothing without."""
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    return calls


def writer_for(folder: Path, step: Callable[[str], None] = lambda _: None) -> MemoryWriter:
    return MemoryWriter(Vault(folder), now=lambda: NOW, timezone=UTC_ZONE, step=step)


def log_for(folder: Path, step: Callable[[str], None] = lambda _: None) -> SessionLog:
    return SessionLog(Vault(folder), now=lambda: NOW, timezone=UTC_ZONE, step=step)


def killed_at(number: int, work: Callable[[Callable[[str], None]], None]) -> bool:
    """Do the work in a child killed (SIGKILL) at its n-th step; False when it got through."""
    child = os.fork()
    if child == 0:
        taken = [0]

        def step(_: str) -> None:
            taken[0] += 1
            if taken[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            work(step)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_any_step_a_page_is_the_old_or_the_new_one_and_the_repeat_adds_one_line(tmp_path):
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        page = folder / "MEMORY.md"
        page.write_text("# Mine\n\n- tea\n")
        killed = killed_at(
            number,
            lambda step, at=folder: writer_for(at, step).remember("runs", **SAID, block="m1"),
        )
        text = page.read_text()
        assert text == "# Mine\n\n- tea\n" or text.count("- runs %%tb") == 1
        again = writer_for(folder)
        again.recover()
        again.remember("runs", **SAID, block="m1")
        assert page.read_text().count("- runs %%tb") == 1
        assert page.read_text().startswith("# Mine\n\n- tea\n")
        assert [path.name for path in folder.iterdir() if path.name.endswith(".new")] == []
        if not killed:
            break
    assert number > 6


def test_killed_at_any_step_a_first_log_line_is_there_once(tmp_path):
    number = 0
    killed = True
    while killed:
        number += 1
        folder = tmp_path / str(number)
        killed = killed_at(
            number, lambda step, at=folder: writer_for(at, step).log("ran", **SAID, block="m1")
        )
        writer_for(folder).log("ran", **SAID, block="m1")
        logged = MemoryReader(Vault(folder)).day(NOW.date())
        assert logged is not None
        assert [line.text for line in logged.lines] == ["12:00 ran"]
    assert number > 5


def test_killed_at_any_step_of_an_archive_there_is_one_archive_with_every_turn(tmp_path):
    number = 0
    killed = True
    while killed:
        number += 1
        folder = tmp_path / str(number)
        log = log_for(folder)
        log.begin("s", key="k", source="web")
        for turn in range(3):
            log.append("s", "user", f"turn {turn}", at=NOW, message_id=str(turn))
        killed = killed_at(number, lambda step, at=folder: log_for(at, step).archive("s", "idle"))
        restarted = log_for(folder)
        for session in restarted.unarchived():
            restarted.archive(session.session_id, "idle")
        ((_, archive),) = MemoryReader(Vault(folder)).sessions()
        assert [turn.text for turn in archive.turns] == ["turn 0", "turn 1", "turn 2"]


def test_a_turn_cut_at_any_byte_costs_only_itself_and_is_taken_again(tmp_path):
    log = log_for(tmp_path)
    log.begin("s", key="k", source="web")
    log.append("s", "user", "première", at=NOW, message_id="1")
    sidecar = tmp_path / ".touchbase/sessions/s.jsonl"
    before = len(sidecar.read_bytes())
    log.append("s", "user", "deuxième 😀", at=NOW, message_id="2")
    whole = sidecar.read_bytes()
    for cut in range(before, len(whole) + 1):
        sidecar.write_bytes(whole[:cut])
        restarted = log_for(tmp_path)
        assert restarted.turns("s")[0].text == "première"
        restarted.append("s", "user", "deuxième 😀", at=NOW, message_id="2")
        restarted.append("s", "user", "troisième", at=NOW, message_id="3")
        told = [turn.text for turn in log_for(tmp_path).turns("s")]
        assert told == ["première", "deuxième 😀", "troisième"]


def test_every_write_is_synced_with_its_folder(tmp_path, synced):
    writer_for(tmp_path).remember("x", **SAID, block="m1")
    assert len(synced) == 2
    writer_for(tmp_path).remember("y", **SAID, block="m2")
    assert len(synced) == 4


class Person:
    """Edits MEMORY.md by hand at random moments, in place or by renaming, as editors do."""

    def __init__(self, page: Path, rng: random.Random) -> None:
        self.page, self.rng = page, rng
        self.written: set[str] = set()
        self.count = 0

    def maybe(self, _: str) -> None:
        if self.rng.random() < 0.3:
            self.edit()

    def edit(self) -> None:
        text = self.page.read_bytes().decode() if self.page.exists() else ""
        lines = text.splitlines(keepends=True)
        mine = [line for line in lines if line.startswith("- mine ")]
        if mine and self.rng.random() < 0.2:
            gone = self.rng.choice(mine)
            self.written.discard(gone.strip())
            lines.remove(gone)
        else:
            self.count += 1
            line = f"- mine {self.count}"
            self.written.add(line)
            at = self.rng.randint(0, len(lines))
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            lines.insert(at, f"{line}\n")
        self.save("".join(lines).encode())

    def save(self, raw: bytes) -> None:
        if self.rng.random() < 0.5:
            self.page.write_bytes(raw)
        else:
            beside = self.page.with_name("editor.tmp")
            beside.write_bytes(raw)
            beside.replace(self.page)


def interleave(folder: Path, seed: int) -> None:
    folder.mkdir()
    rng = random.Random(seed)
    person = Person(folder / "MEMORY.md", rng)
    writer = writer_for(folder, person.maybe)
    ours: set[str] = set()
    for number in range(rng.randint(1, 3)):
        if ours and rng.random() < 0.3:
            gone = ours.pop()
            writer.forget(gone)
        else:
            block = f"b{number}"
            writer.remember(f"ours {block}", **SAID, block=block)
            ours.add(block)
    text = (folder / "MEMORY.md").read_text()
    lines = [line.strip() for line in text.splitlines()]
    assert {line for line in lines if line.startswith("- mine")} == person.written, seed
    assert all(lines.count(line) == 1 for line in person.written), seed
    assert {line.rsplit("^", 1)[1] for line in lines if "%%tb author" in line} == ours, seed
    assert [path.name for path in folder.iterdir()] == ["MEMORY.md"], seed


def test_the_persons_edits_and_ours_interleave_without_a_loss(tmp_path):
    for seed in range(60):
        interleave(tmp_path / str(seed), seed)


@pytest.mark.soak
def test_ten_thousand_interleavings_lose_nothing(tmp_path):
    for seed in range(10_000):
        interleave(tmp_path / str(seed), seed)


@pytest.mark.soak
def test_turns_told_to_be_written_survive_a_hundred_kills(tmp_path):
    rng = random.Random(1)
    for number in range(100):
        folder = tmp_path / str(number)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            log = log_for(folder)
            log.begin("s", key="k", source="web")
            for turn in range(10_000):
                log.append("s", "user", f"turn {turn} " + "x" * 300, at=NOW, message_id=str(turn))
                os.write(writing, b".")
            os._exit(0)
        os.close(writing)
        while len(told := os.read(reading, 1)) < 1:
            pass
        acknowledged = len(told)
        for _ in range(rng.randint(0, 200)):
            acknowledged += len(os.read(reading, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while chunk := os.read(reading, 65_536):
            acknowledged += len(chunk)
        os.close(reading)
        assert len(log_for(folder).turns("s")) >= acknowledged


def test_forgetting_a_line_that_the_person_took_out_is_refused(tmp_path):
    writer = writer_for(tmp_path)
    writer.remember("x", **SAID, block="m1")
    (tmp_path / "MEMORY.md").write_text("nothing left\n")
    with pytest.raises(LineNotFound):
        writer.forget("m1")


def test_merging_keeps_what_both_added_and_drops_what_either_took_out():
    base = "a\r\nb\r\nc"
    assert merge(base, "a\r\nb\r\nc\r\nours", "new\r\na\r\nc") == "new\r\na\r\nc\r\nours"


def test_a_crashed_writes_leftover_is_put_aside_and_named(tmp_path):
    (tmp_path / ".MEMORY.md.123.new").write_text("half")
    assert writer_for(tmp_path).recover() == (".touchbase/left-behind/.MEMORY.md.123.new",)
    assert writer_for(tmp_path).recover() == ()
