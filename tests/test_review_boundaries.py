"""Topics start where a person turns to something new; the measures count as published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks._segment_scores import disagreement, exact_f1, near_f1, scored
from benchmarks._shared_data import dialogues, shared
from memory.boundaries import Utterance, question_scores, shipped_weights, topic_gaps
from memory.boundaries.shipped import SHIPPED
from memory.boundaries.terms import content, likeness, stem
from memory.boundaries.topics import NEVER
from memory.found import shipped_actions
from memory.found.shipped import SHIPPED as ACTIONS_SHIPPED
from memory.outcomes import commit_subject, tally
from memory.review import review
from memory.transcripts import ToolUse, read_transcript
from memory.transcripts.events import Place
from memory.worth_keeping import worth_keeping

TALKS = st.lists(st.tuples(st.text(max_size=60), st.booleans()), max_size=8)


@settings(deadline=None)
@given(TALKS)
def test_a_topic_never_starts_with_the_answering_side(turns: list[tuple[str, bool]]) -> None:
    talk = [Utterance(text, steering) for text, steering in turns]
    gaps = topic_gaps(talk)
    assert [gap.before for gap in gaps] == list(range(1, len(talk)))
    assert all(gap.score == NEVER for gap in gaps if not talk[gap.before].steering)
    assert len(question_scores(talk, shipped_weights())) == len(gaps)


def test_a_new_request_starts_a_topic_and_an_answer_does_not() -> None:
    talk = [
        Utterance("I need a taxi to the station.", steering=True),
        Utterance("At what time?", steering=False),
        Utterance("at 5, please", steering=True),
        Utterance("Your taxi is booked. Anything else?", steering=False),
        Utterance("I'm looking for an Indian restaurant.", steering=True),
    ]
    scores = [gap.score for gap in topic_gaps(talk)]
    assert scores[1] < 0 < scores[3]
    assert "introduces something" in topic_gaps(talk)[3].because


def test_the_measures_are_the_published_ones() -> None:
    true, missed, extra = [0, 0, 1, 0, 0, 0], [0] * 6, [0, 1, 1, 0, 0, 0]
    assert disagreement(true, true) == (0.0, 0.0)
    # Window 2 over seven utterances: five places, two of them see the border.
    assert disagreement(true, missed) == (0.4, 0.4)
    assert disagreement(true, extra) == (0.2, 0.4)
    assert exact_f1(true, extra) == pytest.approx(2 / 3)
    assert near_f1([3, 9], [4, 5, 12]) == (1, 3, 2)


def test_untrained_topics_keep_the_figure_in_the_docs() -> None:
    path = shared("dialseg711_dev.jsonl")
    if path is None:
        pytest.skip("the dialogues are not there; TOUCHBASE_SHARED names their folder")
    result = scored(
        (talk.cuts, [int(gap.score > 0) for gap in topic_gaps(talk.talk)])
        for talk in dialogues(path)
    )
    assert (round(result.pk, 3), round(result.wd, 3), round(result.f1, 3)) == (0.13, 0.153, 0.792)


@pytest.mark.parametrize("file", [SHIPPED, ACTIONS_SHIPPED])
def test_weights_that_ship_say_where_they_come_from(file: Path) -> None:
    stored = json.loads(file.read_text())
    assert "Apache-2.0" in stored["source"]
    assert all(isinstance(weight, float) for weight in stored["weights"].values())


@pytest.mark.parametrize(
    ("word", "expected"),
    [("exporting", "export"), ("queries", "query"), ("stopped", "stop"), ("boss", "boss")],
)
def test_stems_bring_forms_of_a_word_together(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_likeness_is_one_for_the_same_and_none_for_other_words() -> None:
    assert content("Please book the boats!") == ["book", "boat"]
    assert likeness({"a": 2.0}, {"a": 5.0}) == 1.0
    assert likeness({"a": 2.0}, {"b": 5.0}) == likeness({}, {"a": 1.0}) == 0.0


def ran(request: str, result: str, *, failed: bool = False) -> ToolUse:
    return ToolUse(Place(1, 1), "Bash", request, result, failed)


@pytest.mark.parametrize(
    ("use", "counts"),
    [
        (ran("pytest -q", "2 failed, 3 passed in 1s", failed=True), (3, 2)),
        (ran("npm test", "Tests:       1 failed, 9 passed, 10 total"), (9, 1)),
        (ran("cargo test", "test result: ok. 7 passed; 0 failed;"), (7, 0)),
        (ran("go test ./...", "ok  \tx/y\t0.2s"), (0, 0)),
        (ran("make test", "make: *** [test] Error 2", failed=True), (0, 1)),
        (ran("cat test_notes.txt", "12 passed"), None),
    ],
)
def test_tallies_of_several_runners_are_read(use: ToolUse, counts: tuple[int, int] | None) -> None:
    found = tally(use)
    assert ((found.passed, found.failed) if found else None) == counts


@pytest.mark.parametrize(
    ("use", "subject"),
    [
        (ran('git commit -m "Say it"', "[main 1a2b3c4] Say it\n 1 file changed"), "Say it"),
        (ran("git add . && git commit -m 'Say it'", ""), "Say it"),
        (ran('git commit -m "Say it"', "nothing to commit, working tree clean"), ""),
        (ran('git commit -m "Say it"', "hook failed", failed=True), ""),
        (ran("git log", "commit 1a2b3c4"), ""),
    ],
)
def test_a_commit_counts_only_when_it_went_through(use: ToolUse, subject: str) -> None:
    assert commit_subject(use) == subject


def test_lasting_facts_and_decisions_are_worth_offering_and_passing_ones_are_not() -> None:
    transcript = read_transcript(
        "# Session: 2026-02-03 05:13:47 UTC\n\n"
        "user: my sister is called Mara. I'm tired today\n"
        "assistant: Noted.\n"
        "user: from now on mail me in German. we decided to skip the gym\n"
        "assistant: Fine. My name is Touchbase.\n"
        "user: what is my address?\n"
    )
    found = worth_keeping(transcript, review(transcript, shipped_actions()))
    assert [quoted.text for quoted in found] == [
        "my sister is called Mara.",
        "from now on mail me in German.",
        "we decided to skip the gym",
    ]
