"""How truthfully finished tasks are noticed: ours beside two plain ways of matching titles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import TypeAlias

from benchmarks._auditor_cases import TUNE, Case, Nothing, OneOf, PartOf, Whole
from benchmarks._auditor_held_out import HELD_OUT
from benchmarks._auditor_more_cases import MORE
from benchmarks._auditor_third_cases import THIRD
from heartbeat.auditor import Extent, Match, Studied, WhatWasDone, audit
from heartbeat.words import stems
from tasks_sync import Task
from tasks_sync.model import Status

WHEN = datetime(2026, 2, 19, tzinfo=UTC)
LOOKED_AT = (*TUNE, *MORE, *THIRD)
Way: TypeAlias = Callable[[WhatWasDone, Sequence[Task]], tuple[Match, ...]]


@dataclass(frozen=True)
class Figures:
    """What a way of matching gets right, as counts."""

    cases: int
    whole: int
    called_whole: int
    rightly: int
    others: int
    falsely: int
    parts: int
    parts_noticed: int
    open_choices: int
    choices_right: int

    @property
    def precision(self) -> float:
        """Share of "done" that is right."""
        return self.rightly / self.called_whole if self.called_whole else 1.0

    @property
    def recall(self) -> float:
        """Share of done tasks that are noticed."""
        return self.rightly / self.whole

    @property
    def false_whole(self) -> float:
        """Share of sessions in which nothing was wholly done, yet something is called done."""
        return self.falsely / self.others


def open_task(title: str) -> Task:
    """Make an open task of a title, which serves as its id."""
    return Task(
        id=title,
        list_id="list",
        title=title,
        notes="",
        status=Status.NEEDS_ACTION,
        due=None,
        completed_at=None,
        parent_id=None,
        position="1",
        created_at=WHEN,
        updated_at=WHEN,
        hidden=False,
        assigned=False,
    )


def answers(way: Way, case: Case) -> tuple[Match, ...]:
    """Give a way's matches for a case."""
    studied = tuple(Studied(topic, whole) for topic, whole in case.studied)
    return way(WhatWasDone(case.said, studied), [open_task(title) for title in case.tasks])


def figures(way: Way, cases: Sequence[Case]) -> Figures:
    """Count what a way gets right over labelled cases."""
    whole = called = rightly = others = falsely = parts = noticed = choices = right = 0
    for case in cases:
        matches = answers(way, case)
        full = [match for match in matches if match.extent is Extent.FULL]
        called += bool(full)
        if isinstance(case.label, Whole):
            whole += 1
            rightly += bool(full) and full[0].title == case.label.title
            continue
        others += 1
        falsely += bool(full)
        match case.label:
            case PartOf(title=title):
                parts += 1
                noticed += any(m.title == title and m.extent is Extent.PART for m in matches)
            case OneOf(titles=titles):
                choices += 1
                possible = {m.title for m in matches if m.extent is Extent.POSSIBLE}
                right += possible == set(titles)
            case Nothing():
                pass
    return Figures(
        len(cases), whole, called, rightly, others, falsely, parts, noticed, choices, right
    )


def by_words(done: WhatWasDone, open_tasks: Sequence[Task]) -> tuple[Match, ...]:
    """Call a task done when a line shares half of its words: the usual short cut."""
    lines = [*done.said, *(studied.topic for studied in done.studied)]
    return best(lines, open_tasks, shared_words, 0.5)


def by_letters(done: WhatWasDone, open_tasks: Sequence[Task]) -> tuple[Match, ...]:
    """Call a task done when a line is spelt much like its title."""
    lines = [*done.said, *(studied.topic for studied in done.studied)]
    return best(lines, open_tasks, alike_spelt, 0.6)


def best(
    lines: Sequence[str],
    open_tasks: Sequence[Task],
    score: Callable[[str, str], float],
    least: float,
) -> tuple[Match, ...]:
    """Give the pair of line and title that scores highest, if it scores enough."""
    pairs = [(score(line, task.title), task, line) for line in lines for task in open_tasks]
    top = max(pairs, key=lambda pair: pair[0], default=None)
    if top is None or top[0] < least:
        return ()
    return (Match(top[1].id, top[1].title, Extent.FULL, top[2], top[0]),)


def shared_words(line: str, title: str) -> float:
    """Give the share of a title's stems that a line has."""
    wanted = set(stems(title))
    return len(wanted & set(stems(line))) / len(wanted) if wanted else 0.0


def alike_spelt(line: str, title: str) -> float:
    """Give the share of letters that a line and a title have in common, in order."""
    return SequenceMatcher(None, line.lower(), title.lower()).ratio()


def main() -> None:
    """Print each way's figures on both parts of the cases."""
    for name, cases in (("looked at", LOOKED_AT), ("held out", HELD_OUT)):
        print(f"{name}: {len(cases)} cases")
        for title, way in (("ours", audit), ("shared words", by_words), ("spelling", by_letters)):
            found = figures(way, cases)
            print(
                f"  {title:13} precision of done {found.precision:6.1%}  "
                f"false done {found.false_whole:6.1%} ({found.falsely}/{found.others})  "
                f"done noticed {found.recall:6.1%} ({found.rightly}/{found.whole})  "
                f"part noticed {found.parts_noticed}/{found.parts}  "
                f"choices right {found.choices_right}/{found.open_choices}"
            )


if __name__ == "__main__":
    main()
