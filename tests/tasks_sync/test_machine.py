from __future__ import annotations

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tasks_sync.machine import TwoPeople

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def play(examples: int, steps: int, of: int | None = None) -> None:
    """Play that many histories: the same ones each time, of this seed or of the rules' own."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=of is None,
        database=None,
        suppress_health_check=CHECKS,
    )
    players = type("TwoPeople", (TwoPeople,), {})
    run_state_machine_as_test(players if of is None else seed(of)(players), settings=chosen)


def test_two_people_a_broken_line_and_a_dying_process_end_up_with_the_same_tasks():
    play(200, 30)


# Twenty seeds, so that two workers share them and one find does not hide the next.
@pytest.mark.soak
@pytest.mark.parametrize("of", range(20))
def test_two_people_end_up_with_the_same_tasks_for_thousands_of_histories(of):
    play(250, 50, of)
