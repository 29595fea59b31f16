"""Deciding where things stand among their siblings. Pure: orders in, orders and moves out."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

GAP = 1 << 20


@dataclass(frozen=True)
class OrderMove:
    """Put `key` right after `after`, or first."""

    key: str
    after: str | None


def rank_between(before: int | None, after: int | None) -> int | None:
    """Give a rank between two neighbours (None: no neighbour); None when there is no room."""
    match before, after:
        case None, None:
            return 0
        case None, int(following):
            return following - GAP
        case int(preceding), None:
            return preceding + GAP
        case int(preceding), int(following):
            middle = (preceding + following) // 2
            return middle if preceding < middle < following else None
        case _:
            raise AssertionError("a rank is an int or absent")


def merge_order(ours: Sequence[str], theirs: Sequence[str], pinned: Set[str]) -> list[str]:
    """Give the order both sides should have: theirs, with the rest where it stands here.

    A key that is pinned (moved or made here, not yet told) or unknown there follows the nearest
    key before it in `ours` that stands there.
    """
    standing = [key for key in theirs if key not in pinned]
    known = set(standing)
    followers: dict[str | None, list[str]] = defaultdict(list)
    before: str | None = None
    for key in ours:
        if key in known:
            before = key
        else:
            followers[before].append(key)
    order = list(followers[None])
    for key in standing:
        order += [key, *followers[key]]
    return order


def least_moves(wanted: Sequence[str], current: Sequence[str]) -> list[OrderMove]:
    """Give the fewest moves that turn `current` into `wanted`, in the order to make them.

    What forms a longest increasing run stays; each other key is put after its predecessor, from
    the front, so that the predecessor already stands when it is needed.
    """
    places: Mapping[str, int] = {key: place for place, key in enumerate(current)}
    staying = _longest_run([key for key in wanted if key in places], places)
    moves = []
    for index, key in enumerate(wanted):
        if key not in staying:
            moves.append(OrderMove(key, wanted[index - 1] if index else None))
    return moves


def _longest_run(keys: Sequence[str], places: Mapping[str, int]) -> set[str]:
    """Find a longest subsequence of `keys` that stands in rising places (patience sorting)."""
    tails: list[int] = []
    tail_keys: list[str] = []
    before: dict[str, str | None] = {}
    for key in keys:
        pile = bisect_left(tails, places[key])
        before[key] = tail_keys[pile - 1] if pile else None
        if pile == len(tails):
            tails.append(places[key])
            tail_keys.append(key)
        else:
            tails[pile], tail_keys[pile] = places[key], key
    run: set[str] = set()
    last = tail_keys[-1] if tail_keys else None
    while last is not None:
        run.add(last)
        last = before[last]
    return run
