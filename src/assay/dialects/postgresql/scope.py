"""What a statement may have touched beside the tables that it locks, and so what more is asked after it."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from assay.dialects.postgresql.catalog import PostgreSQLState
from assay.dialects.postgresql.catalogs import RENDERED
from assay.dialects.postgresql.place import Place

__all__ = ["Scope", "scope_of"]

_DROPS = re.compile(r"\s*DROP\s+(TABLE|VIEW|SEQUENCE|INDEX)\b(?!.*\bCASCADE\b)", re.I | re.S)
"""Plain DDL after which there is nothing that was not there before."""
_ALTERS = re.compile(r"\s*ALTER\s+TABLE\b(?!.*\b(?:CASCADE|RENAME|SCHEMA)\b)", re.I | re.S)
"""Plain DDL that changes a table, and makes and drops no other and no type."""


class Scope(Enum):
    """What a statement may have touched beside tables that came rendered."""

    TABLES = "tables"
    """Nothing."""
    DROPS = "drops"
    """Relations and indexes may be gone, and that is all."""
    ALL = "all"
    """Views, sequences, enums, triggers and comments."""


def scope_of(
    state: PostgreSQLState,
    now: Place,
    written: frozenset[str],
    naming: Collection[int],
    plain: str | None,
) -> Scope:
    """What a statement may have touched.

    :param state: of before it.
    :param written: the catalogs that it wrote, but for those of functions.
    :param naming: what may name something that has another name now.
    :param plain: its text, where it is plain DDL.
    """
    if naming:
        tables = all(any(o.kind == "table" for o in state.objects(one)) for one in naming)
        commented = any(o.get("comment") for one in naming for o in state.objects(one))
        return Scope.TABLES if tables and not commented and written <= RENDERED else Scope.ALL
    if plain is not None and _DROPS.match(plain):
        return Scope.DROPS
    if plain is not None and _ALTERS.match(plain):
        # a table that is written anew has another type for a moment
        return Scope.TABLES if written <= RENDERED | {"pg_type"} else Scope.ALL
    if written <= RENDERED and (plain is not None or not now.beside):
        return Scope.TABLES
    return Scope.ALL
