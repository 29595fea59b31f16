"""The inflation protocol of FGD (ATC'23): pods arrive once, stay, and are placed by a policy.

Knows no files, no time and no queue. `world` holds the values, `scores` the policies in plain
Python (the definition), `kernels` the same compiled, `replay` runs either.
"""
