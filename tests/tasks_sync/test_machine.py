from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tasks_sync.machine import TwoPeople

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def play(examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=CHECKS,
    )
    run_state_machine_as_test(TwoPeople, settings=chosen)


def test_two_people_a_broken_line_and_a_dying_process_end_up_with_the_same_tasks():
    play(200, 30)


@pytest.mark.soak
def test_two_people_end_up_with_the_same_tasks_for_thousands_of_histories():
    play(5_000, 50)
