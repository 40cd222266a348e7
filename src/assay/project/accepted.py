"""What the installed SQLAlchemy can say of a table; a database may have what it cannot.

A chain may make such things by ``op.execute``, so an older SQLAlchemy has to be asked before a
revision is written in its words. The words by version (its "versionadded" and its tables of
arguments): ``postgresql_nulls_not_distinct`` 2.0.16, ``postgresql_using`` of a table 2.0.26,
``sqlite_strict`` 2.0.37, ``ON DELETE SET NULL (column)`` 2.0.40, ``postgresql_include`` of a
UNIQUE or PRIMARY KEY 2.0.41.
"""

from __future__ import annotations

from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Integer, MetaData, Table
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateTable, SchemaItem

__all__ = ["accepts", "accepts_ondelete"]


def accepts(dialect: Dialect, construct: type[SchemaItem], *arguments: str) -> bool:
    """Whether a construct may be given all these arguments of a dialect.

    :param arguments: without the dialect's name: ``include`` is ``postgresql_include``.
    """
    known = {
        name
        for kind, given in dialect.construct_arguments or ()
        if issubclass(construct, kind)
        for name in given
    }
    return known.issuperset(arguments)


def accepts_ondelete(dialect: Dialect, action: str | None) -> bool:
    """Whether a foreign key may be written with this action behind ``ON DELETE``."""
    key = ForeignKeyConstraint(["a"], ["t.a"], ondelete=action)
    table = Table("t", MetaData(), Column("a", Integer), key)
    try:
        CreateTable(table).compile(dialect=dialect)
    except CompileError:
        return False
    return True
