"""The server's own texts of constraints and indexes, taken apart.

``pg_get_constraintdef`` and ``pg_get_indexdef`` write a small, fixed language. What is not understood
to the last word gives None: then the whole text goes into the revision as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.generate.postgresql.tokens import Reader, unwrapped

__all__ = [
    "Check",
    "Exclusion",
    "IndexDefinition",
    "Key",
    "Reference",
    "check",
    "exclusion",
    "index",
    "key",
    "reference",
]


@dataclass(frozen=True)
class Key:
    """A PRIMARY KEY or UNIQUE constraint."""

    columns: tuple[str, ...]
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    deferrable: bool = False
    initially: str | None = None

    @property
    def plain(self) -> bool:
        """Nothing but columns."""
        return self == Key(self.columns)


@dataclass(frozen=True)
class Check:
    """A CHECK constraint; :attr:`expression` as the server writes it, without its parentheses."""

    expression: str
    no_inherit: bool = False
    not_valid: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    table: tuple[str, ...]
    """Schema and name; the schema is always there under an empty ``search_path``."""
    referred: tuple[str, ...]
    match: str | None = None
    onupdate: str | None = None
    ondelete: str | None = None
    deferrable: bool = False
    initially: str | None = None
    not_valid: bool = False


@dataclass(frozen=True)
class Exclusion:
    """An EXCLUDE constraint."""

    method: str
    elements: tuple[tuple[str, str], ...]
    """Expression (with its operator class, if it has one) and operator."""
    where: str | None = None
    deferrable: bool = False
    initially: str | None = None


@dataclass(frozen=True)
class IndexDefinition:
    """An index that is not a constraint's."""

    name: str
    table: tuple[str, ...]
    unique: bool
    method: str
    elements: tuple[str, ...]
    """Each as SQL: a column with its collation, operator class and order, or an expression."""
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Its columns, if it is over nothing but columns."""
        found = [Reader(e).only_identifier() for e in self.elements]
        return None if None in found else tuple(c for c in found if c is not None)


def key(definition: str) -> Key | None:
    """A ``PRIMARY KEY`` or ``UNIQUE`` text."""
    read = Reader(definition)
    if not (read.words("PRIMARY", "KEY") or read.words("UNIQUE")):
        return None
    not_distinct = read.words("NULLS", "NOT", "DISTINCT")
    columns = read.identifiers()
    include = (read.identifiers() or ()) if read.words("INCLUDE") else ()
    deferrable, initially = _deferral(read)
    if columns is None or not read.ended:
        return None
    return Key(columns, include, not_distinct, deferrable, initially)


def check(definition: str) -> Check | None:
    """A ``CHECK`` text."""
    read = Reader(definition)
    expression = read.group() if read.words("CHECK") else None
    no_inherit = read.words("NO", "INHERIT")
    not_valid = read.words("NOT", "VALID")
    if expression is None or not read.ended:
        return None
    return Check(unwrapped(expression), no_inherit, not_valid)


def reference(definition: str) -> Reference | None:
    """A ``FOREIGN KEY`` text."""
    read = Reader(definition)
    columns = read.identifiers() if read.words("FOREIGN", "KEY") else None
    table = read.path() if read.words("REFERENCES") else None
    referred = read.identifiers() if table else None
    match = read.word() if read.words("MATCH") else None
    onupdate = _action(read) if read.words("ON", "UPDATE") else None
    ondelete = _action(read) if read.words("ON", "DELETE") else None
    deferrable, initially = _deferral(read)
    not_valid = read.words("NOT", "VALID")
    if columns is None or table is None or referred is None or not read.ended:
        return None
    return Reference(
        columns, table, referred, match, onupdate, ondelete, deferrable, initially, not_valid
    )


def exclusion(definition: str) -> Exclusion | None:
    """An ``EXCLUDE`` text."""
    read = Reader(definition)
    method = read.word() if read.words("EXCLUDE", "USING") else None
    inside = read.group() if method else None
    where = read.group() if inside is not None and read.words("WHERE") else None
    deferrable, initially = _deferral(read)
    if method is None or inside is None or not read.ended:
        return None
    elements = []
    for part in Reader(inside).parts():
        expression, separator, operator = part.rpartition(" WITH ")
        if not separator or not set(operator) <= set("+-*/<>=~!@#%^&|`?"):
            return None
        elements.append((expression, operator))
    return Exclusion(
        method, tuple(elements), unwrapped(where) if where else None, deferrable, initially
    )


def index(definition: str) -> IndexDefinition | None:
    """A ``CREATE INDEX`` text. ``ON ONLY`` is how that of a partitioned table is written."""
    read = Reader(definition)
    if not read.words("CREATE"):
        return None
    unique = read.words("UNIQUE")
    name = read.identifier() if read.words("INDEX") else None
    read_on = read.words("ON") and (read.words("ONLY") or True)
    table = read.path() if read_on else None
    method = read.word() if read.words("USING") else None
    inside = read.group()
    include = (read.identifiers() or ()) if read.words("INCLUDE") else ()
    not_distinct = read.words("NULLS", "NOT", "DISTINCT")
    options = _options(read.group() or "") if read.words("WITH") else {}
    where = read.rest() if read.words("WHERE") else None
    if name is None or table is None or method is None or inside is None or not read.ended:
        return None
    return IndexDefinition(
        name,
        table,
        unique,
        method,
        tuple(Reader(inside).parts()),
        include,
        not_distinct,
        options,
        unwrapped(where) if where else None,
    )


def _options(text: str) -> dict[str, str]:
    """``fillfactor='70', fastupdate=off``."""
    found = {}
    for part in Reader(text).parts():
        name, _, value = part.partition("=")
        found[name.strip()] = value.strip().strip("'")
    return found


def _deferral(read: Reader) -> tuple[bool, str | None]:
    deferrable = read.words("DEFERRABLE")
    initially = read.word() if read.words("INITIALLY") else None
    return deferrable, initially


def _action(read: Reader) -> str:
    """What a foreign key does: ``CASCADE``, ``SET NULL (a)`` …"""
    if read.words("NO", "ACTION"):
        return "NO ACTION"
    if not read.words("SET"):
        return read.word() or ""
    action = f"SET {read.word()}"
    columns = read.group()
    return action if columns is None else f"{action} ({columns})"
