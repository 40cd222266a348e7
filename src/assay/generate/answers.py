"""What a person says beside the models: renames, values for rows, drops that are meant, who gives values."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import UsageError

__all__ = ["Answers", "merged", "read_answers"]

KNOWN = ("backfill", "drop", "given", "renames", "values")
RENAMES = ("columns", "tables")

_EXAMPLE = (
    'For example: {"renames": {"tables": {"authors": "writers"}, "columns": {"users.name": '
    '"full_name"}}, "values": {"users.status": {"old": "new"}}, "backfill": {"users.email": '
    '"lower(name)"}, "drop": ["users.nick"], "given": ["users.email"]}'
)


@dataclass(frozen=True)
class Answers:
    """Answers, from flags and a file.

    :param backfill: ``table.column`` (or ``schema.table.column``) to an SQL expression over the row.
    :param drop: ``table`` or ``table.column`` whose loss is meant.
    """

    backfill: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    """Renamed tables, old name to new, each ``table`` or ``schema.table``."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Renamed columns: ``table.column`` (the table as it was) to the column's new name."""
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """Per ``table.column`` (as it was): values that rows hold to what they become (enum labels)."""
    labels: tuple[str, ...] = ()
    """Enum labels whose loss is meant: ``table.column.label`` (as it was)."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """``--rename`` as said: whether ``a.b`` is a column or a table is for the catalogs to tell."""
    valued: Mapping[str, str | None] = field(default_factory=dict)
    """``--value`` as said: ``table.column.label`` to what the label becomes."""
    decided: bool = False
    """All renames are said (the file has ``renames``, maybe empty): nothing is asked any more."""
    filled: frozenset[str] = frozenset()
    """Columns that a slot of the revision fills, of which nothing else is said."""
    given: tuple[str, ...] = ()
    """Columns that become required, to which every release that runs gives a value already."""
    given_decided: bool = False
    """All of them are said (the file has ``given``, maybe empty): nothing is asked any more."""

    def now(self, target: str) -> tuple[str, str]:
        """The table and the column of ``table.column``, by the names that they have after the renames."""
        table, _, column = target.rpartition(".")
        return self.tables.get(table, table), self.columns.get(target, column)

    def fills(self, target: str) -> bool:
        """Whether somebody gave the value of a column, ``table.column`` or ``schema.table.column``."""
        return target in self.backfill or target in self.filled

    @property
    def empty(self) -> bool:
        """Nothing was said."""
        return not (
            self.backfill
            or self.drop
            or self.tables
            or self.columns
            or self.values
            or self.labels
            or self.renamed
            or self.valued
            or self.given
        )


def read_answers(
    file: Path | None,
    backfill: Iterable[str] = (),
    drop: Iterable[str] = (),
    rename: Iterable[str] = (),
    value: Iterable[str] = (),
    given: Iterable[str] = (),
) -> Answers:
    """Answers from a JSON file and from flags; flags win.

    The file: ``{"renames": {"tables": {"authors": "writers"}, "columns": {"users.name":
    "full_name"}}, "values": {"users.status": {"old": "new"}}, "backfill": {"users.email":
    "lower(name)"}, "drop": ["users.nick"], "given": ["users.email"]}``. Every key may be left out. A
    file with ``renames`` or ``given``, even an empty one, says all of them: what else is gone and new
    is dropped and added, of what else becomes required nothing is known.

    :param rename: ``users.name=full_name``, ``authors=writers``.
    :param value: ``users.status.old=new``; nothing after ``=`` is NULL.
    :raises UsageError: the file or a flag is not of these forms.
    """
    said = _from_file(file) if file is not None else Answers()
    flags = Answers(
        backfill={
            _dotted(target, "--backfill", flag): expression
            for flag in backfill
            for target, expression in [_pair(flag, "--backfill")]
        },
        drop=tuple(dict.fromkeys(name.strip() for name in drop)),
        renamed=dict(_pair(flag, "--rename") for flag in rename),
        valued={
            _dotted(target, "--value", flag, 2): becomes or None
            for flag in value
            for target, becomes in [_pair(flag, "--value", empty=True)]
        },
        given=tuple(dict.fromkeys(_dotted(name.strip(), "--given", name) for name in given)),
    )
    return merged(said, flags)


def merged(base: Answers, over: Answers) -> Answers:
    """Both; what ``over`` says of a name wins over what ``base`` says of it."""
    said = {*over.renamed, *over.tables, *over.columns, *over.drop}
    targets = {*over.valued, *over.labels, *over.drop}
    targets |= {f"{column}.{old}" for column, values in over.values.items() for old in values}
    values = {
        column: {old: new for old, new in found.items() if f"{column}.{old}" not in targets}
        for column, found in base.values.items()
    }
    for column, found in over.values.items():
        values[column] = {**values.get(column, {}), **found}
    renamed = {*over.renamed, *over.tables, *over.columns}
    return Answers(
        {**base.backfill, **over.backfill},
        tuple(dict.fromkeys([*(n for n in base.drop if n not in renamed), *over.drop])),
        {**_without(base.tables, said), **over.tables},
        {**_without(base.columns, said), **over.columns},
        {column: found for column, found in values.items() if found},
        tuple(
            dict.fromkeys([*(n for n in base.labels if n not in targets), *over.labels]),
        ),
        {**_without(base.renamed, said), **over.renamed},
        {**{k: v for k, v in base.valued.items() if k not in targets}, **over.valued},
        base.decided or over.decided,
        base.filled | over.filled,
        tuple(dict.fromkeys([*base.given, *over.given])),
        base.given_decided or over.given_decided,
    )


def _without(base: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {old: new for old, new in base.items() if old not in names}


_FLAGS = {
    "--backfill": ("table.column=expression", "users.email=\"lower(name) || '@example.org'\""),
    "--given": ("table.column", "users.email"),
    "--rename": ("table.column=new_name or table=new_name", "users.name=full_name"),
    "--value": ("table.column.value=new_value", "users.status.old=new"),
}


def _pair(flag: str, option: str, empty: bool = False) -> tuple[str, str]:
    left, separator, right = flag.partition("=")
    if not separator or not left.strip() or not (right.strip() or empty):
        raise _not_of_the_form(flag, option)
    return left.strip(), right.strip()


def _dotted(target: str, option: str, flag: str, dots: int = 1) -> str:
    if target.count(".") < dots:
        raise _not_of_the_form(flag, option)
    return target


def _not_of_the_form(flag: str, option: str) -> UsageError:
    form, example = _FLAGS[option]
    return UsageError(
        f"{option} {flag!r} is not {form}.", next_step=f"For example: {option} {example}"
    )


def _from_file(file: Path) -> Answers:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The answers file cannot be read: {error}", where=str(file), next_step=_EXAMPLE
        ) from error
    read = _File(file)
    top = read.keyed(document, "the file", KNOWN)
    renames = read.keyed(top.get("renames", {}), '"renames"', RENAMES)
    return Answers(
        read.texts(top.get("backfill", {}), '"backfill"', numbers=True),
        read.names(top.get("drop", []), '"drop"'),
        read.texts(renames.get("tables", {}), '"tables"'),
        read.texts(renames.get("columns", {}), '"columns"', dotted=True),
        {
            column: read.values(found, column)
            for column, found in read.object(top.get("values", {}), '"values"').items()
        },
        decided="renames" in top,
        given=read.names(top.get("given", []), '"given"', dotted=True),
        given_decided="given" in top,
    )


class _File:
    """An answers file's values, each checked; errors name the file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def wrong(self, what: str, form: str) -> UsageError:
        """The error for a value of another form."""
        return UsageError(
            f"In the answers file {what} is not {form}.", where=str(self.file), next_step=_EXAMPLE
        )

    def object(self, found: Any, what: str) -> dict[str, Any]:
        """A JSON object."""
        if not isinstance(found, dict):
            raise self.wrong(what, "an object")
        return found

    def keyed(self, found: Any, what: str, known: tuple[str, ...]) -> dict[str, Any]:
        """A JSON object of known keys."""
        for key in self.object(found, what):
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                raise UsageError(
                    f"The answers file has an unknown key {key!r}.",
                    where=str(self.file),
                    next_step=f"Did you mean {near[0]!r}?"
                    if near
                    else f"Known keys there: {', '.join(known)}.",
                )
        return dict(found)

    def names(self, found: Any, what: str, *, dotted: bool = False) -> tuple[str, ...]:
        """A list of names, each once."""
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise self.wrong(what, "a list of names")
        for name in found if dotted else ():
            if "." not in name:
                raise self.wrong(f"{name!r} in {what}", "table.column")
        return tuple(dict.fromkeys(found))

    def texts(
        self, found: Any, what: str, *, numbers: bool = False, dotted: bool = False
    ) -> dict[str, str]:
        """Names to texts."""
        texts: dict[str, str] = {}
        for name, value in self.object(found, what).items():
            if dotted and "." not in name:
                raise self.wrong(f"{name!r} in {what}", "table.column")
            number = numbers and isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number and not (isinstance(value, str) and value.strip()):
                raise self.wrong(f"what {what} says of {name!r}", "a text")
            texts[name] = str(value)
        return texts

    def values(self, found: Any, column: str) -> dict[str, str | None]:
        """Old values to new ones or null."""
        if "." not in column:
            raise self.wrong(f'{column!r} in "values"', "table.column")
        for old, new in self.object(found, f'what "values" says of {column!r}').items():
            if new is not None and not isinstance(new, str):
                raise self.wrong(f"what becomes of {old!r} in {column}", "a text or null")
        return dict(found)
