"""``USING`` expressions: how values of one type become values of another, and again.

PostgreSQL converts by itself where an implicit or assignment cast exists; ``varchar(20)`` refuses
what is longer then, which an explicit cast would cut off. Timestamps without a time zone are taken
for UTC: the server's own cast would ask the session.
"""

from __future__ import annotations

from sqlalchemy import text

from assay.catalog import Snapshot
from assay.generate.plan.comparison import Comparison
from assay.generate.postgresql.type_texts import TypeText

__all__ = ["local", "using"]

_TEXT = ("character varying", "text", "character")
_INT = ("smallint", "integer", "bigint")
_FLOAT = ("real", "double precision")
_NUMBER = (*_INT, *_FLOAT, "numeric")
_STAMP, _STAMPTZ = "timestamp without time zone", "timestamp with time zone"
_RANGES = {
    "int4range": "integer",
    "int8range": "bigint",
    "numrange": "numeric",
    "daterange": "date",
    "tsrange": _STAMP,
    "tstzrange": _STAMPTZ,
}
_UTC = "{v} AT TIME ZONE 'UTC'"
_WITHOUT_DASHES = "replace({v}::text, '-', '')"


def _table() -> dict[tuple[str, str], str]:
    """Pairs that need words of their own."""
    found = {
        (_STAMP, _STAMPTZ): _UTC,
        (_STAMPTZ, _STAMP): _UTC,
        ("date", _STAMPTZ): "{v}::timestamp AT TIME ZONE 'UTC'",
        (_STAMPTZ, "date"): f"({_UTC})::date",
        (_STAMPTZ, "time without time zone"): f"({_UTC})::time",
        ("time without time zone", _STAMP): "date '1970-01-01' + {v}",
        ("time without time zone", _STAMPTZ): "(date '1970-01-01' + {v}) AT TIME ZONE 'UTC'",
        ("uuid", "bytea"): "uuid_send({v})",
        ("bytea", "uuid"): "encode({v}, 'hex')::uuid",
        ("tsrange", "tstzrange"): _range("tstzrange"),
        ("tstzrange", "tsrange"): _range("tsrange"),
    }
    for kind in _TEXT:
        found[kind, "bytea"] = "convert_to({v}, 'UTF8')"
        found["bytea", kind] = "convert_from({v}, 'UTF8')"
        found["inet", kind] = "abbrev({v})"
    for kind in _NUMBER:
        if kind != "integer":
            found[kind, "boolean"] = "{v} <> 0"
            found["boolean", kind] = "{v}::integer::{t}"
        found[kind, _STAMPTZ] = "to_timestamp({v})"
        found[kind, _STAMP] = "to_timestamp({v}) AT TIME ZONE 'UTC'"
        found[kind, "interval"] = "make_interval(secs => {v})"
        for stamp in (_STAMP, _STAMPTZ, "interval"):
            found[stamp, kind] = "extract(epoch FROM {v})::{t}"
    for kind in (*_FLOAT, *_INT):
        found["money", kind] = "{v}::numeric::{t}"
    for kind in (*_FLOAT, "smallint"):
        found[kind, "money"] = "{v}::numeric::{t}"
    for bits in ("bit", "bit varying"):
        found["smallint", bits] = "{v}::integer::{t}" if bits == "bit" else "{v}::integer::bit(32)"
        found[bits, "smallint"] = "{v}::bit(32)::integer::{t}"
    return found


def _range(kind: str) -> str:
    """A range of the other kind of timestamps, bound by bound."""
    how = (
        "CASE WHEN lower_inc({v}) THEN '[' ELSE '(' END"
        " || CASE WHEN upper_inc({v}) THEN ']' ELSE ')' END"
    )
    bounds = "lower({v}) AT TIME ZONE 'UTC', upper({v}) AT TIME ZONE 'UTC'"
    return f"CASE WHEN isempty({{v}}) THEN 'empty'::{kind} ELSE {kind}({bounds}, {how}) END"


_PAIRS = _table()


