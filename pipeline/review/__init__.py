"""The desk: who has handed in, what is doubtful beside its source, decided by people in a browser. Handlers call what the commands call."""
