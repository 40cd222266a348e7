"""What every text that renders catalog objects is made of.

The rendered texts must not depend on ``search_path``, the time zone and the like. So the statement
itself sets them first and puts them back last, both local: an ``Append`` runs its parts in order
(never in parallel, as ``set_config`` is parallel unsafe). This works in and out of a transaction,
also in a read-only one, and leaves nothing behind. There is no ``%`` in any text.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "COMMENT",
    "FIRST",
    "OPTIONS",
    "STAMP",
    "USER_SCHEMA",
    "comment_join",
    "not_of_extension",
    "settled",
]

_RENDERING = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
}
"""The settings that the server's renderings depend on, and what they are while it renders."""

FIRST = 16384
"""The first oid that a server gives to what a user makes."""
USER_SCHEMA = "n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'"


def not_of_extension(catalog: str, oid: str) -> str:
    """Not a member of an extension."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass"
        f" AND e.objid = {oid} AND e.deptype = 'e')"
    )


def comment_join(alias: str, catalog: str, oid: str, column: str = "0") -> str:
    return (
        f"LEFT JOIN pg_description {alias} ON {alias}.objoid = {oid}"
        f" AND {alias}.classoid = '{catalog}'::regclass AND {alias}.objsubid = {column}"
    )


COMMENT = "'comment', d.description"
# A server may stamp every column with a number that it moves at other columns' DDL too and that SET
# and RESET do not reach (Debian's 15.20, measured; 18.6 does not). It says nothing of the schema.
STAMP = "pg_attver"
OPTIONS = "(SELECT string_agg(o, ', ' ORDER BY o) FROM unnest({}) o)"


def _unless_set(name: str, value: str) -> str:
    setting = f"current_setting('{name}')"
    return f"CASE WHEN {setting} <> {value} THEN set_config('{name}', {value}, true) END"


def settled(parts: Collection[str], tables: Collection[str] = (), width: int = 4) -> str:
    """One statement that runs the parts under :data:`_RENDERING`.

    :param parts: ``SELECT`` texts, the first column a bigint, the others texts.
    :param tables: common table expressions for them.
    :param width: how many columns they have.
    """
    rest = ", NULL::text" * (width - 3)
    read = ", ".join(f"current_setting('{name}') AS \"{name}\"" for name in _RENDERING)
    # most have their value already, and setting each takes longer than asking for it
    first = ", ".join(_unless_set(name, f"'{value}'") for name, value in _RENDERING.items())
    last = ", ".join(_unless_set(name, f'before."{name}"') for name in _RENDERING)
    with_ = [f"before AS MATERIALIZED (SELECT {read})", *tables]
    return (
        "WITH "
        + ", ".join(with_)
        + "\n"
        + "\nUNION ALL\n".join(
            [
                f"SELECT 0::int8, 'settings', concat({first}){rest} FROM before",
                *parts,
                f"SELECT 0::int8, 'settings', concat({last}){rest} FROM before",
            ]
        )
    )
