"""What a task is, the list kept here, and its agreement with Google Tasks."""
