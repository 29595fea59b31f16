"""Read and answer placement cases in the neutral JSON form. It opens no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field, ValidationError

from gpu_lab.placement.topology.place import place_workload
from gpu_lab.placement.topology.request import Answer, Cluster, Gates, PodSet, Workload


class CaseNotReadable(Exception):
    """The file holds no placement case in the expected form."""


class Case(Cluster):
    """One workload to place on one cluster."""

    id: str
    feature_gates: Mapping[str, bool] = Field(default_factory=dict)
    workload: Workload | None = None
    pod_sets: tuple[PodSet, ...]


def read_cases(document: object) -> Iterator[tuple[Case, Gates]]:
    """Yield each case of a parsed document with the gates that hold for it.

    The document is `{"default_feature_gates": {...}, "cases": [...]}` or a bare list of cases.
    """
    defaults: Mapping[str, bool] = {}
    match document:
        case {"cases": list(rows), "default_feature_gates": dict(gates)}:
            defaults = gates
        case {"cases": list(rows)}:
            pass
        case list(rows):
            pass
        case _:
            raise CaseNotReadable("expected a list of cases, or an object with a list `cases`")
    for place, row in enumerate(rows):
        try:
            case = Case.model_validate(row)
            settled = Gates.model_validate({**defaults, **case.feature_gates})
        except ValidationError as wrong:
            first = wrong.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise CaseNotReadable(f"case {place}: {where}: {first['msg']}") from wrong
        yield case, settled


def answer_case(case: Case, gates: Gates) -> list[Answer]:
    """Place the pod sets of one case."""
    return place_workload(case, case.pod_sets, gates, case.workload)
