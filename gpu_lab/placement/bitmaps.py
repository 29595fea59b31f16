"""Sets of small numbers that find their first member in four steps, however large they are.

A set of up to 32^4 members is four rows of 32-bit words, each bit above saying whether a word
below has any. Compiled; with the compiler off it is ordinary Python.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gpu_lab.fleet.model import Ints

SHIFT = 5
LEVELS = 4
LARGEST = 32**LEVELS


def layout(members: int) -> Ints:
    """Give the offsets of the four rows of words, and last their total."""
    if members > LARGEST:
        raise ValueError(f"{members} members are more than the {LARGEST} that four levels hold")
    offsets = [0]
    width = members
    for _ in range(LEVELS):
        width = max(-(-width // 32), 1)
        offsets.append(offsets[-1] + width)
    return np.asarray(offsets, dtype=np.int64)


@njit(cache=True)
def add(words: Ints, offsets: Ints, member: int) -> None:
    """Put a member into the set."""
    for level in range(LEVELS):
        place = offsets[level] + (member >> SHIFT)
        before = words[place]
        words[place] = before | (1 << (member & 31))
        if before != 0:
            return
        member >>= SHIFT


@njit(cache=True)
def remove(words: Ints, offsets: Ints, member: int) -> None:
    """Take a member out of the set."""
    for level in range(LEVELS):
        place = offsets[level] + (member >> SHIFT)
        words[place] &= ~(1 << (member & 31))
        if words[place] != 0:
            return
        member >>= SHIFT


@njit(cache=True)
def first(words: Ints, offsets: Ints) -> int:
    """Give the smallest member, or -1 for the empty set."""
    member = 0
    for level in range(LEVELS - 1, -1, -1):
        word = words[offsets[level] + member]
        if word == 0:
            return -1
        member = (member << SHIFT) + lowest_bit(word)
    return member


@njit(cache=True)
def lowest_bit(word: int) -> int:
    """Give the position of the lowest set bit of a 32-bit word that is not 0."""
    place = 0
    if word & 0xFFFF == 0:
        word >>= 16
        place += 16
    if word & 0xFF == 0:
        word >>= 8
        place += 8
    if word & 0xF == 0:
        word >>= 4
        place += 4
    if word & 0x3 == 0:
        word >>= 2
        place += 2
    if word & 0x1 == 0:
        place += 1
    return place
