"""What a rebuilt table's columns get where the old value alone would not do."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assay.catalog import CatalogObject, Snapshot

__all__ = ["conversions"]


def conversions(
    table: str,
    before: Snapshot,
    after: Snapshot,
    values: Mapping[str, Mapping[str, str | None]],
    filled: Collection[CatalogObject] = (),
) -> dict[str, str]:
    """SQL over the old row, by column.

    SQLAlchemy keeps dates and times as text of one form each (its documentation of the SQLite
    dialect), which a column of the other type could not read. Everything else is left to the
    column's affinity; a CAST would destroy what is not a number.

    :param values: by column, values that rows hold to what they become.
    :param filled: columns of which rows without a value get the default.
    """
    found = {}
    for new in after.of_kind("column"):
        old = before.get("column", *new.key)
        if new.key[0] != table or old is None or new.get("generated") is not None:
            continue
        name = _quoted(new.key[1])
        expression = _temporal(name, old.get("type") or "", new.get("type") or "")
        mapped = values.get(f"{table}.{new.key[1]}")
        if mapped:
            expression = _mapped(expression, mapped)
        if new in filled:
            expression = f"coalesce({expression}, {new.get('default')})"
        if expression != name:
            found[new.key[1]] = expression
    return found


def _temporal(name: str, old: str, new: str) -> str:
    """A date as a timestamp at midnight, and back."""
    if _is(old, "DATE") and _is(new, "DATETIME", "TIMESTAMP"):
        return f"CASE WHEN length({name}) = 10 THEN {name} || ' 00:00:00.000000' ELSE {name} END"
    if _is(old, "DATETIME", "TIMESTAMP") and _is(new, "DATE"):
        return f"substr({name}, 1, 10)"
    return name


def _is(type_text: str, *names: str) -> bool:
    return type_text.upper().partition("(")[0].strip() in names


def _mapped(name: str, values: Mapping[str, str | None]) -> str:
    cases = " ".join(f"WHEN {_literal(old)} THEN {_literal(new)}" for old, new in values.items())
    return f"CASE {name} {cases} ELSE {name} END"


def _literal(value: str | None) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
