"""The reversal walk: up, down, up for each revision of a range, in one run of ``env.py``.

Where the server rolls DDL back, one revision is one transaction: up, savepoint, down, up, and back to
the savepoint, so that nothing a revision leaves behind reaches the next one. A revision that commits
by itself, or fails in there, is run again in transactions of its own; if it then leaves damage the
walk goes on on a fresh shadow. A file database is copied before the down and put back after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.catalog import Difference, Snapshot, compare
from assay.dialects import Address, CatalogState, Dialect, load
from assay.errors import AssayError
from assay.project.compat.alembic import (
    adopt_transaction,
    ddl_memo,
    end_external_transaction,
    migration_transaction,
    set_ddl_memo,
)
from assay.project.failures import RevisionFailed
from assay.project.limit import ended_after
from assay.project.project import Project, query_on
from assay.prove.parents import models_of, point_to_parents
from assay.prove.reversal import HandWritten, Raised, Reversal
from assay.prove.rows import make_rows
from assay.prove.signals import NeedsOwnTransactions, Restart
from assay.shadow.building import build_chain, is_bare, is_missing_object, undeclared_baseline
from assay.shadow.reading import connection_of, visible
from assay.shadow.shadows import Shadows
from assay.trace.calling import Call
from assay.trace.recorder import recording

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

__all__ = ["walk"]

Progress = Callable[[int, int, str], None]


def walk(
    project: Project,
    shadows: Shadows,
    at: Address,
    revisions: Sequence[Script],
    *,
    rows: int = 0,
    progress: Progress | None = None,
) -> tuple[Reversal, ...]:
    """Up, down, up for each revision, on a shadow that stands just before the first.

    :param rows: make this many rows in each empty table before each revision; 0 for none.
    :returns: a result per revision, up to the first whose upgrade raises.
    """
    results: list[Reversal] = []
    todo = list(revisions)
    memo: dict[Any, Any] = {}
    while todo:
        one = _Walk(project, at, todo, rows, progress, len(results), len(revisions))
        one.memo = memo
        try:
            project.run(one.work, to=at, per_migration=True, dont_mutate=True)
        except Restart as restart:
            results.extend(one.results)
            memo = one.memo
            todo = todo[restart.done :]
            if todo:
                shadows.drop(at)
                at = shadows.create(at.dialect)
                build_chain(project, at, project.history.before(todo[0]))
            continue
        except AssayError:
            # env.py may fail after the walk, for example on a transaction that was ended under it
            if not one.finished:
                raise
        results.extend(one.results)
        break
    return tuple(results)


class _Walk:
    """One run of ``env.py`` over some revisions."""

    def __init__(
        self,
        project: Project,
        at: Address,
        revisions: Sequence[Script],
        rows: int,
        progress: Progress | None,
        done: int,
        total: int,
    ) -> None:
        self.project, self.at, self.revisions, self.rows = project, at, revisions, rows
        self.progress, self.done, self.total = progress, done, total
        self.dialect: Dialect = load(at.dialect)
        self.results: list[Reversal] = []
        self.finished = False
        self.saved = Path(at.database + ".before-down")
        self.memo: dict[Any, Any] = {}

    def work(self, _heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        end_external_transaction(context)
        self.context = context
        self.connection = connection_of(context)
        self.query = query_on(self.connection)
        self.state: CatalogState = self.dialect.read_catalog(self.query)
        self.connection.rollback()
        for number, revision in enumerate(self.revisions):
            if self.progress is not None:
                self.progress(self.done + number + 1, self.total, revision.revision)
            made = self._make_rows()
            result = self._one(revision, number)
            self.results.append(replace(result, rows=made))
            if not result.upgraded:
                break
        self.finished = True
        return []

    def _make_rows(self) -> dict[str, int]:
        if not self.rows:
            return {}
        made = make_rows(self.connection, per_table=self.rows).made
        # a foreign key that is added is no more than the models say; whether real rows break it, the
        # review asks
        point_to_parents(self.connection, models_of(self.context))
        self.connection.commit()
        return dict(made)

    def _one(self, revision: Script, number: int) -> Reversal:
        empty = Reversal(revision.revision, (revision.doc or "").strip(), revision.path)
        if self.dialect.capabilities.transactional_ddl:
            try:
                return self._in_one_transaction(revision, empty)
            except (NeedsOwnTransactions, RevisionFailed):
                # what fails inside one transaction may be right in several: enum values, deferred
                # constraints, CONCURRENTLY; the verdict is that of the project's own way to run it
                self.state = self.dialect.read_catalog(self.query)
                self.connection.rollback()
        return self._in_own_transactions(revision, empty, number)

    def _in_one_transaction(self, revision: Script, empty: Reversal) -> Reversal:
        before = self.state
        transaction = self.connection.begin()
        adopt_transaction(self.context, transaction)
        try:
            with self._no_commit():
                by_hand = self._call(revision, "upgrade", self.memo)
                memo = ddl_memo(self.context)
                up = before.refresh(self.query)
                savepoint = self.connection.begin_nested()
                by_hand += self._call(revision, "downgrade")
                # each from the state it is compared with: where it came back, nothing is read
                down = before.refresh(self.query)
                self._call(revision, "upgrade")
                again = up.refresh(self.query)
                savepoint.rollback()
            transaction.commit()
        except BaseException:
            if transaction.is_active:
                transaction.rollback()
            self.connection.rollback()
            raise
        finally:
            adopt_transaction(self.context, None)
        self.state, self.memo = up, memo
        return replace(
            empty,
            after_down=self._compare(before.snapshot, down.snapshot),
            after_second_up=self._compare(up.snapshot, again.snapshot),
            hand_written=by_hand,
        )

    def _in_own_transactions(self, revision: Script, empty: Reversal, number: int) -> Reversal:
        before = self.state
        result = replace(empty, own_transactions=True)
        try:
            by_hand = self._call_alone(revision, "upgrade", self.memo)
        except RevisionFailed as failed:
            bare = is_bare(visible(before.snapshot, self.context))
            if bare and is_missing_object(failed.error):
                raise undeclared_baseline(self.project, failed) from failed
            return replace(result, raised=Raised("upgrade", failed.what, failed.where))
        self.memo = ddl_memo(self.context)
        up = self.state = self._read()
        self._save()
        step = "downgrade"
        try:
            by_hand += self._call_alone(revision, "downgrade")
            down = self._read()
            result = replace(result, after_down=self._compare(before.snapshot, down.snapshot))
            step = "second upgrade"
            self._call_alone(revision, "upgrade")
            again = self._read()
            result = replace(result, after_second_up=self._compare(up.snapshot, again.snapshot))
        except RevisionFailed as failed:
            result = replace(result, raised=Raised(step, failed.what, failed.where))
        result = replace(result, hand_written=by_hand)
        if not self._put_back() and not result.reverses:
            self.results.append(result)
            raise Restart(number + 1)
        return result

    def _call(
        self, revision: Script, direction: str, memo: dict[Any, Any] | None = None
    ) -> tuple[HandWritten, ...]:
        """Run one function of a revision; what DDL in it no operation made.

        :param memo: what Alembic remembers of the run so far. The first upgrades are those of one
            ``alembic upgrade head``; a downgrade and the upgrade after it are commands of their own.
        """
        set_ddl_memo(self.context, memo or {})
        call = Call(self.context, revision, direction)
        try:
            limited = ended_after(self.project.settings.trace_limit)
            with recording(self.connection, call.file, self.dialect) as recorder, limited:
                call()
        except AssayError:
            raise
        except (Exception, SystemExit) as error:
            raise RevisionFailed(revision.revision, direction, error, call.file) from error
        return tuple(
            HandWritten(direction, s.line, s.sql) for s in recorder.statements if s.by_hand
        )

    def _call_alone(
        self, revision: Script, direction: str, memo: dict[Any, Any] | None = None
    ) -> tuple[HandWritten, ...]:
        """As :meth:`_call`, in the transaction Alembic would give it."""
        try:
            with migration_transaction(self.context):
                return self._call(revision, direction, memo)
        finally:
            if self.connection.in_transaction():
                self.connection.rollback()

    def _read(self) -> CatalogState:
        state = self.state.refresh(self.query)
        self.connection.rollback()
        return state

    def _save(self) -> None:
        if self.dialect.files is not None:
            self.dialect.files.save(self.at, self.saved)

    def _put_back(self) -> bool:
        """Put a file database back to after the first upgrade; False where that cannot be."""
        if self.dialect.files is None:
            return False
        self.dialect.files.restore(self.at, self.saved)
        return True

    def _compare(self, before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
        if before.objects == after.objects:
            return ()
        return compare(visible(before, self.context), visible(after, self.context))

    @contextmanager
    def _no_commit(self) -> Iterator[None]:
        """Within, a revision that would end our transaction is stopped before it does."""
        from sqlalchemy import event

        def refuse(*_arguments: Any, **_keywords: Any) -> Any:
            raise NeedsOwnTransactions

        event.listen(self.connection, "commit", refuse)
        self.context.__dict__["autocommit_block"] = refuse
        try:
            yield
        finally:
            self.context.__dict__.pop("autocommit_block", None)
            event.remove(self.connection, "commit", refuse)
