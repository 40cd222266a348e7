from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY);"

CASES = (
    *(
        Case(
            "hygiene/hand-written-ddl",
            engine,
            SETUP,
            bad='op.execute("ALTER TABLE users ADD COLUMN nick TEXT")',
            good='op.execute("CREATE VIEW people AS SELECT id FROM users")',
            advised='op.add_column("users", sa.Column("nick", sa.Text()))',
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "hygiene/hand-written-ddl",
        "postgresql",
        SETUP,
        bad='op.execute("CREATE TABLE notes (id serial, PRIMARY KEY (id))")',
        good="""
            op.execute("CREATE SEQUENCE numbers")
            op.execute("CREATE TEMPORARY TABLE scratch (id serial)")
        """,
        advised='op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))',
    ),
    Case(
        "hygiene/hand-written-ddl",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY, nick text);\nCREATE UNIQUE INDEX uq ON users (nick);",
        bad="op.execute(\"DO $$ BEGIN EXECUTE 'CREATE INDEX ix ON ' || 'users (nick)'; END $$\")",
        good='op.execute("ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX uq")',
        advised='op.create_index("ix", "users", ["nick"])',
    ),
)
