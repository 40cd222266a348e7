"""What is changed under its name: the new one is there as soon as the old one is not.

Each statement commits, and between one that drops and one that makes, nothing finds the rows, what was
unique is not, and rows that break a rule come in. One ``ALTER TABLE`` does both. A foreign key of one
name cannot be dropped and added so (MariaDB 10.11, error 1826, measured): the new one comes beside the
old one, and gets its name when that is gone.
"""

from __future__ import annotations

from dataclasses import replace

from alembic.operations import ops

from assay.catalog import CatalogObject
from assay.generate.mysql.affected import affected
from assay.generate.mysql.making import drop, make
from assay.generate.plan.comparison import Comparison
from assay.generate.plan.step import Step
from assay.operations.in_one_statement import InOneStatementOp
from assay.operations.rename_foreign_key import RenameForeignKeyOp

__all__ = ["in_one_statement", "taken_over"]

_LONGEST = 64  # characters of a name
_MARK = "_replacing"


def in_one_statement(
    c: Comparison, old: CatalogObject, rank: int = 0, *, made: ops.MigrateOperation | None = None
) -> Step | None:
    """The step that puts an index, a UNIQUE, a CHECK or a primary key in the place of the old one.

    :param made: what makes the new one, where it is not said by its catalog object alone.
    :returns: None where there is none, or the one cannot be there until the other can.
    """
    place = affected(c).in_its_place(old)
    if place is None:
        return None
    new, phase = place
    return Step(
        phase,
        [InOneStatementOp([drop(old), made or make(new)])],
        [InOneStatementOp([drop(new), make(old)])],
        new.key if new.kind != "primary key" else new.key[:1],
        rank,
    )


def taken_over(found: CatalogObject) -> list[ops.MigrateOperation]:
    """A foreign key made beside the one of its name, which is dropped then; the new one gets the name."""
    table, name = found.key
    aside = replace(found, key=(table, f"{name[: _LONGEST - len(_MARK)]}{_MARK}"))
    made = make(found)
    assert isinstance(made, ops.CreateForeignKeyOp)
    return [make(aside), drop(found), RenameForeignKeyOp(made, aside.key[1])]