def using(
    c: Comparison,
    value: str,
    old: tuple[str, Snapshot],
    new: tuple[str, Snapshot],
    *,
    back: bool = False,
) -> str | None:
    """The expression that ``ALTER COLUMN … TYPE`` needs; None where the server's cast is right.

    :param value: the column as SQL.
    :param old: a type's text and the catalog that it is of; ``new`` likewise.
    :param back: the way back of a conversion the other way, which made arrays of one element.
    """
    written = local(c, new[0])
    source, target = TypeText.of(old[0]).resolved(old[1]), TypeText.of(new[0]).resolved(new[1])
    if source.base == target.base and source.array == target.array:
        return _lengthened(source, target, value, written)
    if target.array and not source.array:
        return _gathered(c, value, source, target, written)
    if source.array and not target.array:
        return _scattered(value, target, written, back)
    if source.array:
        return None if target.base in _TEXT else f"{value}::text[]::{written}"
    return _scalar(c, value, source, target, written)


def local(c: Comparison, kind: str) -> str:
    """A type's text as a revision writes it: the default schema is not said."""
    path = TypeText.of(kind).key
    if path is None or c.schema_of(path) is not None:
        return kind
    return kind.removeprefix(f"{c.dialect.identifier_preparer.quote(path[0])}.")


def _lengthened(source: TypeText, target: TypeText, value: str, written: str) -> str | None:
    """One type with other parameters: bits are cut and filled by an explicit cast only."""
    if source.base == "bit" and source.numbers != target.numbers:
        return f"{value}::{written}"
    return None


def _scalar(
    c: Comparison, value: str, source: TypeText, target: TypeText, written: str
) -> str | None:
    one, other = source.base, target.base
    if one == "uuid" and other in _TEXT:
        short = target.numbers and target.numbers[0] < 36
        return _WITHOUT_DASHES.format(v=value) if short else None
    pair = _PAIRS.get((one, other))
    if pair is not None:
        return pair.format(v=value, t=written)
    if other in _RANGES and one not in _RANGES and one not in _TEXT:
        element = _RANGES[other]
        bound = f"{value}::{element}"
        return f"CASE WHEN {value} IS NOT NULL THEN {other}({bound}, {bound}, '[]') END"
    if one in _RANGES and other not in _RANGES and other not in _TEXT:
        return f"lower({value})::{written}"
    if other in ("json", "jsonb") and one not in ("json", "jsonb", *_TEXT):
        return f"to_{other}({value})"
    context = _cast_context(c, one, other)
    if context in ("i", "a"):
        return None
    if context == "e":
        return f"{value}::{written}"
    if one in ("json", "jsonb") and other not in _TEXT:
        return f"({value} #>> '{{}}')::{written}"
    if other in _TEXT:
        return None
    plain = one in ("text", "character varying")
    return f"{value}::{written}" if plain else f"{value}::text::{written}"


def _gathered(
    c: Comparison, value: str, source: TypeText, target: TypeText, written: str
) -> str | None:
    """A scalar to an array: of one element, or what a text or a JSON array spells."""
    if source.base in _TEXT:
        one = f"WHEN {value} IS NOT NULL THEN ARRAY[{value}]::{written} END"
        if target.base in _TEXT:
            return f"CASE {one}"
        return f"CASE WHEN left({value}, 1) = '{{' THEN {value}::{written} {one}"
    if source.base in ("json", "jsonb"):
        return f"translate({value}::text, '[]', '{{}}')::{written}"
    element = target.element
    inner = _scalar(c, value, source, element, written.removesuffix("[]")) or value
    return f"CASE WHEN {value} IS NOT NULL THEN ARRAY[{inner}]::{written} END"


def _scattered(value: str, target: TypeText, written: str, back: bool) -> str | None:
    """An array to a scalar: all of it as text or JSON, else its first element."""
    if target.base in ("json", "jsonb"):
        return f"to_{target.base}({value})"
    if target.base in _TEXT and not back:
        return None
    # a cast to varchar(20) would cut off what assignment refuses
    return f"({value})[1]" if target.base in _TEXT else f"({value})[1]::{written}"


def _cast_context(c: Comparison, one: str, other: str) -> str | None:
    """How the server casts between two types: implicitly, on assignment, explicitly, not at all."""
    connection = c.context.connection
    assert connection is not None
    found = connection.execute(
        text(
            "SELECT castcontext::text FROM pg_cast"
            " WHERE castsource = to_regtype(:one) AND casttarget = to_regtype(:other)"
        ),
        {"one": one, "other": other},
    ).scalar()
    return None if found is None else str(found)
