"""Alembic migrations of the store; HEAD is the revision this version of ziping writes: the last file of versions/."""

from importlib.resources import files

HEAD = max(entry.name[1:5] for entry in files(__package__).joinpath("versions").iterdir() if entry.name[:1] == "v")
