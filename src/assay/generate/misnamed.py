"""What is said of names in answers and models that the catalogs do not have, or have twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from assay.errors import UsageError
from assay.generate.declared import Declared
from assay.generate.names import Key, Names

__all__ = [
    "drops_nothing",
    "not_there",
    "nothing_to_rename",
    "refuse_two",
    "stale_text",
    "unknown",
]


def drops_nothing(name: str) -> UsageError:
    """``--drop`` of what this change does not drop."""
    return UsageError(
        f"--drop {name}: this change drops nothing of that name.",
        next_step="Name a table, table.column or table.column.label that the models no longer have.",
    )


def refuse_two(renames: Mapping[Key, Key], old: Names, new: Names, there: Iterable[Key]) -> None:
    """Each new name is free: no other takes it, and who had it goes to another.

    :raises UsageError: it is not.
    """
    had = set(there)
    sources: dict[Key, Key] = {}
    for before, after in renames.items():
        if after in sources:
            raise UsageError(
                f"{old.text(sources[after])} and {old.text(before)} are both renamed to "
                f"{new.text(after)}.",
                next_step="Only one can be; say --drop for the other.",
            )
        sources[after] = before
        if after in had and after not in renames:
            raise UsageError(
                f"{old.text(before)} cannot be renamed to {new.text(after)}: the chain has that "
                "already.",
                next_step="Drop or rename that one in a change of its own, before this one.",
            )


def unknown(
    source: str,
    kind: str,
    name: str,
    becomes: str,
    where: str,
    missing: str,
    known: Iterable[str],
) -> UsageError:
    """A rename of what the chain does not have, or to what the models do not have.

    :param source: who says so, ``the answers`` or the flag.
    :param where: which of the two lacks what is ``missing``.
    :param known: what it has.
    """
    said = (
        f"{source}: {name} to {becomes}"
        if source == "the answers"
        else f"--rename {name}={becomes}"
    )
    return not_there(
        f"{said}: {where} {'have' if where.endswith('s') else 'has'} no {kind} {missing}",
        missing,
        known,
    )


def not_there(what: str, name: str, known: Iterable[str]) -> UsageError:
    """A name that is not among those known, with the one that is nearest."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return UsageError(
        f"{what[0].upper()}{what[1:]}.",
        next_step=f"Did you mean {near[0]}?" if near else "Give names as the database has them.",
    )


def nothing_to_rename(declared: Declared, names: Names, known: Iterable[str]) -> UsageError:
    """``renamed_from`` in the models of what the chain does not have."""
    wanted = (
        declared.said
        if len(declared.new) <= 2
        else f"{names.text(declared.new[:-1])}.{declared.said}"
    )
    near = difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.5)
    return UsageError(
        f"{names.text(declared.new)} says renamed_from {declared.said!r}, which the chain does not "
        "have.",
        where="the models",
        next_step=(f"Did you mean {near[0]!r}? " if near else "")
        + "Correct info={'renamed_from': …} or take it out.",
    )


def stale_text(declared: Declared, names: Names) -> str:
    """What is said of a declaration that the chain has behind it."""
    return (
        f'{names.text(declared.new)}: the chain has the rename from "{declared.said}" behind it; '
        'take info={"renamed_from": …} out of the models.'
    )
