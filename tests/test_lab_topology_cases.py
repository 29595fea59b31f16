"""Topology-aware placement against Kueue's own cases, and thirteen wrong schedulers they catch."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpu_lab.placement.topology import Gates, answer_case, capacity, ordering, place, read_cases
from gpu_lab.placement.topology.cases import Case
from gpu_lab.placement.topology.descent import PodsStranded
from gpu_lab.placement.topology.place import Group

SHARED = Path(os.environ.get("TOUCHBASE_SHARED", Path(__file__).parents[1] / ".." / "shared"))
CASES = SHARED / "eval" / "kueue_tas_dev.json"
needs_cases = pytest.mark.skipif(
    not CASES.exists(), reason="kueue_tas_dev.json is not in the shared data folder"
)
DOCUMENT = json.loads(CASES.read_text()) if CASES.exists() else {"cases": []}
ROWS = {row["id"]: row for row in DOCUMENT["cases"]}


def expected(row: dict) -> list[dict]:
    return [
        {"name": pods["name"], "assignment": pods["expected"]["assignment"],
         "reason": pods["expected"]["reason"]}
        for pods in row["pod_sets"]
    ]  # fmt: skip


def answered(case: Case, gates: Gates) -> list[dict]:
    return [answer.model_dump(mode="json") for answer in answer_case(case, gates)]


@needs_cases
@pytest.mark.parametrize("case_id", ROWS)
def test_a_published_case_is_answered_word_for_word(case_id: str) -> None:
    document = {**DOCUMENT, "cases": [ROWS[case_id]]}
    [(case, gates)] = read_cases(document)

    assert answered(case, gates) == expected(ROWS[case_id])


# Each wrong variant changes the rules (a patch), the case or the gates; it is wrong on purpose.
Patch = Callable[[pytest.MonkeyPatch], None]


def ascending(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ordering, "by_room", lambda all_, _: sorted(all_, key=by_fewest))
    patch.setattr(ordering, "by_room_beside_leader", lambda all_, _: sorted(all_, key=by_fewest))


def by_fewest(domain) -> tuple:
    return (-domain.leaders, domain.slices, domain.pods, domain.values)


def first_fit_by_name(patch: pytest.MonkeyPatch) -> None:
    def by_name(domains, _) -> list:
        return sorted(domains, key=lambda domain: (-domain.leaders, domain.values))

    def first_fitting(domains, needed, leaders, _, *, in_slices=True):
        fitting = (
            each
            for each in domains
            if each.leaders >= leaders
            and ordering.room(each, leaders, in_slices=in_slices) >= needed
        )
        return next(fitting, domains[0])

    patch.setattr(ordering, "by_room", by_name)
    patch.setattr(ordering, "by_room_beside_leader", by_name)
    patch.setattr(ordering, "best_fit", first_fitting)


def no_best_fit_last(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ordering, "best_fit", lambda domains, *_, **__: domains[0])


def pods_resource_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capacity, "with_pod", dict)


def taints_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capacity, "REFUSING", ())


def leader_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(place, "groups_of", lambda all_: [Group((pods,)) for pods in all_])


def no_assumed_usage(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(place, "take_assignment", lambda *_: None)


def no_leader_priority(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        ordering,
        "by_room_beside_leader",
        lambda all_, _: sorted(
            all_, key=lambda d: (-d.slices_beside_leader, d.pods_beside_leader, d.values)
        ),
    )
    patch.setattr(ordering, "leader_first", lambda domains, *_, **__: domains)


def no_inner_rounding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capacity, "whole", lambda pods, _: pods)


def other_usage_ignored(case: Case) -> Case:
    nothing = {"other_pods": (), "prior_own_usage": (), "prior_flavor_usage": ()}
    return case.model_copy(update=nothing)


def slices_ignored(case: Case) -> Case:
    bare = tuple(
        pods.model_copy(
            update={
                "topology_request": pods.topology_request
                and pods.topology_request.model_copy(update={"slices": ()})
            }
        )
        for pods in case.pod_sets
    )
    return case.model_copy(update={"pod_sets": bare})


PATCHES: dict[str, Patch] = {
    "ascending": ascending,
    "first-fit-by-name": first_fit_by_name,
    "no-best-fit-last": no_best_fit_last,
    "pods-resource-ignored": pods_resource_ignored,
    "taints-ignored": taints_ignored,
    "leader-ignored": leader_ignored,
    "no-assumed-usage": no_assumed_usage,
    "no-leader-priority": no_leader_priority,
    "no-inner-rounding": no_inner_rounding,
}
CASE_CHANGES = {"other-usage-ignored": other_usage_ignored, "slices-ignored": slices_ignored}
GATE_CHANGES = {"no-LFC": {"profile_mixed": False}, "no-balanced": {"balanced_placement": False}}


def wrong_ones(variant: str, patch: pytest.MonkeyPatch) -> list[str]:
    """Answer every case as the wrong variant would; name those it gets wrong."""
    PATCHES.get(variant, lambda _: None)(patch)
    wrong = []
    for case, gates in read_cases(DOCUMENT):
        case = CASE_CHANGES.get(variant, lambda same: same)(case)
        gates = gates.model_copy(update=GATE_CHANGES.get(variant, {}))
        try:
            right = answered(case, gates) == expected(ROWS[case.id])
        except (AssertionError, PodsStranded):
            right = False
        if not right:
            wrong.append(case.id)
    return wrong


@needs_cases
@pytest.mark.parametrize("variant", [*PATCHES, *CASE_CHANGES, *GATE_CHANGES])
def test_a_scheduler_wrong_on_purpose_is_caught_by_a_case_that_names_it(
    variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {case_id for case_id, row in ROWS.items() if variant in row["fails_if"]}

    assert named & set(wrong_ones(variant, monkeypatch))


@needs_cases
def test_the_thirteen_wrong_variants_are_all_built() -> None:
    built = {*PATCHES, *CASE_CHANGES, *GATE_CHANGES}

    assert built >= {variant for row in ROWS.values() for variant in row["fails_if"]}
    assert len(built) == 13
