"""One function of a revision, called as a new ``alembic`` command would call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING

from assay.project.compat.alembic import migration_transaction, set_ddl_memo
from assay.project.revision_file import function_of
from assay.shadow.reading import connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["Call"]


class Call:
    """To be called in its :meth:`transaction`.

    :param direction: ``upgrade`` or ``downgrade``.
    """

    def __init__(self, context: MigrationContext, revision: Script, direction: str) -> None:
        self._context = context
        self._function = function_of(revision.module, direction)
        self._arguments = context.opts["assay_run"].run_arguments
        self.code: CodeType | None = getattr(self._function, "__code__", None)
        """What runs; None where the revision has no such function, or no plain one."""
        self.file = self.code.co_filename if self.code else str(revision.path)
        """Where its lines are."""

    def __call__(self) -> None:
        """Run the function; it raises what it raises."""
        self._function(**self._arguments)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The transaction that Alembic gives one migration, and no memory of types made before.

        What is open on the connection after it is rolled back.
        """
        set_ddl_memo(self._context, {})
        connection = connection_of(self._context)
        try:
            with migration_transaction(self._context):
                yield
        finally:
            if connection.in_transaction():
                connection.rollback()
