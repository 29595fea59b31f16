from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks._auditor_cases import Whole
from benchmarks._auditor_held_out import HELD_OUT
from benchmarks.heartbeat_auditor import LOOKED_AT, answers, by_words, figures, open_task
from heartbeat.auditor import Extent, Match, Studied, WhatWasDone, audit
from heartbeat.words import alike, stem
from tasks_sync.model import Status

DAY = ("Call the dentist", "Write grant draft", "Buy milk and eggs", "Study GPU scheduler")


def after(*said: str, tasks: tuple[str, ...] = DAY) -> list[tuple[str, str]]:
    found = audit(WhatWasDone(said), [open_task(title) for title in tasks])
    return [(match.title, match.extent.value) for match in found]


def test_sessions_that_no_rule_was_made_for_are_called_done_rightly():
    found = figures(audit, HELD_OUT)
    assert found.cases >= 280
    assert found.precision >= 0.95
    assert found.false_whole <= 0.01
    assert found.recall >= 0.9


def test_over_a_thousand_labelled_sessions_are_called_done_rightly():
    found = figures(audit, LOOKED_AT)
    assert found.cases >= 1000
    assert found.precision >= 0.99
    assert found.false_whole <= 0.01
    assert found.recall >= 0.95
    assert found.parts_noticed / found.parts >= 0.9


def test_the_labels_can_tell_a_careless_way_from_ours():
    assert figures(by_words, HELD_OUT).false_whole > 0.5


def test_a_match_quotes_the_line_that_speaks_for_it():
    said = ("hi", "What a day. I called the dentist, then slept.")
    (match,) = audit(WhatWasDone(said), [open_task(title) for title in DAY])
    assert match == Match(
        "Call the dentist",
        "Call the dentist",
        Extent.FULL,
        "I called the dentist, then slept.",
        1.0,
    )


@pytest.mark.parametrize(
    "said",
    [
        "I need to call the dentist",
        "I'll call the dentist tomorrow",
        "I haven't called the dentist",
        "did I call the dentist?",
        "my sister called the dentist",
        "Anna called the dentist",
        "the dentist called",
        "still have to call the dentist",
        "call the dentist",
        "I wish I had called the dentist",
    ],
)
def test_a_plan_a_wish_a_question_or_anothers_act_is_no_evidence(said):
    assert after(said) == []


def test_what_is_missing_in_the_same_sentence_makes_it_a_part():
    whole, part = [("Write grant draft", "full")], [("Write grant draft", "part")]
    assert after("I wrote the grant draft") == whole
    assert after("I wrote the grant draft, but only half") == part
    assert after("I wrote the grant draft but still need to proofread it") == part
    assert after("I wrote the grant draft but I still have to do the laundry") == whole


def test_the_last_word_on_a_task_counts():
    assert after("I wrote the grant draft", "no, I didn't write the grant draft") == []
    assert after("haven't called the dentist", "now I called the dentist") == [
        ("Call the dentist", "full")
    ]
    assert after("I wrote the grant draft", "well, I wrote half of the grant draft") == [
        ("Write grant draft", "part")
    ]


def test_a_bare_done_points_to_what_was_just_spoken_of_and_no_further():
    assert after("going to call the dentist", "done!") == [("Call the dentist", "full")]
    assert after("going to call the dentist", "lunch first", "done!") == []
    assert after("done!") == []


def test_two_tasks_done_in_one_sentence_are_both_given():
    assert sorted(after("I called the dentist and wrote the grant draft")) == [
        ("Call the dentist", "full"),
        ("Write grant draft", "full"),
    ]


def test_tasks_that_cannot_be_told_apart_are_at_most_four_candidates():
    tasks = tuple(f"Review PR {number}" for number in range(41, 48))
    found = after("reviewed the PR", tasks=tasks)
    assert len(found) == 4
    assert {extent for _, extent in found} == {"possible"}
    assert after("reviewed PR 43", tasks=tasks) == [("Review PR 43", "full")]
    assert after("reviewed PR 99", tasks=tasks) == []


