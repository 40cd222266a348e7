"""Native enum types: made, dropped, renamed, their labels changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alembic.operations import ops

from assay.catalog import CatalogObject, Change, Snapshot
from assay.errors import ProcedureStop
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Phase, Step
from assay.generate.postgresql.renames import column_now
from assay.generate.postgresql.type_texts import TypeText, labels_of
from assay.operations.comments import CommentOp
from assay.operations.enums import (
    CreateEnumOp,
    DropEnumOp,
    RenameEnumValueOp,
    RenameTypeOp,
    ReplaceEnumOp,
)

__all__ = ["TypeChanges", "renamed_types", "said_values", "steps", "type_changes", "users"]

Key = tuple[str, ...]
Made = ops.MigrateOperation
Values = Mapping[str, str | None]


@dataclass(frozen=True)
class TypeChanges:
    """What happens to enum types that stay.

    :param renamed: old key to new.
    :param relabelled: by new key, labels that are renamed in place.
    :param replaced: by new key, what rows with a label that goes become.
    """

    renamed: Mapping[Key, Key] = field(default_factory=dict)
    relabelled: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    replaced: Mapping[Key, Values] = field(default_factory=dict)


def users(side: Snapshot, key: Key) -> dict[Key, str]:
    """The columns of a type, of arrays and domains of it, with their types as a catalog says them."""
    found = {}
    for column in side.of_kind("column"):
        text = column.get("type") or ""
        if _is_of(side, TypeText.of(text), key):
            found[column.key] = text
    return found


def _is_of(side: Snapshot, text: TypeText, key: Key) -> bool:
    if text.key is None:
        return False
    return text.key == key or text.resolved(side).key == key


def renamed_types(c: Comparison, kind: str) -> dict[Key, Key]:
    """Types that are the same but for the name, and that the same columns are of."""
    gone = [d.object for d in c.changed(kind) if d.change is Change.REMOVED]
    come = [d.object for d in c.changed(kind) if d.change is Change.ADDED]
    found: dict[Key, Key] = {}
    for old in gone:
        columns = users(c.old, old.key)
        for new in come:
            if new.key in found.values() or _essence(c.old, old) != _essence(c.new, new):
                continue
            later = users(c.new, new.key)
            if columns and all(column in later and c.in_both(column[:2]) for column in columns):
                found[old.key] = new.key
                break
    return found


def _essence(side: Snapshot, found: CatalogObject) -> tuple[object, ...]:
    checks = [o for o in side.of_kind("domain check") if o.key[:2] == found.key]
    return (
        tuple(a for a in found.attributes if a[0] not in ("oid", "comment")),
        tuple((o.key[2], o.attributes) for o in checks),
    )


def said_values(c: Comparison) -> dict[Key, Values]:
    """What a person said that values of columns become, by the key of the column as it is now."""
    default = c.default_schema or "public"
    return {column_now(t, c.answers, default): v for t, v in c.answers.values.items()}


def type_changes(c: Comparison) -> TypeChanges:
    """What happens to the enum types that stay.

    :raises ProcedureStop: what a person said of a label's rows contradicts itself or the models.
    """
    relabelled: dict[Key, Mapping[str, str]] = {}
    replaced: dict[Key, Values] = {}
    for difference in c.changed("enum"):
        old, new = difference.before, difference.after
        if old is None or new is None or old.get("labels") == new.get("labels"):
            continue
        before, after = labels_of(old.get("labels")), labels_of(new.get("labels"))
        said = _said(c, new.key, before, after)
        names = {
            one: other
            for one, other in said.items()
            if other is not None and one not in after and other not in before
        }
        if names == said and [names.get(label, label) for label in before] == after:
            relabelled[new.key] = names
        else:
            replaced[new.key] = said
    return TypeChanges(renamed_types(c, "enum"), relabelled, replaced)


def _said(c: Comparison, key: Key, before: list[str], after: list[str]) -> Values:
    """What is said of the labels of a type, for whichever of its columns."""
    found: dict[str, str | None] = {}
    columns = users(c.old, key)
    for column, values in said_values(c).items():
        for old, new in values.items() if column in columns else ():
            if old not in before:
                continue
            if new is not None and new not in after:
                raise ProcedureStop(
                    f"{new!r}, which rows with {old!r} shall get, is no label of {key[-1]}.",
                    where=".".join(column),
                    next_step=f"Labels of the models: {', '.join(after)}.",
                )
            if found.get(old, new) != new:
                raise ProcedureStop(
                    f"Two columns of the enum {key[-1]} give rows with {old!r} different values.",
                    where=".".join(column),
                    next_step="Give them the same value, or change the rows in a revision before.",
                )
            found[old] = new
    return found


def inverse(values: Values, before: list[str]) -> dict[str, str | None]:
    """What rows become again; where a value has come from several, the first that was said.

    :param before: the labels of then. Rows with one of them keep it.
    """
    back: dict[str, str | None] = {}
    for old, new in values.items():
        if new is not None and (new not in before or new in values):
            back.setdefault(new, old)
    return back


def steps(c: Comparison) -> Iterator[Step]:
    """Made before the columns of them, dropped after; labels changed in between."""
    changes = type_changes(c)
    for old, new in changes.renamed.items():
        yield _renamed(c, old, new)
    for difference in c.changed("enum"):
        found, key = difference.object, difference.object.key
        if key in {*changes.renamed, *changes.renamed.values()}:
            continue
        if difference.change is Change.ADDED:
            yield Step(Phase.CREATE_TYPE, _create(c, found), _drop(c, found), key)
        elif difference.change is Change.REMOVED:
            yield Step(Phase.DROP_TYPE, _drop(c, found), _create(c, found), key)
        else:
            yield from _altered(c, difference.before, difference.after, changes)


def _create(c: Comparison, enum: CatalogObject) -> list[Made]:
    name, schema = enum.key[1], c.schema_of(enum.key)
    made: list[Made] = [CreateEnumOp(name, labels_of(enum.get("labels")), schema)]
    if enum.get("comment") is not None:
        made.append(CommentOp("type", name, enum.get("comment"), schema=schema))
    return made


def _drop(c: Comparison, enum: CatalogObject) -> list[Made]:
    return [DropEnumOp(enum.key[1], c.schema_of(enum.key))]


def _renamed(c: Comparison, old: Key, new: Key) -> Step:
    return Step(Phase.RENAME_CONSTRAINT, [rename(c, old, new)], [rename(c, new, old)], old)


def rename(c: Comparison, old: Key, new: Key) -> RenameTypeOp:
    """What gives a type another name or schema."""
    moved = new[0] if old[0] != new[0] else None
    return RenameTypeOp(old[1], new[1], c.schema_of(old), moved)


def _altered(
    c: Comparison, old: CatalogObject | None, new: CatalogObject | None, changes: TypeChanges
) -> Iterator[Step]:
    assert old is not None
    assert new is not None
    name, schema, key = new.key[1], c.schema_of(new.key), new.key
    before, after = labels_of(old.get("labels")), labels_of(new.get("labels"))
    if key in changes.relabelled:
        names = [
            RenameEnumValueOp(name, one, other, schema)
            for one, other in changes.relabelled[key].items()
        ]
        yield Step(Phase.CREATE_TYPE, names, [n.reverse() for n in names], key)
    elif key in changes.replaced:
        there = changes.replaced[key]
        do = ReplaceEnumOp(name, after, there, schema)
        undo = ReplaceEnumOp(name, before, inverse(there, before), schema)
        yield Step(Phase.CREATE_TYPE, [do], [undo], key)
    if old.get("comment") != new.get("comment"):
        yield Step(
            Phase.ALTER_TABLE,
            [CommentOp("type", name, new.get("comment"), schema=schema)],
            [CommentOp("type", name, old.get("comment"), schema=schema)],
            key,
        )
