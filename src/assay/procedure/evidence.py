"""What the rows of the real database say about a question of renames."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.apply.backup import leaving_no_file
from assay.errors import AssayError
from assay.generate.names import Names
from assay.generate.question import Question
from assay.generate.renames import default_schema_of
from assay.shadow.reading import connection_of, read_here

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from assay.procedure.session import Session

__all__ = ["with_rows"]

_SAMPLE = 100_000
"""Rows looked at, at most; a share of them says enough."""


def with_rows(session: Session, questions: Sequence[Question]) -> tuple[Question, ...]:
    """The questions with what the rows of the real database say, where it can be reached.

    Where old and new are both in it: the share of equal values. Else how many rows hold a value that
    a drop would lose. It is only read.
    """
    found = list(questions)

    def look(context: MigrationContext) -> None:
        names = Names(read_here(context), default_schema_of(session.chain.snapshot))
        connection = connection_of(context)
        found[:] = [_looked_at(connection, names, question) for question in questions]

    # no database yet, or none that answers: the questions stand without it
    with suppress(AssayError), leaving_no_file(session.probe, session.settings.root) as there:
        if there:
            session.project.visit(look, to=None)
    return tuple(found)


def _looked_at(connection: Connection, names: Names, question: Question) -> Question:
    from sqlalchemy.exc import SQLAlchemyError

    # a value that cannot be compared is no reason to stop
    try:
        if question.kind == "table":
            return _of_table(connection, names, question)
        if question.kind == "column":
            return _of_column(connection, names, question)
        return _of_label(connection, names, question)
    except SQLAlchemyError:
        connection.rollback()
        return question


def _of_table(connection: Connection, names: Names, question: Question) -> Question:
    from sqlalchemy import func, literal_column, select

    key = names.tables.get(question.old)
    if key is None:
        return question
    rows = _sample(key, literal_column("1").label("one"))
    count = connection.execute(select(func.count()).select_from(rows)).scalar_one()
    return replace(question, rows=_rows(count, ""))


def _of_column(connection: Connection, names: Names, question: Question) -> Question:
    from sqlalchemy import String, and_, case, cast, column, func, or_, select

    key = names.columns.get(question.old)
    if key is None:
        return question
    there = names.columns_of(key[:-1])
    both = [one.new for one in question.candidates if one.new in there]
    old: Any = column(key[-1])
    # the sample's columns are named by number: an old name and a new one may differ in case only
    texts = [cast(c, String).label(f"c{n}") for n, c in enumerate([old, *map(column, both)])]
    rows = _sample(key[:-1], *texts)
    was = rows.c.c0
    sums = [
        func.sum(case((or_(was == is_now, and_(was.is_(None), is_now.is_(None))), 1), else_=0))
        for is_now in (rows.c[f"c{n}"] for n in range(1, len(texts)))
    ]
    counted = connection.execute(select(func.count(), func.count(was), *sums)).one()
    total = counted[0]
    for new, equal in zip(both, counted[2:], strict=True) if total else ():
        question = question.with_evidence(new, f"{100 * int(equal) // total} % equal values")
    return replace(question, rows=_rows(counted[1], " with a value"))


def _of_label(connection: Connection, names: Names, question: Question) -> Question:
    from sqlalchemy import String, cast, column, func, select

    dots = [n for n, letter in enumerate(question.old) if letter == "."]
    at = next((n for n in reversed(dots) if question.old[:n] in names.columns), None)
    if at is None:
        return question
    key, label = names.columns[question.old[:at]], question.old[at + 1 :]
    rows = _sample(key[:-1], cast(column(key[-1]), String).label("held"))
    count = connection.execute(select(func.count()).where(rows.c.held == label)).scalar_one()
    return replace(question, rows=_rows(count, " with it"))


def _sample(key: tuple[str, ...], *columns: Any) -> Any:
    """The first rows of a table, as a subquery."""
    from sqlalchemy import select, table

    schema = key[0] if len(key) > 1 else None
    return select(*columns).select_from(table(key[-1], schema=schema)).limit(_SAMPLE).subquery()


def _rows(count: int, more: str) -> str:
    at_least = "at least " if count >= _SAMPLE else ""
    return f"{at_least}{count} row{'' if count == 1 else 's'}{more} in the database"