def test_a_study_session_speaks_for_the_task_to_study_its_topic_only():
    tasks = [open_task(title) for title in (*DAY, "Email Bob about the GPU scheduler")]

    def studied(topic: str, *, whole: bool) -> list[tuple[str, str]]:
        found = audit(WhatWasDone(studied=(Studied(topic, whole),)), tasks)
        return [(match.title, match.extent.value) for match in found]

    assert studied("gpu scheduler", whole=True) == [("Study GPU scheduler", "full")]
    assert studied("GPU scheduling", whole=True) == [("Study GPU scheduler", "full")]
    assert studied("gpu scheduler", whole=False) == [("Study GPU scheduler", "part")]
    assert studied("gpu scheduler bin packing", whole=True) == [("Study GPU scheduler", "part")]
    assert studied("linear algebra", whole=True) == []


def test_a_written_receipt_counts_like_the_persons_own_words():
    found = audit(WhatWasDone(evidence=("Called the dentist",)), [open_task("Call the dentist")])
    assert [match.extent for match in found] == [Extent.FULL]


@pytest.mark.parametrize("filler", ["of ", "did and ", "x, ", "I ", "finished the "])
def test_a_pasted_book_is_not_read_to_its_end(filler):
    book = filler * 20_000 + ". I called the dentist."
    assert ("Call the dentist", "full") not in after(book)


def test_a_task_that_is_ticked_off_already_is_not_matched():
    task = replace(open_task("Call the dentist"), status=Status.COMPLETED)
    assert audit(WhatWasDone(("I called the dentist",)), [task]) == ()


speech = st.lists(
    st.sampled_from(
        [case.said[0] for case in LOOKED_AT if case.said] + ["", "\x00", "🎉", "ok", "?!", "100 %"]
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(speech, st.sets(st.sampled_from([*DAY, "", "🎉", "x", "Review PR 1", "1-3"]), max_size=6))
def test_whatever_is_said_each_task_is_matched_once_with_a_line_that_was_said(said, titles):
    found = audit(WhatWasDone(tuple(said)), [open_task(title) for title in sorted(titles)])
    assert len({match.task_id for match in found}) == len(found)
    assert sum(match.extent is Extent.POSSIBLE for match in found) <= 4
    for match in found:
        assert 0 < match.score <= 1
        assert all(any(part in one for one in said) for part in match.evidence.split(" … "))


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_against_any_title_is_read_without_an_error(said, title):
    audit(WhatWasDone((said,), (Studied(said[:50], True),)), [open_task(title)])


CLAIMS = [
    case
    for case in HELD_OUT
    if isinstance(case.label, Whole) and len(case.said) == 1 and not set(".:!,") & set(case.said[0])
]


@pytest.mark.parametrize("doubt", ["If ", "Maybe ", "I never said that ", "Tomorrow I can say "])
def test_no_claim_survives_a_doubt_put_before_it(doubt):
    assert len(CLAIMS) > 10
    for case in CLAIMS:
        doubted = replace(case, said=(doubt + case.said[0],), studied=())
        assert [one for one in answers(audit, doubted) if one.extent is Extent.FULL] == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("called", "calls", True),
        ("wrote", "writing", True),
        ("cancelled", "cancel", True),
        ("baked", "bake", True),
        ("studied", "studying", True),
        ("parties", "party", True),
        ("boxes", "box", True),
        ("lecture", "lecturer", False),
        ("41", "42", False),
    ],
)
def test_light_stems_join_the_forms_of_one_word_only(one, other, same):
    assert (stem(one) == stem(other)) is same


def test_one_slip_of_the_keys_is_forgiven_in_long_words_only():
    assert alike("dentist", "dentsit")
    assert alike("schedul", "scheduler")
    assert not alike("milk", "mild")
    assert not alike("1000001", "1000002")
