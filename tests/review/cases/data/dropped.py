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


MOVED = """
for name in ["notes"]:
    op.rename_table(name, "memos")
op.execute("ALTER TABLE memos SET SCHEMA side")
"""
RENAMED = """
for old, new in [("nick", "short"), ("short", "handle")]:
    op.execute(f"ALTER TABLE users RENAME COLUMN {old} TO {new}")
op.execute("ALTER TABLE notes RENAME TO memos")
"""

CASES = (
    *_cases("postgresql", POSTGRESQL),
    *_cases("mysql", OTHERS),
    *_cases("sqlite", OTHERS),
    # whoever renames it, and however often
    Case(
        "data/dropped",
        "postgresql",
        f"CREATE SCHEMA side;{POSTGRESQL}",
        bad="op.execute('DO $$ BEGIN DROP TABLE notes; CREATE TABLE memos (id serial); END $$')",
        good=MOVED,
        advised=MOVED,
        same=False,
    ),
    *(
        Case(
            "data/dropped",
            engine,
            setup,
            bad='op.execute("ALTER TABLE users RENAME TO people")\nop.drop_column("people", "nick")',
            good=RENAMED,
            advised=RENAMED,
            same=False,
        )
        for engine, setup in (("postgresql", POSTGRESQL), ("mysql", OTHERS), ("sqlite", OTHERS))
    ),
)
