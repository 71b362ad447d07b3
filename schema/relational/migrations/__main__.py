"""`python -m schema.relational.migrations NAME` (make migration NAME=…) writes the migration from the last one to the tables as they are now."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext

from schema.relational import views
from schema.relational.migrations import HEAD
from schema.relational.tables import Exact, metadata

_HEADER = '''"""{message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{imports}
revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
'''


def write(name: str) -> Path:
    """Writes versions/vNNNN_NAME.py, to be read and, where data must move, completed by hand; gives its path. Raises SystemExit
    where the tables are those of the last migration."""
    folder = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder))
    with tempfile.TemporaryDirectory() as place:
        engine = sa.create_engine(f"sqlite:///{place}/store.db")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            views.drop(connection)
        with engine.connect() as connection:
            options = {"compare_type": False, "render_item": _render, "include_name": _ours}
            context = MigrationContext.configure(connection, opts=options)
            operations = produce_migrations(context, metadata).upgrade_ops
            if operations is None or operations.is_empty():
                raise SystemExit("the tables are those of the last migration")
            body = render_python_code(operations, render_item=_render)
        engine.dispose()
    revision = f"{int(HEAD) + 1:04d}"
    path = folder / "versions" / f"v{revision}_{name}.py"
    imports = "\nfrom schema.relational.tables import Exact\n" if "Exact()" in body else ""
    message = name.replace("_", " ").capitalize() + "."
    lines = [line for line in body.splitlines() if not line.lstrip().startswith("#")]
    path.write_text(
        _HEADER.format(message=message, imports=imports, revision=revision, before=HEAD)
        + "".join(f"    {line.removeprefix('    ')}\n" if line.strip() else "\n" for line in lines),
        encoding="utf-8",
    )
    subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", path], check=False)
    return path


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    return "Exact()" if kind == "type" and isinstance(item, Exact) else False


def _ours(name: str | None, *_: object) -> bool:
    return not str(name).startswith("passage_index")  # SQLite's own


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isidentifier():
        raise SystemExit("usage: python -m schema.relational.migrations NAME (like fields_of_transfers)")
    print(write(sys.argv[1]))
