"""Choosing machines for jobs: one interface, many policies. Nothing here touches files or plots."""
