"""Jobs in time on a fleet: arrivals, queues, gangs, backfill, quotas, failures, migration.

Knows no files and draws no pictures. `engine` is the definition with every rule, in plain
Python; `kernels` is the compiled part of it for long traces; `replay` runs either.
"""
