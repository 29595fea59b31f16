"""Run every benchmark, or those named: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks

NAMES = [found.name for found in pkgutil.iter_modules(benchmarks.__path__) if found.name[0] != "_"]

if __name__ == "__main__":
    wanted = sys.argv[1:] or NAMES
    for unknown in set(wanted) - set(NAMES):
        sys.exit(f"no benchmark {unknown!r}; there are: {', '.join(NAMES)}")
    for name in wanted:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
