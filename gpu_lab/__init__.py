"""A GPU fleet that can be scheduled, measured and studied."""
