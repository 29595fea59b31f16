"""Readers of public GPU traces and of one's own, and a generator fitted to them.

Each reader streams, validates, and names file and line when it complains. Nothing here places,
simulates or downloads.
"""
