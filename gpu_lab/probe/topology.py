"""How the GPUs are connected, in the words of `nvidia-smi topo -m`. Asks nothing, reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from gpu_lab.probe.values import LinkRemote, Missing, NvLinks, Reading

ANCESTOR_WORDS: dict[int, str] = {
    0: "PIX",
    10: "PIX",
    20: "PXB",
    30: "PHB",
    40: "NODE",
    50: "SYS",
}
LEGEND: dict[str, str] = {
    "X": "itself",
    "NV#": "that many bonded NVLinks",
    "PIX": "at most one PCIe bridge",
    "PXB": "several PCIe bridges, no host bridge",
    "PHB": "one PCIe host bridge",
    "NODE": "host bridges within one NUMA node",
    "SYS": "the interconnect between NUMA nodes",
    "?": "not told",
}
P2P_OK = 0


def connection(
    a: Reading[NvLinks],
    b: Reading[NvLinks],
    addresses: tuple[Reading[str], Reading[str]],
    ancestor: Reading[int],
    nvlink_p2p: Reading[int],
) -> str:
    """Name the best way between two GPUs: NV# where both ends agree, else the PCIe level.

    `addresses` are the PCI addresses of the two ends. Links to a switch cannot be matched end to
    end (the driver hides the switch's address), so the weaker end's count of live ones decides.
    """
    if nvlink_p2p == P2P_OK and isinstance(a, NvLinks) and isinstance(b, NvLinks):
        direct = min(direct_links(a, addresses[1]), direct_links(b, addresses[0]))
        bonded = direct or min(switch_links(a), switch_links(b))
        if bonded:
            return f"NV{bonded}"
    if isinstance(ancestor, Missing):
        return "?"
    return ANCESTOR_WORDS.get(ancestor, "?")


def direct_links(links: NvLinks, peer: Reading[str]) -> int:
    """Count live links that end at the GPU with this PCI address."""
    return sum(link.is_active is True and link.peer == peer for link in links.links)


def switch_links(links: NvLinks) -> int:
    """Count live links that end at an NVSwitch."""
    return sum(link.is_active is True and link.remote == LinkRemote.SWITCH for link in links.links)


def square(size: int, pairs: Mapping[tuple[int, int], str]) -> tuple[tuple[str, ...], ...]:
    """Fill a symmetric matrix from its upper half; X on the diagonal, ? where nothing is known."""
    return tuple(
        tuple(
            "X" if row == column else pairs.get((min(row, column), max(row, column)), "?")
            for column in range(size)
        )
        for row in range(size)
    )


@lru_cache(maxsize=256)
def set_bits(words: tuple[int, ...]) -> tuple[int, ...]:
    """List the set bits of words of 64, lowest first: CPUs or NUMA nodes."""
    return tuple(
        64 * place + bit
        for place, word in enumerate(words)
        if word
        for bit in range(64)
        if word >> bit & 1
    )


def ranges(numbers: Iterable[int]) -> str:
    """Write sorted numbers the way Linux does: 0-55,112-167."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def nvlink_islands(matrix: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Group the GPUs that reach each other over NVLink, directly or in steps."""
    left = set(range(len(matrix)))
    islands = []
    while left:
        island = _reached(min(left), matrix)
        left -= island
        islands.append(tuple(sorted(island)))
    return tuple(islands)


def _reached(start: int, matrix: tuple[tuple[str, ...], ...]) -> set[int]:
    reached, ahead = {start}, [start]
    while ahead:
        for other, word in enumerate(matrix[ahead.pop()]):
            if word.startswith("NV") and other not in reached:
                reached.add(other)
                ahead.append(other)
    return reached
