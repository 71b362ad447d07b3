"""Reading again: what is stale and why, what would change, versions, corrections."""
