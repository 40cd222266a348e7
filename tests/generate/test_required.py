"""Which columns become required: from the catalogs before and after, and the renames between them."""

from __future__ import annotations

import pytest

from assay.catalog import CatalogObject, Snapshot
from assay.generate.answers import Answers
from assay.generate.names import Names
from assay.generate.required import becoming_required

FREE = {"not null": "false"}
REQUIRED = {"not null": "true"}
Columns = dict[str, dict[str, str]]


def names(**tables: Columns) -> Names:
    """A catalog of tables and their columns' attributes."""
    found = []
    for table, columns in tables.items():
        found.append(CatalogObject.make("table", (table,), {}))
        found += [CatalogObject.make("column", (table, c), a) for c, a in columns.items()]
    return Names(Snapshot.make("sqlite", "3.40.1", found), None)


def required(old: Names, new: Names, answers: Answers | None = None) -> tuple[str, ...]:
    """Those that become it."""
    return becoming_required(old, new, answers or Answers())


@pytest.mark.parametrize(
    ("before", "after", "becomes"),
    [
        (FREE, REQUIRED, True),
        (None, REQUIRED, True),
        (REQUIRED, REQUIRED, False),
        (FREE, FREE, False),
        (REQUIRED, FREE, False),
        (FREE, {**REQUIRED, "default": "7"}, False),
        ({**REQUIRED, "default": "7"}, REQUIRED, True),
        (FREE, {**REQUIRED, "default": "NULL"}, True),
        (None, {**REQUIRED, "identity": "always"}, False),
        (None, {**REQUIRED, "generated": "a + 1"}, False),
        (None, {**REQUIRED, "autoincrement": "true"}, False),
    ],
)
def test_a_column(before: dict[str, str] | None, after: dict[str, str], becomes: bool) -> None:
    """An INSERT could leave it out before and cannot after; the database gives no value."""
    old = names(users={} if before is None else {"a": before})
    assert required(old, names(users={"a": after})) == (("users.a",) if becomes else ())


def test_no_release_writes_a_new_table() -> None:
    """Nor one that has the name of a table that has another one now."""
    new = names(users={"a": REQUIRED}, people={"a": REQUIRED, "b": REQUIRED})
    assert required(names(people={"a": REQUIRED, "b": REQUIRED}), new) == ()
    old = names(users={"a": REQUIRED, "b": FREE})
    assert required(old, new, Answers(tables={"users": "people"})) == ("people.b",)


def test_columns_under_other_names() -> None:
    """What was required under its old name does not become it; what takes a name over does."""
    old = names(users={"a": REQUIRED, "b": FREE})
    new = names(users={"a": REQUIRED, "c": REQUIRED, "d": REQUIRED})
    renames = Answers(columns={"users.a": "c", "users.b": "d"})
    assert required(old, new, renames) == ("users.a", "users.d")


def test_what_is_left_alone() -> None:
    """The settings' patterns and the project's filters say it."""
    old, new = names(users={"a": FREE, "b": FREE}), names(users={"a": REQUIRED, "b": REQUIRED})
    found = becoming_required(old, new, Answers(), lambda column: column.key[-1] == "a")
    assert found == ("users.b",)
