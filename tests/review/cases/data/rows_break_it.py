from __future__ import annotations

from review.case import Case

POSTGRESQL = "CREATE TABLE users (id serial PRIMARY KEY, email text{});"
OTHERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50){});"
ONE = " CHECK (email = 'a')"  # so that rows which are made have it all
NOT_NULL = """
with op.batch_alter_table("users") as batch:
    batch.alter_column("email", existing_type=sa.String(50), nullable=False)
"""
UNIQUE = 'op.create_index("uq", "users", ["email"], unique=True)'
CLEAN = "op.execute(\"UPDATE users SET email = NULL WHERE email = 'a'\")"


def _cases(engine: str, setup: str) -> tuple[Case, ...]:
    return (
        Case(
            "data/rows-break-it",
            engine,
            setup.format(""),
            bad=NOT_NULL,
            good=UNIQUE.replace(", unique=True", ""),
            advised="op.execute(\"UPDATE users SET email = '' WHERE email IS NULL\")" + NOT_NULL,
        ),
        Case(
            "data/rows-break-it",
            engine,
            setup.format(ONE),
            bad=UNIQUE,
            good='op.create_index("uq", "users", ["id"], unique=True)',
            advised=f"{CLEAN}\n{UNIQUE}",
        ),
    )


CASES = (
    *_cases("postgresql", POSTGRESQL),
    *_cases("mysql", OTHERS),
    *_cases("sqlite", OTHERS),
    Case(
        "data/rows-break-it",
        "postgresql",
        POSTGRESQL.format(ONE),
        bad='op.create_check_constraint("long", "users", "length(email) > 1")',
        good='op.create_check_constraint("long", "users", "length(email) > 0")',
        advised=f"""
            {CLEAN}
            op.create_check_constraint("long", "users", "length(email) > 1")
        """,
    ),
    Case(
        "data/rows-break-it",
        "postgresql",
        POSTGRESQL.format(""),
        bad='op.execute("ALTER TABLE users ALTER email TYPE int USING email::int")',
        good='op.execute("ALTER TABLE users ALTER id TYPE int USING id::int")',
        advised="""
            op.execute("UPDATE users SET email = '0' WHERE email !~ '^[0-9]+$'")
            op.execute("ALTER TABLE users ALTER email TYPE int USING email::int")
        """,
    ),
    # with a row in the table SQLite takes no default that is not constant
    Case(
        "data/rows-break-it",
        "sqlite",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
        bad='op.execute("ALTER TABLE users ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP")',
        good="""op.execute("ALTER TABLE users ADD COLUMN at TEXT DEFAULT 'now'")""",
        advised="""
            with op.batch_alter_table("users") as batch_op:
                batch_op.add_column(sa.Column("at", sa.Text(), server_default=sa.func.now()))
        """,
        same=False,
    ),
)
