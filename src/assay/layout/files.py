"""The files that a layout makes: their templates, and writing them without overwriting anything."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from assay.errors import UsageError

__all__ = ["NEW_PROJECT", "PARITY_TEST", "PROCEDURE_PAGE", "Writer", "render"]

PARITY_TEST = "tests/integration/test_schema_parity.py"
PROCEDURE_PAGE = "docs/schema-changes.md"

# Path in the project -> template; None is an empty file. What shows that a project has Alembic
# comes last: a layout that was stopped half-way can be run again.
NEW_PROJECT: Mapping[str, str | None] = {
    "src/__init__.py": None,
    "src/adapters/__init__.py": None,
    "src/adapters/persistence/__init__.py": None,
    "src/adapters/persistence/orm/__init__.py": None,
    "src/adapters/persistence/orm/types.py": "src/adapters/persistence/orm/types.py.tmpl",
    "src/adapters/persistence/orm/tables.py": "src/adapters/persistence/orm/tables.py.tmpl",
    PARITY_TEST: f"{PARITY_TEST}.tmpl",
    PROCEDURE_PAGE: f"{PROCEDURE_PAGE}.tmpl",
    "alembic/versions/.gitkeep": None,
    "alembic/script.py.mako": "alembic/script.py.mako.tmpl",
    "alembic/env.py": "alembic/env.py.tmpl",
    "alembic.ini": "alembic.ini.tmpl",
}


def render(template: str, values: Mapping[str, str] | None = None) -> str:
    """The text of a template; ``$name`` is filled in only where ``values`` is given."""
    text = (files("assay") / "templates" / "project" / template).read_text(encoding="utf-8")
    return text if values is None else Template(text).substitute(values)


class Writer:
    """Makes files below one folder and remembers which; never changes one that is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.created: list[Path] = []
        self.kept: list[Path] = []

    def add(self, name: str, text: str) -> bool:
        """Make a file; False when one was there and was kept.

        :raises UsageError: it cannot be made.
        """
        path = self.root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # "x" also refuses a dangling link, and a file made since anybody looked.
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            # "x" says so even where the parent is a file, on which mkdir fails the same way.
            if isinstance(error, FileExistsError) and path.parent.is_dir():
                self.kept.append(path)
                return False
            raise UsageError(
                f"{name} cannot be made: {error.strerror}.",
                where=str(path),
                next_step="Make room for it, or choose another folder.",
            ) from error
        self.created.append(path)
        return True
