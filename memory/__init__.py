"""Markdown that the person owns, and finding things in it again."""
