"""The relational store: opened, written one transaction a submission, read."""
