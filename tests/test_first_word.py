"""What the assistant says first, through the whole application on a moved clock."""

from __future__ import annotations

from datetime import timedelta

from bot.condition import examine
from tests.conftest import heard, talk, titles


def run_to(app, clock, hours: float, step: int = 5) -> list[str]:
    said = []
    for _ in range(int(hours * 60 / step)):
        clock.on(minutes=step)
        app.tick()
        said += heard(app)
    return said


def test_two_days_with_nothing_due_are_silent_and_every_slot_has_its_reason(app, clock):
    assert run_to(app, clock, 48) == []
    page = talk(app, "/why")[0]
    assert "not said" in page
    assert "briefing" in page


def test_an_idle_session_ends_by_itself_and_is_archived(app, clock, home):
    talk(app, "add call the lab")
    run_to(app, clock, 5)
    archives = list((home / "vault" / "memory" / "sessions").glob("2026-03-02-*.md"))
    assert len(archives) == 1
    assert app.library.sitting() is None


def test_a_question_that_nobody_waits_for_is_not_put_at_night(app, clock):
    clock.on(hours=14)  # 23:00
    talk(app, "add call the rack vendor")
    talk(app, "I called the rack vendor today")
    said = run_to(app, clock, 7)  # the session ends idle at three in the morning
    assert said == []
    said = run_to(app, clock, 2)
    assert any("Shall I check off “call the rack vendor”?" in text for text in said)
    assert titles(app) == ["call the rack vendor"]


def test_the_evening_offers_what_lasts_and_only_a_tap_keeps_it(app, clock, home):
    talk(app, "add buy milk today")
    talk(app, "my locker code is 4711 and it never changes")
    talk(app, "/new")
    said = run_to(app, clock, 12.6)
    offered = next(text for text in said if "Worth remembering?" in text)
    assert "my locker code is 4711" in offered
    memory = home / "vault" / "MEMORY.md"
    assert not memory.exists() or "4711" not in memory.read_text(encoding="utf-8")
    offer = app.library.offers()[0]
    talk(app, "Keep", button=f"propose:{offer.id}")
    talk(app, "Keep", button=f"propose:{offer.id}")
    assert memory.read_text(encoding="utf-8").count("4711") == 1
    talk(app, "undo")
    assert "4711" not in memory.read_text(encoding="utf-8")


def test_standing_lines_of_heartbeat_md_are_brought_up(app, clock, home):
    (home / "vault").mkdir(exist_ok=True)
    (home / "vault" / "HEARTBEAT.md").write_text("# Look at\n- [ ] the backup log\n")
    assert any("the backup log" in text for text in run_to(app, clock, 12))


PERIODIC = """tasks:
- name: plants
  interval: 2d
  prompt: "Do the plants need water?"
- name: broken
  interval: soon
  prompt: x
"""


def heartbeat_file(home, text: str) -> None:
    (home / "vault").mkdir(exist_ok=True)
    (home / "vault" / "HEARTBEAT.md").write_text(text, encoding="utf-8")


def days_of(app, clock, days: int, words: str) -> list[int]:
    """Live through days of one word each morning; give those on which some words were said."""
    found = []
    for day in range(days):
        talk(app, "list")
        if any(words in text for text in run_to(app, clock, 24, step=60)):
            found.append(day)
    return found


def test_a_periodic_line_is_brought_up_once_an_interval_even_across_restarts(start, clock, home):
    app = start()
    heartbeat_file(home, PERIODIC)
    assert days_of(app, clock, 3, "• Do the plants need water?") == [0, 2]
    assert days_of(start(), clock, 3, "• Do the plants need water?") == [1]


def test_a_line_that_cannot_be_understood_is_told_once_and_stays_in_doctor(app, clock, home):
    heartbeat_file(home, PERIODIC)
    assert days_of(app, clock, 4, "task 'broken' in HEARTBEAT.md: interval 'soon'") == [0]
    findings = [finding.says for finding in examine(app.settings) if finding.act]
    assert findings == ["task 'broken' in HEARTBEAT.md: interval 'soon' is not like 30m, 2h or 1d"]


def test_a_periodic_line_in_a_check_in_that_nobody_got_is_brought_up_at_the_next_one(
    app, clock, home
):
    heartbeat_file(home, PERIODIC)
    for _ in range(int(8.5 * 12)):
        clock.on(minutes=5)
        app.tick()
    said = heard(app) + run_to(app, clock, 19.6)
    assert sum("Do the plants need water?" in text for text in said) == 1


def test_in_the_quiet_hours_a_periodic_line_is_held(start, clock, home):
    app = start(checkins_at="23:00")
    heartbeat_file(home, PERIODIC)
    talk(app, "list")
    assert run_to(app, clock, 23) == []


def test_items_of_the_notes_list_become_notes_or_tasks_once(start, home):
    app = start(notes_list="Inbox")
    from bot.actions import AddList, AddTask

    made = app.door.do(AddList("Inbox"), key="l")
    inbox = made.facts.list_id
    app.door.do(AddTask("call the vendor about the PDU", list_id=inbox, notes="ext. 12"), key="a")
    app.door.do(
        AddTask("thoughts on bin packing", list_id=inbox, notes="first fit is fine"), key="b"
    )
    for _ in range(3):
        app.tick()
    open_tasks = {task.title: task.notes for task in app.library.tasks.open_tasks()}
    assert open_tasks == {"call the vendor about the PDU": "ext. 12"}
    notes = [path.name for path in (home / "vault" / "notes").glob("*.md")]
    assert notes == ["thoughts on bin packing.md"]


def test_a_messy_note_is_kept_word_for_word_and_its_actions_only_offered(app, home):
    raw = (
        "meeting with Ada about the rack move\n- we decided to use rack B7\n"
        "- I need to order new QSFP cables by friday\n- who signs off the downtime?"
    )
    said = talk(app, raw)[0]
    assert "Kept word for word in notes/" in said
    note = next((home / "vault" / "notes").glob("*.md")).read_text(encoding="utf-8")
    assert raw in note
    assert titles(app) == []
    offer = app.library.offers()[0]
    talk(app, "Add", button=f"propose:{offer.id}")
    task = app.library.tasks.open_tasks()[0]
    assert "QSFP cables" in task.title
    assert task.due == (app.now() + timedelta(days=4)).date()


def test_days_in_notes_are_written_in_the_form_of_the_setting(start, home):
    app = start(task_lines="dataview")
    talk(app, "notes from the meeting\n- call the vendor tomorrow about the PDU\n- " + "x " * 40)
    note = next((home / "vault" / "notes").glob("*.md")).read_text(encoding="utf-8")
    assert "[due:: 2026-03-03]" in note
    assert "📅" not in note


def test_the_notes_are_searched_with_their_place_and_nothing_found_is_said(app):
    talk(app, "remember that the rack key is with Ada")
    assert "MEMORY.md#L" in talk(app, "what did we say about the rack key")[0]
    assert "found nothing" in talk(app, "what did we say about zeppelins")[0]
