"""What could be one thing renamed: a column, table or enum label that is gone beside one that is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from shlex import quote

from assay.catalog import CatalogObject
from assay.generate.answers import Answers
from assay.generate.names import Key, Names, alike
from assay.generate.question import Candidate, Question

__all__ = ["Positions", "columns_gone", "labels_gone", "tables_gone"]

Positions = Callable[[str, Key], Sequence[str]]
"""Names of a table's columns in their order, in ``"old"`` or ``"new"``; empty where not known."""
Ignore = Callable[[CatalogObject], bool]

_GENERATED = ("generated", "generated kind", "identity", "autoincrement")


def _question(kind: str, old: str, found: Sequence[Candidate], flag: str) -> Question:
    ordered = sorted(found, key=lambda c: (-c.score, c.new))
    return Question(kind, old, tuple(ordered), f"--drop {quote(flag)}")


def tables_gone(old: Names, new: Names, answers: Answers, ignore: Ignore) -> Iterator[Question]:
    """Tables that are gone, beside new ones with much the same columns."""
    moved = {new.tables.get(name) for name in answers.tables.values()}
    said = {old.tables.get(name) for name in (*answers.tables, *answers.drop)}
    gone = [o.key for o in old.snapshot.of_kind("table") if not _there(new, o) and not ignore(o)]
    come = [o.key for o in new.snapshot.of_kind("table") if not _there(old, o) and not ignore(o)]
    for table in gone:
        if table in said:
            continue
        name = old.text(table)
        found = []
        for other in come:
            if other in moved:
                continue
            columns, others = old.columns_of(table), new.columns_of(other)
            score, evidence = _same_table(columns, others)
            if score:
                score += _close(table[-1], other[-1])
                flag = f"--rename {quote(f'{name}={new.text(other)}')}"
                found.append(Candidate(new.text(other), evidence, flag, score))
        if found:
            yield _question("table", name, found, name)


def _there(names: Names, found: CatalogObject) -> bool:
    return found.identity in names.snapshot.by_identity


def _same_table(
    old: Mapping[str, CatalogObject], new: Mapping[str, CatalogObject]
) -> tuple[float, tuple[str, ...]]:
    """How much two tables are one by their columns; 0 when they are not."""
    both = [n for n in old if n in new and alike(old[n].get("type"), new[n].get("type"))]
    share = len(both) / max(len(old.keys() | new.keys()), 1)
    kinds = [sorted((c.get("type") or "") for c in side.values()) for side in (old, new)]
    same_kinds = kinds[0] == kinds[1] and len(old) > 1
    if share < 0.5 and not same_kinds:
        return 0.0, ()
    said = (
        "the same columns"
        if share == 1
        else f"{len(both)} of {len(old)} columns have the same name and type"
        if share >= 0.5
        else "columns of the same types under other names"
    )
    return share * 4 + same_kinds, (said,)


def columns_gone(
    old: Names, new: Names, answers: Answers, ignore: Ignore, positions: Positions
) -> Iterator[Question]:
    """Columns that are gone from a table, beside new ones of a like type."""
    for table in (o.key for o in old.snapshot.of_kind("table") if not ignore(o)):
        name = old.text(table)
        after = new.tables.get(answers.tables.get(name, ""), table)
        if after not in new.tables.values():
            continue
        columns, others = old.columns_of(table), new.columns_of(after)
        renamed = {
            column: answers.columns[f"{name}.{column}"]
            for column in columns
            if f"{name}.{column}" in answers.columns
        }
        dropped = f"{new.text(after)}.{{}}".format
        gone = [
            c
            for n, c in columns.items()
            if n not in others and n not in renamed and dropped(n) not in answers.drop
        ]
        come = [c for n, c in others.items() if n not in columns and n not in renamed.values()]
        for column in gone:
            found = [
                _column(old, new, column, other, renamed, positions)
                for other in come
                if _could_be(old, new, column, other) and not ignore(other)
            ]
            target = f"{name}.{column.key[-1]}"
            if found and not ignore(column):
                flagged = [replace(c, answer=_rename(target, c)) for c in found]
                yield _question("column", target, flagged, target)


def _rename(target: str, candidate: Candidate) -> str:
    return f"--rename {quote(f'{target}={candidate.new}')}"


def _could_be(old: Names, new: Names, one: CatalogObject, other: CatalogObject) -> bool:
    if bool(one.get("generated")) != bool(other.get("generated")):
        return False
    if alike(one.get("type"), other.get("type")):
        return True
    return bool(old.labels_of(one)) and bool(new.labels_of(other))


