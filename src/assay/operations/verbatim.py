"""A column type in the database's own words, for types that SQLAlchemy has no class for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

__all__ = ["Verbatim"]


class Verbatim(UserDefinedType[Any]):
    """A type written into DDL as it stands: ``Verbatim('vector(3)')``.

    :param text: the type as the server's ``CREATE TABLE`` takes it, collation included.
    """

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        """What ``CREATE TABLE`` says after the column's name."""
        return self.text

    def __repr__(self) -> str:
        return f"assay.operations.Verbatim({self.text!r})"


@compiles(Verbatim)
def _compile(type_: Verbatim, compiler: Any, **_: Any) -> str:
    # a literal column is written as it stands, but %% for % where the driver formats with it
    return str(literal_column(type_.text).compile(dialect=compiler.dialect))
