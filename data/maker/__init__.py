"""Makes the sample submissions from their sources."""
