from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from memory import NotAnArchive, SessionUnknown, Vault, read_archive
from memory.archives import parse
from memory.sessions import SessionLog

START = datetime(2026, 2, 3, 5, 13, 47, tzinfo=UTC)


def open_log(folder: Path) -> SessionLog:
    return SessionLog(Vault(folder), now=lambda: START, timezone=ZoneInfo("America/New_York"))


def say(log: SessionLog, *texts: str, session: str = "s1") -> None:
    log.begin(session, key="agent:main:main", source="telegram")
    for number, text in enumerate(texts):
        speaker = "user" if number % 2 == 0 else "assistant"
        at = START + timedelta(minutes=number)
        log.append(session, speaker, text, at=at, message_id=str(number))


def test_an_archive_has_exactly_this_form(tmp_path):
    log = open_log(tmp_path)
    say(log, "Plan the trip\nuser: to Rome\n\nsoon", "Fine.", "ok", "NO_REPLY", "/new")
    path = log.archive("s1", "new")

    assert path == tmp_path / "memory/sessions/2026-02-03-plan-the-trip-user-to-rome.md"
    assert path.read_text() == (
        "# Session: 2026-02-03 05:13:47 UTC\n"
        "\n"
        "- **Session Key**: agent:main:main\n"
        "- **Session ID**: s1\n"
        "- **Source**: telegram\n"
        "\n"
        "## Conversation Summary\n"
        "\n"
        "user: Plan the trip\n"
        "  user: to Rome\n"
        "\n"
        "  soon\n"
        "assistant: Fine.\n"
        "user: ok\n"
    )


def test_the_local_date_names_the_file(tmp_path):
    log = SessionLog(
        Vault(tmp_path),
        now=lambda: datetime(2026, 2, 3, 4, 0, tzinfo=UTC),
        timezone=ZoneInfo("America/New_York"),
    )
    log.begin("s", key="k", source="web")
    log.append("s", "user", "???", at=datetime(2026, 2, 3, 4, 1, tzinfo=UTC), message_id="1")
    path = log.archive("s", "daily")

    assert path is not None
    assert path.name == "2026-02-02-2300.md"


def test_archiving_twice_and_the_same_words_in_two_sessions(tmp_path):
    log = open_log(tmp_path)
    say(log, "Hello there")
    say(log, "Hello there", session="s2")
    first, again, second = (
        log.archive("s1", "idle"),
        log.archive("s1", "idle"),
        log.archive("s2", "idle"),
    )

    assert first is not None
    assert second is not None
    assert again is None
    assert (first.name, second.name) == ("2026-02-03-hello-there.md", "2026-02-03-hello-there-2.md")
    assert log.unarchived() == ()


def test_an_archive_cut_off_by_a_crash_is_not_written_twice(tmp_path):
    log = open_log(tmp_path)
    say(log, "Hello there")
    sidecar = tmp_path / ".touchbase/sessions/s1.jsonl"
    before = sidecar.read_bytes()
    log.archive("s1", "idle")
    sidecar.write_bytes(before)  # the crash came after the archive, before the mark

    restarted = open_log(tmp_path)
    assert [each.session_id for each in restarted.unarchived()] == ["s1"]
    restarted.archive("s1", "idle")
    assert len(list((tmp_path / "memory/sessions").iterdir())) == 1


def test_turns_outlive_a_restart_and_a_torn_last_line(tmp_path):
    say(open_log(tmp_path), "one", "two")
    sidecar = tmp_path / ".touchbase/sessions/s1.jsonl"
    with sidecar.open("ab") as torn:
        torn.write('{"type": "turn", "speaker": "user", "text": "dré'.encode()[:-1])

    log = open_log(tmp_path)
    log.append("s1", "user", "three", at=START, message_id="2")
    log.append("s1", "user", "three", at=START, message_id="2")
    assert [turn.text for turn in open_log(tmp_path).turns("s1")] == ["one", "two", "three"]


def test_turns_said_after_an_archive_go_into_the_next_one(tmp_path):
    log = open_log(tmp_path)
    say(log, "first part")
    log.archive("s1", "idle")
    log.append("s1", "user", "second part", at=START + timedelta(days=1), message_id="x")
    path = log.archive("s1", "daily")

    assert path is not None
    assert path.name == "2026-02-04-second-part.md"
    assert "first part" not in path.read_text()


def test_a_session_without_a_word_leaves_no_file(tmp_path):
    log = open_log(tmp_path)
    say(log, "/new")

    assert log.archive("s1", "new") is None
    assert log.unarchived() == ()
    assert not (tmp_path / "memory").exists()


def test_an_unknown_session_is_refused(tmp_path):
    with pytest.raises(SessionUnknown, match="no session zzz: begin it first"):
        open_log(tmp_path).append("zzz", "user", "x", at=START, message_id="1")


def test_a_session_id_cannot_lead_out_of_the_folder(tmp_path):
    log = open_log(tmp_path / "vault")
    say(log, "x", session="../../../evil:1")

    assert [path.name for path in tmp_path.iterdir()] == ["vault"]
    assert log.unarchived()[0].session_id == "../../../evil:1"


def test_what_was_written_reads_back(tmp_path):
    log = open_log(tmp_path)
    say(log, "a\nassistant: b\n\n\nNote: c", "d: e")
    path = log.archive("s1", "new")

    assert path is not None
    archive = read_archive(path)
    assert (archive.key, archive.session_id, archive.source) == (
        "agent:main:main",
        "s1",
        "telegram",
    )
    assert archive.started == START
    assert [(turn.speaker, turn.text) for turn in archive.turns] == [
        ("user", "a\nassistant: b\n\n\nNote: c"),
        ("assistant", "d: e"),
    ]
    assert (archive.turns[0].line0, archive.turns[0].line1) == (9, 13)


def test_header_only_archives_and_any_names_are_read():
    header = "# Session: 2026-02-03 05:13:47 UTC\r\n\r\n- **Session Key**: k\r\n"
    bare = parse(header)
    named = parse(
        header
        + "\r\n## Conversation Summary\r\n\r\nCaroline: Hi\r\nJon Snow: Hey [photo: a cat]\r\n"
    )

    assert bare is not None
    assert (bare.turns, bare.source) == ((), "unknown")
    assert named is not None
    assert [turn.speaker for turn in named.turns] == ["Caroline", "Jon Snow"]


def test_unindented_continuations_do_not_become_speakers():
    archive = parse(
        "# Session: 2026-02-03 05:13:47 UTC\n\n## Conversation Summary\n\n"
        "user: look\nplain line\nNote: this is mine\nassistant: yes\n"
    )
    assert archive is not None
    assert [turn.text for turn in archive.turns] == ["look\nplain line\nNote: this is mine", "yes"]


def test_another_page_is_not_an_archive(tmp_path):
    page = tmp_path / "x.md"
    page.write_text("# Session: 2026-99-03 05:13:47 UTC\n")
    with pytest.raises(NotAnArchive, match="its first line should read"):
        read_archive(page)
