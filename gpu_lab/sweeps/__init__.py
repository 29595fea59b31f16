"""Many runs at once: policies x workloads x seeds x loads, and the paper's table from its trace.

`cells` says what a run is, `sweep` spreads runs over processes or a cluster and keeps each
result as a file, `report` turns the files into one page.
"""
