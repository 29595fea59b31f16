"""The lessons: each part asks something that the lab then computes. Nothing here keeps state.

A part is drawn from a seed, so that the same session asks the same question after a restart
and another session asks another one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpu_lab.study.errors import NoSuchTopic
from gpu_lab.study.grading import Grade, grade_choice, grade_numbers

GPUS_PER_NODE = 8


@dataclass(frozen=True)
class Part:
    """One question: what to read first, what is asked, and how an answer is graded."""

    teaches: str
    asks: str
    grade: Callable[[str], Grade]


@dataclass(frozen=True)
class Lesson:
    """A topic and its parts, each drawn from a seeded generator."""

    topic: str
    title: str
    aliases: tuple[str, ...]
    parts: tuple[Callable[[random.Random], Part], ...]


def first_fit(free: Sequence[int], wanted: int) -> int | None:
    """Give the first node with room for the gang, None when there is none."""
    return next((node for node, room in enumerate(free) if room >= wanted), None)


def best_fit(free: Sequence[int], wanted: int) -> int | None:
    """Give the node where least room is left over, the first such, None when there is none."""
    fitting = [(room, node) for node, room in enumerate(free) if room >= wanted]
    return min(fitting)[1] if fitting else None


def whole_nodes_left(
    free: Sequence[int],
    gangs: Sequence[int],
    choose: Callable[[Sequence[int], int], int | None],
) -> int:
    """Place the gangs one after another; count the nodes that are still wholly free."""
    room = list(free)
    for wanted in gangs:
        node = choose(room, wanted)
        if node is not None:
            room[node] -= wanted
    return sum(left == GPUS_PER_NODE for left in room)


def name_node(node: int) -> str:
    """Name a node as a person would: A, B, C."""
    return chr(ord("A") + node)


def fleet_line(free: Sequence[int]) -> str:
    """Write a fleet's free GPUs in one line."""
    return ", ".join(f"{name_node(node)} {room}" for node, room in enumerate(free))


def which_node(rng: random.Random) -> Part:
    """Ask for best-fit's choice, on a fleet where first-fit would choose otherwise."""
    while True:
        free = [rng.randint(1, GPUS_PER_NODE) for _ in range(5)]
        wanted = rng.choice((2, 3, 4))
        naive, best = first_fit(free, wanted), best_fit(free, wanted)
        if naive is not None and best is not None and free[naive] > free[best]:
            break
    names = [name_node(node) for node in range(len(free))]
    left = free[best] - wanted
    why = (
        f"{name_node(best)} has {free[best]} free, so {left} {'stays' if left == 1 else 'stay'} "
        "idle there; "
        f"first-fit takes {name_node(naive)} and cuts {free[naive]} free GPUs "
        f"down to {free[naive] - wanted}."
    )
    return Part(
        teaches=(
            "A gang that needs NVLink must sit inside one node. The scheduler's choice among the "
            "nodes with room decides what is still possible afterwards: best-fit takes the node "
            "where least is left over."
        ),
        asks=(
            f"Free GPUs per node: {fleet_line(free)}. A gang of {wanted} needs NVLink. "
            "Which node does best-fit take?"
        ),
        grade=lambda answer: grade_choice(answer, name_node(best), names, why),
    )


def how_many_whole(rng: random.Random) -> Part:
    """Ask what each rule leaves for an eight-GPU gang, on gangs where the rules differ."""
    while True:
        free = [rng.choice((8, 8, 6, 4, 2)) for _ in range(rng.randint(5, 7))]
        gangs = [rng.choice((2, 4)) for _ in range(4)]
        naive = whole_nodes_left(free, gangs, first_fit)
        best = whole_nodes_left(free, gangs, best_fit)
        if naive != best:
            break
    why = (
        f"first-fit breaks into whole nodes and leaves {naive}; best-fit fills the broken ones "
        f"first and leaves {best}. The fleet has the same number of free GPUs either way: that "
        "difference is fragmentation."
    )
    return Part(
        teaches=(
            "Free GPUs are not the same as usable GPUs: an eight-GPU job needs a node that is "
            "wholly free. The same small gangs cost more or fewer whole nodes, depending on the "
            "rule."
        ),
        asks=(
            f"Free GPUs per node: {fleet_line(free)}. Gangs of "
            f"{', '.join(str(gang) for gang in gangs)} arrive in this order, each inside one node. "
            "How many wholly free nodes are left with first-fit, and how many with best-fit? "
            "(two numbers)"
        ),
        grade=lambda answer: grade_numbers(answer, (naive, best), why),
    )


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        topic="gpu scheduler",
        title="Why the first free GPUs are the wrong ones",
        aliases=(
            "gpu",
            "scheduler",
            "gpu scheduling",
            "gpu-scheduler",
            "scheduling",
            "fragmentation",
        ),
        parts=(which_node, how_many_whole),
    ),
)


def find_lesson(topic: str) -> Lesson:
    """Find a lesson by its topic or an alias; no topic is the first lesson."""
    wanted = " ".join(topic.casefold().split())
    for lesson in LESSONS:
        if not wanted or wanted == lesson.topic or wanted in lesson.aliases:
            return lesson
    raise NoSuchTopic(topic, tuple(lesson.topic for lesson in LESSONS))


def part_of(topic: str, number: int, seed: int) -> Part:
    """Draw part `number` (from 0) of a lesson, the same for the same seed."""
    return find_lesson(topic).parts[number](random.Random(f"{seed}/{number}"))
