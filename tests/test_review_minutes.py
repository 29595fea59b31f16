"""The minutes of a session quote it, say how each topic ended, and can be cut again at once."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks._agent_sessions import written_sessions
from bot.cli.memory_review import app
from memory.boundaries import shipped_weights
from memory.found import shipped_actions
from memory.resume import Resumption, resume_page, resumption
from memory.review import Grain, Quote, Review, Status, review, review_page
from memory.segments import cuttable, spans
from memory.transcripts import HumanTurn, Reply, ToolUse, Transcript, read_transcript

ACTIONS = shipped_actions()
# The one thing worded anew: how many tests passed and failed.
TALLY = re.compile(r"(?:\d+ failed, )?\d+ passed|tests passed")
HEAD = "# Session: 2026-02-03 19:13:47 UTC\n\n"
TALK = """user: hey, can you help me plan the trip to Lisbon in May?
assistant: Of course! Do you have dates in mind, and would you rather fly or take the train?
user: 14 to 19 May. fly, the train takes two days
assistant: Flights from Berlin on 14 May start at 89 EUR. Hotels in Alfama cost 95 EUR a night.
user: good. let's go with the morning flight. I'll book it tomorrow
assistant: Sounds good. You need to renew your passport before May. Should I remind you?
user: yes please, on Monday
assistant: I'll remind you on Monday about the passport.
user: ok different topic. how do I explain k-fold cross validation to a first year student?
assistant: Picture a deck of cards cut into five piles, and every card is tested exactly once.
user: nice. and why not just one split?
assistant: One split depends on luck, averaging five splits makes the estimate steadier.
user: perfect, thanks
assistant: You're welcome!
user: I also need to sort out the gym membership, they keep charging me
assistant: When did you cancel, and did they confirm it in writing?
user: in december, by mail. not now though, let's look at it next week
assistant: Understood.
"""


def minutes(talk: str, grain: Grain = Grain.EVEN) -> Review:
    return review(read_transcript(HEAD + talk), ACTIONS, grain)


def quotes(value: object) -> list[Quote]:
    match value:
        case Quote():
            return [value]
        case tuple():
            return [found for each in value for found in quotes(each)]
        case _ if hasattr(value, "__dataclass_fields__"):
            return [q for name in value.__dataclass_fields__ for q in quotes(getattr(value, name))]
        case _:
            return []


def words_of(event: object) -> str:
    match event:
        case HumanTurn(text=text) | Reply(text=text):
            return text
        case ToolUse() as use:
            return " ".join([use.request, use.result, *(todo.text for todo in use.todos)])
        case _:
            return ""


def flat(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def check_quotes(transcript: Transcript, found: Review) -> None:
    for quoted in quotes(found.segments):
        event = transcript.events[quoted.event - 1]
        assert event.place.line == quoted.line
        counted = TALLY.fullmatch(quoted.text) and isinstance(event, ToolUse)
        assert counted or flat(quoted.text.rstrip("…")) in flat(words_of(event))


def test_a_chat_is_cut_into_titled_topics_with_their_ends() -> None:
    found = minutes(TALK)
    assert [(s.title.text, s.status) for s in found.segments] == [
        ("Plan the trip to Lisbon in May", Status.DONE),
        ("How do I explain k-fold cross validation to a first year…", Status.DONE),
        ("Sort out the gym membership, they keep charging me", Status.DEFERRED),
    ]


def test_decisions_answers_and_next_steps_are_named() -> None:
    trip = minutes(TALK).segments[0]
    assert [d.quote.text for d in trip.decisions] == [
        "14 to 19 May. fly, the train takes two days",
        "let's go with the morning flight.",
    ]
    assert trip.decisions[0].about is not None
    assert [step.text for step in trip.next_steps] == [
        "I'll book it tomorrow",
        "You need to renew your passport before May.",
    ]


@pytest.mark.parametrize("grain", list(Grain))
def test_nothing_on_the_page_is_invented(grain: Grain) -> None:
    for session in written_sessions(3, 21):
        transcript = read_transcript(session.text)
        check_quotes(transcript, review(transcript, ACTIONS, grain))
    transcript = read_transcript(HEAD + TALK)
    check_quotes(transcript, review(transcript, ACTIONS, grain))


def test_every_event_is_in_exactly_one_topic_and_finer_cuts_refine_coarser_ones() -> None:
    for session in written_sessions(4, 33):
        cut = cuttable(read_transcript(session.text).events)
        borders = []
        for grain in Grain:
            found = spans(cut, grain)
            numbers = [event.place.number for span in found for event in span.events]
            assert numbers == list(range(1, len(numbers) + 1))
            borders.append(len(found))
        assert all(fewer <= more for fewer, more in pairwise(borders))
        assert borders[0] < borders[-1]


def test_the_finest_cut_parts_the_questions_of_one_topic() -> None:
    talk = (
        "user: How do I apply for disability benefits?\n"
        "assistant: You can apply online or by phone.\n"
        "user: What documents do I need?\n"
        "assistant: Your birth certificate.\n"
        "user: Is a passport ok?\nassistant: Yes it is.\n"
    )
    transcript = read_transcript(HEAD + talk)
    even = review(transcript, ACTIONS, Grain.EVEN, shipped_weights())
    finest = review(transcript, ACTIONS, Grain.FINEST, shipped_weights())
    assert len(even.segments) == 1
    assert [s.title.event for s in finest.segments] == [1, 3, 5]


def agent(*rows: tuple[str, str, str, bool]) -> str:
    """Write Claude Code lines: ('user' | 'say' | tool, request, result, failed)."""
    written: list[str] = []
    for number, (kind, text, result, failed) in enumerate(rows):
        content: object = text
        if kind not in {"user", "say"}:
            key = "file_path" if kind == "Edit" else "command"
            content = [{"type": "tool_use", "id": f"t{number}", "name": kind, "input": {key: text}}]
        role = "user" if kind == "user" else "assistant"
        written.append(json.dumps({"type": role, "message": {"role": role, "content": content}}))
        if kind not in {"user", "say"}:
            answer = {
                "type": "tool_result",
                "tool_use_id": f"t{number}",
                "content": result,
                "is_error": failed,
            }
            written.append(
                json.dumps({"type": "user", "message": {"role": "user", "content": [answer]}})
            )
    return "\n".join(written)


ASKED = ("user", "fix the import of MT940 files", "", False)
EDITED = ("Edit", "/w/bank.py", "updated", False)
COMMIT = ("Bash", "git commit -m 'Read MT940'", "[main 3f2a91c] Read MT940\n 1 file", False)


@pytest.mark.parametrize(
    ("rows", "status", "because"),
    [
        ((EDITED, COMMIT, ("say", "Committed.", "", False)), Status.DONE, "Read MT940"),
        (
            (EDITED, ("Bash", "pytest -q", "12 passed in 1s", False), ("say", "Good.", "", False)),
            Status.DONE,
            "12 passed",
        ),
        (
            (EDITED, ("Bash", "pytest -q", "E   boom\n1 failed, 3 passed", True)),
            Status.BLOCKED,
            "1 failed, 3 passed",
        ),
        (
            (("say", "We are blocked by the missing bank certificate.", "", False),),
            Status.BLOCKED,
            "We are blocked by the missing bank certificate.",
        ),
        (
            (EDITED, ("say", "Done. Should old files be imported again?", "", False)),
            Status.OPEN,
            "Should old files be imported again?",
        ),
        (
            (EDITED, ("user", "let's leave the rest for later", "", False)),
            Status.DEFERRED,
            "let's leave the rest for later",
        ),
        ((EDITED, ("user", "perfect, thanks", "", False)), Status.DONE, "perfect, thanks"),
        (
            (EDITED, ("say", "I changed the reader.", "", False)),
            Status.OPEN,
            "I changed the reader.",
        ),
    ],
)
def test_a_status_names_what_shows_it(
    rows: tuple[tuple[str, str, str, bool], ...], status: Status, because: str
) -> None:
    segment = review(read_transcript(agent(ASKED, *rows)), ACTIONS).segments[0]
    assert (segment.status, segment.because.text) == (status, because)


def test_work_that_is_left_without_a_word_is_abandoned() -> None:
    other = ("user", "now draw a chart of the weekly active users", "", False)
    look = ("Bash", "cat chart.py", "1", False)
    text = agent(ASKED, EDITED, EDITED, EDITED, EDITED, EDITED, EDITED, EDITED,
                 ("say", "I changed the reader of bank statements.", "", False),
                 other, *[look] * 8, COMMIT)  # fmt: skip
    first, second = review(read_transcript(text), ACTIONS).segments
    assert (first.status, second.status) == (Status.ABANDONED, Status.DONE)


def test_minutes_name_what_was_skipped_and_cite_events() -> None:
    text = agent(ASKED, EDITED, COMMIT) + "\n{torn"
    page = review_page(review(read_transcript(text), ACTIONS), "s.jsonl")
    assert "Skipped: 1 broken line." in page
    assert "- **Done, commit**: Read MT940 [3]" in page
    assert "- **Files**: `/w/bank.py` [2]" in page


def test_minutes_of_nothing_say_so() -> None:
    empty = review(read_transcript("# Session: 2026-02-03 05:13:47 UTC\n"), ACTIONS)
    assert "Nothing was said." in review_page(empty, "empty.md")


def test_resuming_fits_its_budget_and_a_clean_hand_off_is_a_result() -> None:
    done = agent(ASKED, EDITED, COMMIT, ("user", "great, thanks", "", False))
    transcript = read_transcript(done)
    found = resumption(transcript, review(transcript, ACTIONS), "a.jsonl")
    assert isinstance(found, Resumption)
    assert found.handed_off
    assert "Finished, and nothing is waiting." in resume_page(found)
    long = agent(ASKED, *[("Edit", f"/w/{'x' * 150}{n}.py", "ok", False) for n in range(200)])
    transcript = read_transcript(long)
    page = resume_page(resumption(transcript, review(transcript, ACTIONS), "b.jsonl"))
    assert len(page) <= 1_200 * 4
    assert "Where you were: Fix the import of MT940 files" in page


def test_the_command_line_prints_minutes_and_json(tmp_path: Path) -> None:
    file = tmp_path / "talk.md"
    file.write_text(HEAD + TALK)
    run = CliRunner().invoke(app, ["review", str(file), "--home", str(tmp_path)])
    assert run.exit_code == 0
    assert "**3 topics: 2 done, 1 deferred.**" in run.output
    run = CliRunner().invoke(app, ["review", str(file), "--json", "--home", str(tmp_path)])
    stored = json.loads(run.output)
    assert [segment["status"] for segment in stored["segments"]] == ["done", "done", "deferred"]
    assert len(stored["gaps"]) == 8
    assert stored["segments"][0]["next_steps"][0]["event"] == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["review", "none.md"], "there is no file none.md"),
        (["review", "."], ". is a folder"),
        (["review", "binary.bin"], "binary.bin is binary"),
        (["review", "talk.md", "--json", "--md"], "--json and --md exclude each other"),
        (["review", "talk.md", "--finer", "--coarser"], "--finer and --coarser exclude"),
        (["loops", "--root", "nowhere"], "there is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talk.md").write_text(HEAD + TALK)
    (tmp_path / "binary.bin").write_bytes(b"\x00\x01")
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path)])
    assert run.exit_code == 2
    assert said in run.output
    assert run.output.count("\n") == 1


def test_a_review_becomes_json_without_loss() -> None:
    stored = json.loads(json.dumps(asdict(minutes(TALK)), default=str))
    assert stored["segments"][2]["status"] == "deferred"


def test_notes_of_a_meeting_keep_what_is_to_do_apart_from_what_is_settled() -> None:
    text = (
        "Team sync 12 March\n\n"
        "We looked at the churn numbers. Bo will pull the cohort data by Friday.\n\n"
        "Decision: we keep the old pricing page until the experiment ends.\n"
    )
    (segment,) = review(read_transcript(text), ACTIONS).segments
    assert [step.text for step in segment.next_steps] == ["Bo will pull the cohort data by Friday."]
    assert [d.quote.text for d in segment.decisions] == [
        "we keep the old pricing page until the experiment ends."
    ]
    assert segment.status is Status.OPEN


def test_a_talk_between_people_is_never_abandoned_and_its_title_is_no_greeting() -> None:
    talk = (
        "Caroline: Hey Mel! I gave a talk at the school about my transition.\n"
        "Melanie: Wow, how did the pupils react?\n"
        "Caroline: They asked a lot, it was moving.\n"
        "Melanie: Congrats, that is wonderful.\n"
    )
    (segment,) = minutes(talk).segments
    assert segment.title.text == "I gave a talk at the school about my transition"
    assert segment.status is Status.DONE
