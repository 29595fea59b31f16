"""Schema changes of the task tables, in order; the tables belong to `tasks_sync.rows`."""
