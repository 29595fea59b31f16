"""Packing requests and sequences under a cost."""
