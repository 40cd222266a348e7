"""Proof that a revision was edited for data only: its DDL is what generation makes."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.dialects import Address, load
from assay.generate.autogenerate import Functions, render_functions
from assay.generate.plan.comparison import Request
from assay.project.compat.alembic import end_external_transaction, migration_transaction
from assay.project.failures import RevisionFailed
from assay.project.project import Project, query_on
from assay.project.revision_file import function_of
from assay.prove.reversal import HandWritten
from assay.shadow.reading import connection_of
from assay.trace.effects import StatementEffect
from assay.trace.recorder import recording

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["Ddl", "DdlDifference", "compare_ddl", "generated_ddl", "own_ddl"]

Ddl = dict[str, list[StatementEffect]]
"""Statements that wrote the catalog, by direction."""


class DdlDifference:
    """DDL that differs from what generation makes.

    :ivar extra: statements in the revision that generation would not make.
    :ivar missing: statements generation would make that are not in the revision.
    """

    def __init__(self, extra: Sequence[HandWritten], missing: Sequence[HandWritten]) -> None:
        self.extra, self.missing = tuple(extra), tuple(missing)

    @property
    def empty(self) -> bool:
        """Only data was edited."""
        return not self.extra and not self.missing


def compare_ddl(own: Ddl, generated: Ddl) -> DdlDifference:
    """Compare as multisets of SQL texts; the order is not generation's to fix here.

    The same text written by hand is still by hand: what an operation makes has to be an operation.
    """
    extra: list[HandWritten] = []
    missing: list[HandWritten] = []
    for direction in ("upgrade", "downgrade"):
        expected = Counter((_folded(s.sql), s.by_operation) for s in generated[direction])
        for statement in own[direction]:
            found = (_folded(statement.sql), statement.by_operation)
            if expected[found] > 0:
                expected[found] -= 1
            else:
                extra.append(HandWritten(direction, statement.line, statement.sql.strip()))
        missing.extend(HandWritten(direction, None, sql) for sql, _ in expected.elements())
    return DdlDifference(extra, missing)


def _folded(sql: str) -> str:
    """Blank space folded; in CREATE TABLE the constraints behind the columns sorted.

    Alembic's batch mode collects a table's constraints in a set, so the same operation writes them
    in another order from run to run (Alembic 1.20.1, measured).
    """
    text = " ".join(sql.split())
    if not text.startswith("CREATE TABLE "):
        return text
    head, *items, tail = _split_members(text)
    constraints = sorted(item for item in items if item.startswith(_CONSTRAINTS))
    columns = [item for item in items if not item.startswith(_CONSTRAINTS)]
    return " ".join((head, *columns, *constraints, tail))


_CONSTRAINTS = ("CONSTRAINT ", "PRIMARY KEY ", "FOREIGN KEY", "UNIQUE ", "CHECK ", "EXCLUDE ")


def _split_members(text: str) -> list[str]:
    """What stands before the outer parentheses, each member in them, what stands behind."""
    pieces: list[str] = []
    depth, quote, begin = 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character == "(":
            depth += 1
            if depth == 1 and not pieces:
                pieces.append(text[:at].strip())
                begin = at + 1
        elif character in ",)" and depth == 1 and pieces and begin >= 0:
            pieces.append(text[begin:at].strip())
            begin = at + 1 if character == "," else -1
            if begin < 0:
                return [*pieces, text[at + 1 :].strip()]
        if character == ")" and not quote:
            depth -= 1
    return [text, ""]


def own_ddl(project: Project, at: Address, revision: Script) -> Ddl:
    """What DDL the revision executes, up and then down, on a shadow that stands just before it.

    :raises RevisionFailed: it raises.
    """
    module = revision.module
    calls = [(name, function_of(module, name)) for name in ("upgrade", "downgrade")]
    up, down = _run(project, at, calls, revision.revision, revision.path)
    return {"upgrade": up, "downgrade": down}


def generated_ddl(
    project: Project,
    prepared: tuple[Address, Request | None],
    at: Address,
    revision: Script,
    scratch: Path,
) -> list[Ddl]:
    """What DDL generation would make for the models, on a shadow that stands before the revision.

    :param prepared: where generation looks, and what it is asked; None asks Alembic's own.
    :param at: where what it wrote is run.
    :returns: of each revision that it would write.

    The revision's own imports are used around the generated functions, which are run from a file
    in the private folder ``scratch``.
    """
    return _run_generated(project, at, revision, scratch, render_functions(project, *prepared))


def _run_generated(
    project: Project, at: Address, revision: Script, scratch: Path, found: Sequence[Functions]
) -> list[Ddl]:
    import ast

    from alembic.util.pyfiles import load_python_file

    tree = ast.parse(Path(revision.path).read_text(encoding="utf-8"))
    kept = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom, ast.Assign))]
    modules: list[Any] = []
    for number, functions in enumerate(found):
        source = "\n".join(
            [
                *(ast.unparse(node) for node in kept),
                *functions.imports,
                "def upgrade():",
                textwrap.indent(functions.upgrade or "pass", "    "),
                "    pass",
                "def downgrade():",
                textwrap.indent(functions.downgrade or "pass", "    "),
                "    pass",
            ]
        )
        path = scratch / f"generated_{revision.revision}_{number}.py"
        path.write_text(source, encoding="utf-8")
        modules.append(load_python_file(scratch, path.name))
    calls = [("upgrade", m.upgrade) for m in modules]
    calls += [("downgrade", m.downgrade) for m in reversed(modules)]
    ran = _run(project, at, calls, revision.revision, str(scratch))
    back = ran[: len(modules) - 1 : -1]
    return [{"upgrade": ran[n], "downgrade": back[n]} for n in range(len(modules))]


def _run(
    project: Project,
    at: Address,
    calls: Sequence[tuple[str, Callable[..., Any]]],
    revision: str,
    file: str,
) -> list[list[StatementEffect]]:
    """Run functions on the shadow, one by one, and keep the statements that wrote the catalog."""
    dialect = load(at.dialect)
    found: list[list[StatementEffect]] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        end_external_transaction(context)
        connection = connection_of(context)
        state = dialect.read_catalog(query_on(connection))
        connection.rollback()
        arguments = context.opts["assay_run"].run_arguments
        for direction, function in calls:
            with (
                migration_transaction(context),
                recording(
                    connection,
                    function.__code__.co_filename,
                    dialect,
                    dialect.follower(query_on(connection), state),
                ) as recorder,
            ):
                try:
                    function(**(arguments if function.__code__.co_argcount else {}))
                except Exception as error:
                    raise RevisionFailed(revision, direction, error, file) from error
            state = dialect.read_catalog(query_on(connection))
            connection.rollback()
            found.append([s for s in recorder.statements if s.changed_catalog])
        return []

    project.run(work, to=at, per_migration=True, dont_mutate=True)
    return found
