"""Alembic migrations of the store; HEAD is the revision this version of ziping writes."""

HEAD = "0005"
