"""Sample submissions and their maker."""
