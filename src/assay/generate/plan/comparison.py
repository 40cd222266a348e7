"""What a plan is made from: the catalog as it is, the catalog as the models make it, both exact.

Whether two objects are equal is the snapshots' question alone, each read from a server that rendered
it. The models give the SQLAlchemy constructs that operations are written from, so that a revision
reads like the models; the inspector gives types for what the models no longer have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.catalog import CatalogObject, Difference, Snapshot, compare
from assay.generate.answers import Answers
from assay.generate.plan.step import Step

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect, Inspector, Table

__all__ = ["Comparison", "Request"]

TableKey = tuple[str, ...]
"""The key of a table's catalog object: ``(schema, table)`` on PostgreSQL, else ``(table,)``."""


@dataclass(frozen=True)
class Request:
    """What is asked of a plan beside the models.

    :param old: the catalog at head, after the renames that :attr:`answers` declare.
    :param new: the catalog that ``create_all`` makes of the models.
    """

    old: Snapshot
    new: Snapshot
    answers: Answers = field(default_factory=Answers)
    ignore: Callable[[CatalogObject], bool] = lambda _found: False
    """What is left alone: patterns of the settings, the project's own filters."""
    renames: Sequence[Step] = ()
    """The steps that :attr:`old` has behind it already."""
    online: Callable[[TableKey], bool] | None = None
    """Which tables are large enough to be changed by safe forms; None writes one plain revision."""
    forms: Mapping[tuple[str, int, int], Any] = field(default_factory=dict)
    """What a shadow accepted of this plan, see :mod:`assay.generate.recipes.stated`."""


class Comparison:
    """Two catalogs, and the constructs to write operations from."""

    def __init__(self, context: AutogenContext, request: Request) -> None:
        self.context, self.answers, self._ignore = context, request.answers, request.ignore
        self.old, self.new = request.old, request.new

    @property
    def dialect(self) -> Dialect:
        """SQLAlchemy's dialect, connected."""
        assert self.context.dialect is not None
        return self.context.dialect

    @cached_property
    def inspector(self) -> Inspector:
        """Reflection of the database at head; ask ``get_multi_…`` once, not per table."""
        return self.context.inspector

    @cached_property
    def default_schema(self) -> str | None:
        """The schema that a model without one is made in; None where keys have no schema."""
        return self.dialect.default_schema_name if self.dialect.name == "postgresql" else None

    @cached_property
    def models(self) -> Mapping[TableKey, Table]:
        """The models' tables by the key of their catalog object."""
        found: Any = self.context.metadata
        metadatas = found if isinstance(found, (list, tuple)) else [found] if found else []
        return {self.key_of(t): t for m in metadatas for t in m.tables.values()}

    @cached_property
    def by_model_order(self) -> Mapping[TableKey, int]:
        """Position of each model table, referenced tables before those that reference them."""
        from sqlalchemy.schema import sort_tables_and_constraints

        sort: Any = sort_tables_and_constraints

        ordered = [t for t, _ in sort(self.models.values()) if t is not None]
        return {self.key_of(t): n for n, t in enumerate(ordered)}

    def key_of(self, table: Table) -> TableKey:
        """The key of a model table's catalog object."""
        if self.default_schema is None:
            return (str(table.name),)
        return (str(table.schema or self.default_schema), str(table.name))

    def schema_of(self, key: TableKey) -> str | None:
        """``schema=`` of an operation on an object with that key; None for the default schema."""
        if self.default_schema is None or key[0] == self.default_schema:
            return None
        return key[0]

    def table_of(self, found: CatalogObject) -> TableKey:
        """The key of the table that an object is or belongs to (columns, constraints, indexes)."""
        return found.key[: 1 if self.default_schema is None else 2]

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference that settings and the project's own filters let through, old to new."""
        return tuple(d for d in compare(self.old, self.new) if not self._ignore(d.object))

    def changed(self, *kinds: str) -> Iterator[Difference]:
        """Differences of objects of these kinds."""
        return (d for d in self.differences if d.object.kind in kinds)

    def in_both(self, key: TableKey) -> bool:
        """Whether a table is there before and after: a difference in it is for its own step."""
        return ("table", key) in self.old.by_identity and ("table", key) in self.new.by_identity
