"""The open questions can be asked at any time, and their page tells what the stand-in answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.probes import PROBES, answers, missing_names, real_account, stand_in

PAGE = Path(__file__).parents[2] / "docs" / "live-probes.md"


@pytest.fixture(scope="module")
def expected() -> dict[int, str]:
    with stand_in() as probed:
        return {probe.number: answer for probe, answer in answers(probed)}


def test_every_open_question_gets_an_answer(expected: dict[int, str]) -> None:
    assert list(expected) == [probe.number for probe in PROBES] == list(range(1, 19))
    assert not [answer for answer in expected.values() if answer.startswith("failed")]


def test_the_page_of_probes_tells_what_the_stand_in_answers(expected: dict[int, str]) -> None:
    page = PAGE.read_text("utf-8")
    for probe in PROBES:
        assert f"| {probe.number} | {probe.question} | {expected[probe.number]} |" in page


@pytest.mark.skipif(bool(missing_names()), reason="; ".join(missing_names()))
def test_the_real_service_answers_as_the_stand_in(expected: dict[int, str]) -> None:
    with real_account() as probed:
        real = {probe.number: answer for probe, answer in answers(probed)}
    timing_and_age = {12, 14, 16}
    kept = real.keys() - timing_and_age
    assert {number: real[number] for number in kept} == {n: expected[n] for n in kept}
