from __future__ import annotations

from review.case import Case

POSTGRESQL = """
CREATE TABLE users (id serial PRIMARY KEY, nick text);
CREATE TABLE notes (id serial PRIMARY KEY);
"""
OTHERS = """
CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY);
"""


def _cases(engine: str, setup: str) -> tuple[Case, ...]:
    return (
        Case(
            "data/dropped",
            engine,
            setup,
            bad='op.drop_column("users", "nick")',
            good="""
                op.add_column("users", sa.Column("short", sa.Text()))
                op.drop_column("users", "short")
            """,
            advised="""
                # assay: allow dropped users.nick -- shown nowhere
                op.drop_column("users", "nick")
            """,
        ),
        Case(
            "data/dropped",
            engine,
            setup,
            bad='op.drop_table("notes")',
            good='op.rename_table("notes", "memos")',
            advised="pass",
            same=False,
        ),
    )


CASES = (
    *_cases("postgresql", POSTGRESQL),
    *_cases("mysql", OTHERS),
    *_cases("sqlite", OTHERS),
)
