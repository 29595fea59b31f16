"""A script that multiplies matrices for as long as it is asked, and counts. Nothing imports it.

First line: {"device", "size"}; then {"seconds"} for each window, answered {"products", "seconds"}.
"""

from __future__ import annotations

import json
import sys
import time

import torch  # type: ignore[import-not-found, unused-ignore]

# On a GPU products are queued; waiting for each would measure the waiting.
_QUEUED = 16


def main() -> None:
    """Answer until the questions end."""
    setup = json.loads(sys.stdin.readline())
    on_gpu = setup["device"] == "cuda"
    dtype = torch.float16 if on_gpu else torch.float32
    left = torch.full((setup["size"], setup["size"]), 0.01, dtype=dtype, device=setup["device"])
    product = torch.empty_like(left)
    _run(left, product, 0.5, on_gpu=on_gpu)
    _say(device=torch.cuda.get_device_name() if on_gpu else "cpu")
    for line in sys.stdin:
        seconds, products = _run(left, product, json.loads(line)["seconds"], on_gpu=on_gpu)
        _say(products=products, seconds=seconds)


def _run(
    left: torch.Tensor, product: torch.Tensor, least: float, *, on_gpu: bool
) -> tuple[float, int]:
    products, begun = 0, time.perf_counter()
    while (took := time.perf_counter() - begun) < least:
        for _ in range(_QUEUED):
            torch.mm(left, left, out=product)
        if on_gpu:
            torch.cuda.synchronize()
        products += _QUEUED
    return took, products


def _say(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
