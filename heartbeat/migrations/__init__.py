"""The heartbeat's tables, version by version."""
