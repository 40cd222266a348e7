"""The one file that knows private or moving names of SQLAlchemy and Alembic.

Checked against SQLAlchemy 2.0.50 to 2.1.9 and Alembic 1.18.0 to 1.20.1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import InvalidRequestError

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy import Column, Connection, Constraint, Dialect
    from sqlalchemy.types import TypeEngine

__all__ = [
    "CLOSES",
    "adopt_transaction",
    "ask_first",
    "autogen_context",
    "before_each_connect",
    "close_left_open",
    "commit_unless_owned",
    "copy_column",
    "cursors_of_others",
    "ddl_memo",
    "doubles_percents",
    "downgrade_steps",
    "end_external_transaction",
    "indexes_in_transaction",
    "is_type_bound",
    "kept_open",
    "migration_transaction",
    "parent_ids",
    "reload_revision",
    "render_constraint_as_alembic",
    "render_operations",
    "set_ddl_memo",
    "set_process_revision_directives",
    "set_variants_of",
    "stamp_steps",
    "taken_from_below",
    "upgrade_step_of",
    "variants_of",
    "version_table",
    "whole_copy",
]


CLOSES = "the revision closes the connection that it is given, and Alembic goes on with it"
"""What an error says that is raised for it."""


def migration_transaction(context: MigrationContext) -> AbstractContextManager[Any]:
    """The transaction Alembic would run one migration in (``_per_migration``)."""
    return cast("AbstractContextManager[Any]", context.begin_transaction(_per_migration=True))


def adopt_transaction(context: MigrationContext, transaction: Any) -> None:
    """Tell Alembic that ``transaction`` is its own, as ``begin_transaction`` would."""
    context._transaction = transaction


def downgrade_steps(script: ScriptDirectory, revision: str, heads: tuple[str, ...]) -> list[Any]:
    """The steps of ``alembic downgrade REVISION`` from ``heads``."""
    return list(script._downgrade_revs(revision, cast(Any, heads)))


def stamp_steps(script: ScriptDirectory, revision: str, heads: tuple[str, ...]) -> list[Any]:
    """The steps of ``alembic stamp REVISION`` from ``heads``."""
    return list(script._stamp_revs(revision, cast(Any, heads)))


def upgrade_step_of(script: ScriptDirectory, revision: Script) -> Any:
    """One upgrade step, whatever the database is stamped with."""
    from alembic.runtime.migration import RevisionStep

    return RevisionStep(script.revision_map, revision, True)


def version_table(context: MigrationContext) -> tuple[str | None, str]:
    """Schema and name of the version table."""
    return context.version_table_schema, context.version_table


def set_process_revision_directives(
    context: MigrationContext, last: Callable[[Any, Any, list[Any]], None]
) -> None:
    """Run ``last`` after the project's own ``process_revision_directives``."""
    own = context.opts.get("process_revision_directives")

    def both(migration_context: Any, revision: Any, directives: list[Any]) -> None:
        if own is not None:
            own(migration_context, revision, directives)
        last(migration_context, revision, directives)

    context.opts["process_revision_directives"] = both


def parent_ids(revision: Script) -> list[str]:
    """Ids of the revisions that must be applied before this one, ``depends_on`` included."""
    found = list(revision._versioned_down_revisions)
    found.extend(d for d in revision._normalized_resolved_dependencies if d not in found)
    return found


@contextmanager
def before_each_connect(look: Callable[[Any, bool], None]) -> Iterator[None]:
    """Call ``look`` before any pool of the process makes a connection, whenever the pool was made.

    It gets the engine's dialect and True; or the creator and False where the pool does not connect
    by SQLAlchemy's own function. An engine made with ``creator=``, ``async_creator=`` or a pool of
    its own sends no ``do_connect`` event, so it would reach the real database.
    """
    from sqlalchemy.pool.base import _ConnectionRecord

    name = "_ConnectionRecord__connect"
    original = getattr(_ConnectionRecord, name)

    def connect(record: Any) -> None:
        pool = getattr(record, "_ConnectionRecord__pool")  # noqa: B009
        own = getattr(pool._creator, "__module__", "") == "sqlalchemy.engine.create"
        look(pool._dialect if own else pool._creator, own)
        original(record)

    setattr(_ConnectionRecord, name, connect)
    try:
        yield
    finally:
        setattr(_ConnectionRecord, name, original)


