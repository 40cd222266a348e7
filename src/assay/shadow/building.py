"""What is built on shadows: the chain by ``upgrade``, the models by ``create_all``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic import op
from sqlalchemy.exc import InvalidRequestError

from assay.catalog import Snapshot
from assay.dialects import Address, CatalogState
from assay.errors import AssayError, ProcedureStop
from assay.project.compat.alembic import stamp_steps, upgrade_step_of
from assay.project.compat.connections import CLOSES
from assay.project.compat.constructs import indexes_in_transaction
from assay.project.failures import RevisionFailed, describe
from assay.project.limit import ended_after
from assay.project.project import Project
from assay.shadow.baseline import lay_baseline
from assay.shadow.dump import execute_plain
from assay.shadow.reading import (
    Reading,
    connection_of,
    read_database,
    read_here,
    read_state,
    visible,
)

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["UndeclaredBaseline", "build_chain", "build_models", "guarded_steps", "make_models"]

Progress = Callable[[str], None]


class UndeclaredBaseline(ProcedureStop):
    """The chain does not start from an empty database and does not say so."""


def build_chain(
    project: Project,
    to: Address,
    revisions: Sequence[Script] | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Apply revisions to a shadow, beginning at the declared baseline; the whole chain by default.

    :param revisions: in order of application; those the shadow already has are left out.
    :returns: the catalog and the heads at the end.
    :raises RevisionFailed: a revision raised.
    :raises UndeclaredBaseline: the first revisions need what no revision makes.
    :raises ProcedureStop: ``env.py`` ran the upgrade in a transaction that nobody commits.
    """
    history = project.history
    wanted = history.revisions if revisions is None else tuple(revisions)
    found: list[tuple[Snapshot, CatalogState]] = []
    heads_after: set[str] = set()

    def work(heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        begun = yield from begin_chain(project, heads, context)
        done = history.applied(begun)
        steps = [upgrade_step_of(history.script, r) for r in wanted if r.revision not in done]
        guarded = guarded_steps(steps, "upgrade", progress, project.settings.trace_limit)
        yield from _from_nothing(project, context, guarded)
        state = read_state(context)
        found.append((visible(state.snapshot, context), state))
        heads_after.update(context.get_current_heads())

    run = project.run(work, to=to)
    if run.sql_before_configure and wanted:
        reading = read_database(project, to)
        if set(reading.heads) != heads_after:
            raise nothing_applied(project)
    snapshot, state = found[0]
    return Reading(tuple(sorted(heads_after)), snapshot, run, state)


def begin_chain(
    project: Project, heads: tuple[str, ...], context: MigrationContext
) -> Generator[Any, None, tuple[str, ...]]:
    """Lay the declared baseline on an empty shadow and stamp it; returns the heads after that."""
    baseline = project.settings.baseline
    if baseline is None or heads:
        return heads
    lay_baseline(project, baseline, context)
    if baseline.revision == "base":
        return ()
    revision = project.history.get(baseline.revision).revision
    yield from stamp_steps(project.history.script, revision, ())
    return (revision,)


def guarded_steps(
    steps: list[Any], direction: str, progress: Progress | None = None, limit: float = 0
) -> Iterator[Any]:
    """Alembic's steps, each raising :class:`RevisionFailed` where its function raises.

    :param limit: seconds after which a function is ended; 0: never.
    """
    for number, step in enumerate(steps, 1):
        if progress is not None:
            progress(f"{direction} {number}/{len(steps)}")
        step.migration_fn = _guarded(step, direction, limit)
        yield step


def _guarded(step: Any, direction: str, limit: float) -> Callable[..., Any]:
    function, revision = step.migration_fn, step.revision

    def run(**arguments: Any) -> Any:
        try:
            with ended_after(limit):
                made = function(**arguments)
            connection = op.get_context().connection
            if connection is not None and connection.closed:
                raise InvalidRequestError(CLOSES)
            return made
        except AssayError:
            raise
        except (Exception, SystemExit) as error:
            raise RevisionFailed(revision.revision, direction, error, revision.path) from error

    return run


def _from_nothing(
    project: Project, context: MigrationContext, steps: Iterator[Any]
) -> Iterator[Any]:
    """The steps; one that misses a table while there is none yet shows an undeclared baseline."""
    bare = is_bare(read_here(context))
    for step in steps:
        if bare:
            step.migration_fn = _on_nothing(project, step.migration_fn)
        yield step
        bare = bare and is_bare(read_here(context))


def _on_nothing(project: Project, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(**arguments: Any) -> Any:
        try:
            return function(**arguments)
        except RevisionFailed as failed:
            if is_missing_object(failed.error):
                raise undeclared_baseline(project, failed) from failed
            raise

    return run


def is_bare(snapshot: Snapshot) -> bool:
    """Whether a catalog has no table."""
    return not snapshot.of_kind("table")


def is_missing_object(error: BaseException) -> bool:
    """Whether a database error says that a table is not there.

    SQLSTATE 42P01 and 42704 (PostgreSQL docs, appendix A); errors 1051 and 1146 (MariaDB docs, "error
    codes"); SQLite has no code for it, only text.
    """
    from sqlalchemy.exc import NoSuchTableError

    if isinstance(error, NoSuchTableError):
        return True
    original: Any = getattr(error, "orig", None)
    code = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if code in ("42P01", "42704"):
        return True
    arguments = getattr(original, "args", ())
    number = getattr(original, "errno", None) or (arguments[0] if arguments else None)
    if number in (1051, 1146):
        return True
    return "no such table" in str(original or "")


def undeclared_baseline(project: Project, failed: RevisionFailed) -> UndeclaredBaseline:
    """The error for a chain that starts from something no revision makes."""
    declared = project.settings.baseline
    return UndeclaredBaseline(
        f"The chain does not start from an empty database: {failed.revision} needs what no "
        f"revision before it makes ({describe(failed.error)}).",
        where=failed.where,
        next_step=(
            "Correct [tool.assay.baseline]: it does not make what this revision needs."
            if declared
            else "Declare where the chain begins: `assay baseline REV --from DATABASE` writes a "
            "schema-only dump, or set create_all in [tool.assay.baseline]."
        ),
    )


def nothing_applied(project: Project) -> ProcedureStop:
    """The error for Alembic's silent success."""
    return ProcedureStop(
        "Alembic reported success and applied nothing: env.py runs SQL on the connection before "
        "context.configure(), so Alembic takes the transaction for somebody else's.",
        where=str(project.history.script.env_py_location),
        next_step="Move that SQL behind context.configure(), or commit it before.",
    )


def build_models(project: Project, to: Address, like: Snapshot | None = None) -> Reading:
    """``create_all`` of the project's models on an empty shadow, and its catalog.

    :param like: extensions of this snapshot are made first; metadata cannot hold them.
    :raises ProcedureStop: ``create_all`` fails.
    :raises UsageError: the metadata is empty.
    """
    found: list[Snapshot] = []

    def work(_heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        connection = connection_of(context)
        make_models(connection, project.metadatas(context.opts["assay_run"]), like)
        connection.commit()
        found.append(read_here(context))
        return []

    run = project.run(work, to=to, dont_mutate=True)
    return Reading((), found[0], run)


def make_models(connection: Any, metadatas: Iterable[Any], like: Snapshot | None = None) -> None:
    """``create_all`` on an empty database; what metadata cannot hold is made first.

    :param like: its extensions are made.
    :raises ProcedureStop: ``create_all`` fails.
    """
    for extension in like.of_kind("extension") if like else ():
        schema = extension.get("schema")
        into = f' WITH SCHEMA "{schema}"' if schema == "public" else ""
        execute_plain(connection, f'CREATE EXTENSION IF NOT EXISTS "{extension.key[0]}"{into}')
    try:
        for metadata in metadatas:
            _make_schemas(connection, metadata)
            with indexes_in_transaction(connection.dialect):
                metadata.create_all(connection)
    except Exception as error:
        raise ProcedureStop(
            f"create_all of the models fails on an empty database: {describe(error)}",
            next_step="Correct the models; the tests that use create_all fail the same way.",
        ) from error


def _make_schemas(connection: Any, metadata: Any) -> None:
    from sqlalchemy import inspect
    from sqlalchemy.schema import CreateSchema

    wanted = {table.schema for table in metadata.tables.values() if table.schema}
    wanted |= {s.schema for s in getattr(metadata, "_sequences", {}).values() if s.schema}
    if not wanted:
        return
    if metadata.schema:
        wanted.add(metadata.schema)
    existing = set(inspect(connection).get_schema_names())
    for schema in sorted(wanted - existing):
        connection.execute(CreateSchema(schema))
