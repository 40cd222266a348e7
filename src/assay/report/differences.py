"""Differences of catalogs as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.catalog import CatalogObject, Change, Difference
from assay.report.document import Line

__all__ = ["difference_lines"]

_SIGN = {Change.ADDED: "+", Change.REMOVED: "-", Change.ALTERED: "~"}


def difference_lines(
    differences: Iterable[Difference], depth: int = 0, most: int | None = None
) -> tuple[Line, ...]:
    """One line per object, and for an altered one a line per attribute.

    What belongs to a table that comes or goes as a whole is folded into the table's line.
    """
    found = list(differences)
    whole = {
        d.object.key for d in found if d.object.kind == "table" and d.change is not Change.ALTERED
    }
    lines: list[Line] = []
    shown = [d for d in found if d.object.kind == "table" or d.object.key[:-1] not in whole]
    for difference in shown[:most]:
        members = (
            [d.object for d in found if d.object.key[:-1] == difference.object.key]
            if difference.object.key in whole and difference.object.kind == "table"
            else []
        )
        lines.append(
            Line(
                f"{_SIGN[difference.change]} {_short_difference(difference, members)}",
                difference.change.value,
                depth,
            )
        )
        lines.extend(
            Line(f"{name}: {_value(old)} → {_value(new)}", difference.change.value, depth + 1)
            for name, old, new in difference.altered
        )
    if most is not None and len(shown) > most:
        lines.append(Line(f"… and {len(shown) - most} more (all in --json)", "hint", depth))
    return tuple(lines)


def _short_difference(difference: Difference, members: Sequence[CatalogObject] = ()) -> str:
    """One difference in a few words."""
    found = difference.object
    text = found.label
    if found.kind == "column" and difference.change is not Change.ALTERED:
        text += f"  {_column(found)}"
    elif members:
        columns = [m.key[-1] for m in members if m.kind == "column"]
        others = len(members) - len(columns)
        text += f"  ({', '.join(columns)}" + (
            f"; {others} more object{'s' if others > 1 else ''})" if others else ")"
        )
    elif difference.change is not Change.ALTERED:
        definition = found.get("definition") or found.get("expression") or found.get("columns")
        text += f"  {definition}" if definition else ""
    return text


def _column(found: CatalogObject) -> str:
    parts = [found.get("type") or ""]
    if is_not_null(found):
        parts.append("NOT NULL")
    for name in ("default", "generated", "identity"):
        value = found.get(name)
        if value:
            parts.append(f"{name} {value}")
    return " ".join(p for p in parts if p)


def is_not_null(column: CatalogObject) -> bool:
    """Whether the server says that a column is NOT NULL."""
    return column.get("not null") == "true"


def _value(value: str | None) -> str:
    if value is None:
        return "none"
    text = " ".join(value.split())
    return text if len(text) <= 200 else text[:197] + "…"