@contextmanager
def cursors_of_others(
    connection: Connection, own: tuple[str, ...], made: Callable[[Any], Any]
) -> Iterator[None]:
    """Give out what ``made`` makes of a cursor to who takes one from below SQLAlchemy.

    :param own: folders of code that is given the cursor itself, beside SQLAlchemy's.
    """
    import sqlalchemy
    from sqlalchemy.pool.base import _ConnectionFairy

    folders = (str(Path(sqlalchemy.__file__).parent), *own)
    original = _ConnectionFairy.cursor

    def cursor(fairy: Any, *arguments: Any, **keywords: Any) -> Any:
        found = original(fairy, *arguments, **keywords)
        others = connection.closed or connection.connection is not fairy
        if others or sys._getframe(1).f_code.co_filename.startswith(folders):
            return found
        return made(found)

    setattr(_ConnectionFairy, "cursor", cursor)  # noqa: B010
    try:
        yield
    finally:
        setattr(_ConnectionFairy, "cursor", original)  # noqa: B010


@contextmanager
def taken_from_below(
    connection: Connection, own: tuple[str, ...], told: Callable[[], None]
) -> Iterator[None]:
    """Tell when the driver's connection is taken from below SQLAlchemy, or called through it.

    :param own: folders of code that may, beside SQLAlchemy's.
    """
    import sqlalchemy
    from sqlalchemy.pool.base import _ConnectionFairy

    folders = (str(Path(sqlalchemy.__file__).parent), *own)
    names = ("dbapi_connection", "driver_connection")
    originals = {name: vars(_ConnectionFairy)[name] for name in names}
    passed_on = _ConnectionFairy.__getattr__

    def look(fairy: Any) -> None:
        # the frame first: SQLAlchemy itself asks often, also while it looks who is asked here
        if sys._getframe(2).f_code.co_filename.startswith(folders):
            return
        if not connection.closed and connection.connection is fairy:
            told()

    def reading(name: str) -> property:
        original = originals[name]

        def read(fairy: Any) -> Any:
            look(fairy)
            return original.__get__(fairy)

        return property(read, getattr(original, "__set__", None))

    def pass_on(fairy: Any, key: str) -> Any:
        if key.startswith(("execute", "copy")):
            look(fairy)
        return passed_on(fairy, key)

    for name in names:
        setattr(_ConnectionFairy, name, reading(name))
    setattr(_ConnectionFairy, "__getattr__", pass_on)  # noqa: B010
    try:
        yield
    finally:
        for name in names:
            setattr(_ConnectionFairy, name, originals[name])
        setattr(_ConnectionFairy, "__getattr__", passed_on)  # noqa: B010


@contextmanager
def kept_open(connection: Connection) -> Iterator[None]:
    """Let closing ``connection``, or giving back what is below it, raise where that is called.

    Without it the error comes from whoever uses the connection next: Alembic, in ``env.py``.
    """
    from sqlalchemy.pool.base import _ConnectionFairy

    original = _ConnectionFairy.close

    def close() -> None:
        raise InvalidRequestError(CLOSES)

    def give_back(fairy: Any) -> None:
        if not connection.closed and connection.connection is fairy:
            raise InvalidRequestError(CLOSES)
        original(fairy)

    # on the instance: SQLAlchemy itself closes connections by the class's method
    connection.close = close  # type: ignore[method-assign]
    setattr(_ConnectionFairy, "close", give_back)  # noqa: B010
    try:
        yield
    finally:
        setattr(_ConnectionFairy, "close", original)  # noqa: B010
        del connection.close


def ask_first(dialect: Any, listener: Callable[..., Any]) -> None:
    """Let a ``do_connect`` listener of the class ``Engine`` be asked before all others.

    ``insert=True`` does not: SQLAlchemy takes no notice of it for this event.
    """
    listeners = dialect.dispatch.do_connect.parent_listeners
    if listeners[0] != listener:
        listeners.remove(listener)
        listeners.appendleft(listener)


def close_left_open(connection: Any) -> None:
    """Close a driver's connection, without an event loop where it needs one."""
    driver = getattr(connection, "driver_connection", connection)
    if driver is connection:
        connection.close()
    elif hasattr(connection, "terminate"):
        connection.terminate()  # asyncpg, aiosqlite
    else:
        driver.pgconn.finish()  # psycopg


