"""A new project: everything laid out, ready to run."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from assay.config.reading import read_toml
from assay.layout.database import Database
from assay.layout.files import NEW_PROJECT, PROCEDURE_PAGE, Writer, render
from assay.layout.suggest import append_suggestion
from assay.layout.values import LayoutResult, Suggestion

__all__ = ["assay_table", "lay_out_new"]

TABLES = "src/adapters/persistence/orm/tables.py"


def lay_out_new(root: Path, database: Database) -> LayoutResult:
    """Lay out a new project in ``root``. A file that is there already is kept.

    :raises UsageError: a file cannot be made, or ``pyproject.toml`` is not TOML.
    """
    writer = Writer(root)
    appended, suggestions = _pyproject(root, writer)
    for name, template in NEW_PROJECT.items():
        writer.add(name, "" if template is None else _text(name, template, database))
    if (
        not writer.add(".gitignore", render("gitignore.tmpl"))
        and database.url == "sqlite:///dev.db"
    ):
        suggestions += _gitignore(root)
    return LayoutResult(
        created=tuple(writer.created),
        kept=tuple(writer.kept),
        suggestions=tuple(suggestions),
        next_steps=_next_steps(root, database),
        appended=tuple(appended),
    )


def assay_table(config: str | None) -> str:
    """The ``[tool.assay]`` table, with the other keys as comments.

    :param config: path of ``alembic.ini``, relative to the project; None leaves the key out.
    """
    line = f'config = "{config}"\n' if config else ""
    return render("pyproject-assay.toml.tmpl", {"config": line})


def _has_table(text: str) -> bool:
    """Whether this is TOML with a ``[tool.assay]`` table."""
    # The standard library has it from 3.11 on.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return "assay" in toml.loads(text)["tool"]
    except (ValueError, KeyError, TypeError):
        return False


def _text(name: str, template: str, database: Database) -> str:
    if name == "alembic.ini":
        return render(template, {"url": database.url.replace("%", "%%")})
    if name == PROCEDURE_PAGE:
        return render(
            template,
            {
                "models": f"`{TABLES}`",
                "versions": "alembic/versions/",
                "env": "alembic/env.py",
                "test": "pytest -x -q",
            },
        )
    return render(template)


def _pyproject(root: Path, writer: Writer) -> tuple[list[Path], list[Suggestion]]:
    """``[tool.assay]`` in a new ``pyproject.toml``, or at the end of the one that is there."""
    path = root / "pyproject.toml"
    table = assay_table("alembic.ini")
    if not path.exists():
        writer.add("pyproject.toml", render("pyproject.toml.tmpl") + table)
        return [], []
    tool = read_toml(path).get("tool", {})
    if isinstance(tool, dict) and "assay" in tool:
        writer.kept.append(path)
        return [], []
    before = path.read_bytes().decode("utf-8")
    glue = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    if not _has_table(f"{before}{glue}{table}"):
        # `tool = {...}` on one line cannot be added to from outside.
        writer.kept.append(path)
        reason = "The table cannot be added at the end of this file; put these settings into it."
        return [], [append_suggestion(root, path, table, reason)]
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(glue + table)
    return [path], []


def _gitignore(root: Path) -> list[Suggestion]:
    path = root / ".gitignore"
    try:
        present = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
    if {"dev.db", "dev.db*", "*.db"} & set(present):
        return []
    return [
        append_suggestion(root, path, "dev.db\ndev.db-*\n", "The dev database is not committed.")
    ]


def _next_steps(root: Path, database: Database) -> tuple[str, ...]:
    steps: list[str] = []
    if root != Path.cwd():
        steps.append(f"cd {root}")
    if database.distribution is not None:
        steps.append(f'pip install "{database.distribution}"')
    if database.dialect != "sqlite":
        steps.append(
            "Make the database named by sqlalchemy.url in alembic.ini, if it is not there yet."
        )
    if database.has_password:
        steps.append(
            "The URL in alembic.ini holds a password. Before you commit the file, take it out and "
            "set the environment variable DATABASE_URL instead: alembic/env.py prefers it."
        )
    return (
        *steps,
        f"Change the tables in {TABLES}.",
        'assay change -m "create the first tables"',
        f"Read {PROCEDURE_PAGE}.",
    )