def _column(
    old: Names,
    new: Names,
    one: CatalogObject,
    other: CatalogObject,
    renamed: Mapping[str, str],
    positions: Positions,
) -> Candidate:
    """A new column beside an old one: type, NOT NULL, default, position, constraints, name."""
    score, evidence = 0.0, []
    types = one.get("type") or "no type", other.get("type") or "no type"
    if types[0] == types[1]:
        score += 4
        evidence.append(f"same type {types[0]}")
    else:
        evidence.append(f"type {types[0]}, now {types[1]}")
    if one.get("not null") == other.get("not null"):
        score += 1
    else:
        evidence.append("NOT NULL now" if other.get("not null") == "true" else "nullable now")
    if one.get("default") == other.get("default"):
        score += 1
        if one.get("default"):
            evidence.append(f"same default {one.get('default')}")
    else:
        evidence.append(
            f"default {one.get('default') or 'none'}, now {other.get('default') or 'none'}"
        )
    if _same_place(one, other, renamed, positions):
        score += 2
        evidence.append("same position")
    parts, others = _parts(old, one), _parts(new, other)
    if parts or others:
        same = parts == others
        score += 2 * same
        evidence.append(f"{'same' if same else 'other'} constraints and indexes")
    return Candidate(
        other.key[-1], tuple(evidence), "", score + 3 * _close(one.key[-1], other.key[-1])
    )


def _same_place(
    one: CatalogObject, other: CatalogObject, renamed: Mapping[str, str], positions: Positions
) -> bool:
    """Whether it stands between the same columns: what came or went elsewhere does not count."""
    before = [renamed.get(n, n) for n in positions("old", one.key[:-1])]
    after = list(positions("new", other.key[:-1]))
    if one.key[-1] not in before or other.key[-1] not in after:
        return False
    kept = set(before) & set(after)

    def behind(names: list[str], name: str) -> str | None:
        earlier = [n for n in names[: names.index(name)] if n in kept]
        return earlier[-1] if earlier else None

    return behind(before, one.key[-1]) == behind(after, other.key[-1])


def _parts(names: Names, column: CatalogObject) -> list[tuple[str, ...]]:
    """Definitions of the constraints and indexes on a column, its own name and theirs taken out."""
    own = re.compile(rf"(?<!\w){re.escape(column.key[-1])}(?!\w)")
    found = []
    for part in names.parts_of(column.key[:-1]):
        texts = [v.replace(part.key[-1], "") for n, v in part.attributes if v and n != "name"]
        if any(own.search(text) for text in texts):
            found.append((part.kind, *(own.sub("\0", text) for text in texts)))
    return sorted(found)


def _close(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def labels_gone(
    old: Names,
    new: Names,
    answers: Answers,
    values_of: Callable[[Names, CatalogObject], Sequence[str]],
) -> Iterator[Question]:
    """Enum labels that are gone, beside new ones of the same enum.

    :param values_of: the values that a column may hold.
    """
    asked: set[tuple[str, str]] = set()
    for column in old.snapshot.of_kind("column"):
        name = old.text(column.key[:-1])
        target = f"{name}.{column.key[-1]}"
        table = new.tables.get(answers.tables.get(name, ""), column.key[:-1])
        now = new.columns_of(table).get(answers.columns.get(target, column.key[-1]))
        if now is None:
            continue
        before, after = values_of(old, column), values_of(new, now)
        gone = [label for label in before if label not in after]
        come = [label for label in after if label not in before]
        if not gone or not come or not after:
            continue
        enum = old.enum_of(column) or column
        said = _said(old, answers, enum)
        come = [label for label in come if label not in {becomes for _, becomes in said}]
        for label in gone:
            once = (".".join(enum.key), label)
            if label in {one for one, _ in said} or not come or once in asked:
                continue
            asked.add(once)
            found = [_label(target, label, each, before, after) for each in come]
            yield _question("label", f"{target}.{label}", found, f"{target}.{label}")


def _said(old: Names, answers: Answers, enum: CatalogObject) -> list[tuple[str, str | None]]:
    """What is said of the labels of an enum, through whichever of its columns."""
    found: list[tuple[str, str | None]] = []
    for column in old.snapshot.of_kind("column"):
        if (old.enum_of(column) or column) == enum:
            target = old.text(column.key)
            found.extend(answers.values.get(target, {}).items())
            start = f"{target}."
            found.extend((n[len(start) :], None) for n in answers.labels if n.startswith(start))
    return found


def _label(
    target: str, label: str, other: str, before: Sequence[str], after: Sequence[str]
) -> Candidate:
    evidence = []
    score = 3 * _close(label, other)
    if before.index(label) == after.index(other):
        score += 2
        evidence.append("same place among the labels")
    if label.casefold() == other.casefold():
        score += 4
        evidence.append("the same but for case")
    flag = f"--value {quote(f'{target}.{label}={other}')}"
    return Candidate(other, tuple(evidence), flag, score)