def reload_revision(script: ScriptDirectory, revision: str) -> None:
    """Load one revision file again after it was rewritten, the others not."""
    from pathlib import Path

    from alembic.util.pyfiles import load_python_file

    loaded = script.get_revision(revision)
    assert loaded is not None
    path = Path(loaded.path)
    loaded.module = load_python_file(path.parent, path.name)


def end_external_transaction(context: MigrationContext) -> None:
    """End a transaction opened before ``configure()``, so that the caller owns transactions."""
    connection = context.connection
    if connection is not None and connection.in_transaction():
        connection.commit()
        # inside `with engine.begin()` SQLAlchemy lets nothing more run on it until the block ends
        connection._trans_context_manager = None
    context._in_external_transaction = False


def autogen_context(revision_context: Any) -> AutogenContext:
    """The context of the last autogenerate run of Alembic's ``RevisionContext``."""
    return cast("AutogenContext", revision_context._last_autogen_context)


def render_operations(operations: Any, context: AutogenContext) -> str:
    """Python text of operations; what it imports is added to the context's imports.

    ``render_python_code`` is public, but refuses a migration context with several metadatas or a
    metadata it was not given, and keeps the imports to itself.
    """
    from alembic.autogenerate.render import _render_cmd_body

    return str(_render_cmd_body(operations, context))


def copy_column(column: Column[Any]) -> Column[Any]:
    """A copy of a column that belongs to no table, as Alembic makes one.

    A Boolean or an Enum has lost its variants in it (SQLAlchemy 2.1.9): see :func:`whole_copy`.
    """
    return column._copy()


def whole_copy(column: Column[Any]) -> Column[Any]:
    """A copy of a column that belongs to no table, its type as it was."""
    copied = copy_column(column)
    if variants_of(column.type) and not variants_of(copied.type):
        set_variants_of(copied.type, variants_of(column.type))
    return copied


def doubles_percents(dialect: Dialect) -> bool:
    """Whether what a dialect compiles has ``%%`` for ``%``, because its driver formats with it."""
    return bool(dialect.identifier_preparer._double_percents)


def variants_of(type_: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    """The types that ``with_variant`` gave, by dialect."""
    return type_._variant_mapping


def set_variants_of(type_: TypeEngine[Any], variants: Mapping[str, TypeEngine[Any]]) -> None:
    """Give a copied type other variants in place."""
    from sqlalchemy.util import immutabledict

    type_._variant_mapping = immutabledict(variants)


@contextmanager
def indexes_in_transaction(dialect: Dialect) -> Iterator[None]:
    """Leave out ``CONCURRENTLY``, which models may say of an index: no transaction can run it."""
    name = "_supports_create_index_concurrently"
    supports = getattr(dialect, name, False)
    setattr(dialect, name, False)
    try:
        yield
    finally:
        setattr(dialect, name, supports)


def is_type_bound(constraint: Constraint) -> bool:
    """Whether a type made the constraint: Boolean and Enum with ``create_constraint``."""
    return bool(constraint._type_bound)


def render_constraint_as_alembic(constraint: Constraint, context: AutogenContext) -> str | None:
    """What Alembic writes for a constraint in a table, ``render_item`` asked first."""
    from alembic.autogenerate.render import _render_constraint

    return _render_constraint(constraint, context, None)


def ddl_memo(context: MigrationContext) -> dict[Any, Any]:
    """A copy of what Alembic remembers of a run: the types it has created (``impl.memo``)."""
    return {
        name: value.copy() if hasattr(value, "copy") else value
        for name, value in context.impl.memo.items()
    }


def set_ddl_memo(context: MigrationContext, memo: dict[Any, Any]) -> None:
    """Let Alembic remember this; ``{}`` is what a new ``alembic`` command knows."""
    context.impl.memo.clear()
    context.impl.memo.update(memo)


def commit_unless_owned(context: MigrationContext) -> None:
    """Commit what was done on the connection, unless Alembic has a transaction open on it.

    Committing under Alembic's own would leave what follows in one that nobody commits.
    """
    if context._transaction is None and context.connection is not None:
        context.connection.commit()
