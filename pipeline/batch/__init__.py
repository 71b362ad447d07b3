"""A batch: every file has its outcome, whatever it does to the process that reads it."""
