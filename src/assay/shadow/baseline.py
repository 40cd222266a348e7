"""Where a chain begins that does not start from an empty database."""

from __future__ import annotations

import re
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.config import Baseline
from assay.errors import UsageError
from assay.project.compat.alembic import commit_unless_owned, version_table
from assay.project.compat.constructs import indexes_in_transaction
from assay.project.failures import describe, user_failure
from assay.project.project import query_on
from assay.shadow.dump import dumper, execute_plain, statements
from assay.shadow.reading import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from assay.project.project import Project

__all__ = ["lay_baseline", "lay_dump"]


def lay_baseline(project: Project, baseline: Baseline, context: MigrationContext) -> None:
    """Give an empty shadow what the declared baseline says.

    :raises UsageError: the dump or ``create_all`` fails.
    """
    connection = connection_of(context)
    if baseline.sql is not None:
        lay_dump(context, project.settings.root / baseline.sql)
    else:
        for metadata in _metadatas(baseline, context):
            try:
                with indexes_in_transaction(connection.dialect):
                    metadata.create_all(connection)
            except Exception as error:
                raise UsageError(
                    f"The baseline's create_all fails: {describe(error)}",
                    next_step="Correct baseline.create_all in [tool.assay].",
                ) from error
    commit_unless_owned(context)


def _metadatas(baseline: Baseline, context: MigrationContext) -> list[Any]:
    if baseline.create_all is True:
        found = context.opts.get("target_metadata")
        return list(found) if isinstance(found, (list, tuple)) else [found]
    name = str(baseline.create_all)
    module, _, attribute = name.partition(":")
    try:
        target: Any = import_module(module)
        for part in (attribute or "metadata").split("."):
            target = getattr(target, part)
    except Exception as error:
        raise user_failure(error, f"baseline.create_all = {name!r} cannot be loaded:") from error
    return [getattr(target, "metadata", target)]


def lay_dump(context: MigrationContext, path: Path) -> None:
    """Run a dump on Alembic's connection; the session's settings are what they were afterwards.

    :raises UsageError: the file cannot be read, or a statement of it fails.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The baseline's dump cannot be read: {error.strerror}.",
            where=str(path),
            next_step="Write it with `assay baseline REV`, or correct baseline.sql.",
        ) from error
    connection, number = connection_of(context), 0
    engine = dumper(connection.dialect.name)
    own = _own_table(version_table(context)[1])
    try:
        with engine.session_kept(query_on(connection)) if engine else nullcontext():
            for number, statement in statements(text, engine):  # noqa: B007
                kept = engine.kept(statement) if engine else statement
                # Alembic has made its own table before; a dump written by hand has it too
                if kept is not None and not own.match(kept):
                    execute_plain(connection, kept)
    except Exception as error:
        raise UsageError(
            f"The baseline's dump fails: {describe(error)}",
            where=f"{path}:{number}",
            next_step="Write it anew with `assay baseline REV --from DATABASE`.",
        ) from error


def _own_table(name: str) -> re.Pattern[str]:
    """Statements that make or alter Alembic's own table."""
    return re.compile(
        r"(CREATE TABLE|ALTER TABLE)( IF NOT EXISTS| ONLY)?\s+(\S+\.)?[\"`\[]?"
        + re.escape(name)
        + r"(?![\w$])",
        re.IGNORECASE,
    )
