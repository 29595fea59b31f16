"""A driver library without a GPU: two C files, and text scenarios that say what it answers."""
