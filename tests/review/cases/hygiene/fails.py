from __future__ import annotations

from review.case import Case

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, nick text);"
MOODS = """
CREATE TYPE mood AS ENUM ('glad');
CREATE TABLE users (id int PRIMARY KEY, mood mood DEFAULT 'glad');
"""
ADD_VALUE = "op.execute(\"ALTER TYPE mood ADD VALUE 'sad'\")"
USE_VALUE = "op.execute(\"ALTER TABLE users ALTER mood SET DEFAULT 'sad'\")"
SERVER = (
    Case(
        "hygiene/fails",
        "postgresql",
        USERS,
        bad='op.create_index("ix", "users", ["email"], postgresql_concurrently=True)',
        good='op.create_index("ix", "users", ["email"])',
        advised="""
            with op.get_context().autocommit_block():
                op.create_index("ix", "users", ["email"], postgresql_concurrently=True)
        """,
        same=False,
    ),
    # a value of an enum used in the transaction that adds it
    Case(
        "hygiene/fails",
        "postgresql",
        MOODS,
        bad=f"{ADD_VALUE}\n{USE_VALUE}",
        good="""
            op.execute("ALTER TYPE mood ADD VALUE 'sad'")
            op.execute("CREATE TYPE other AS ENUM ('new')")
            op.execute("ALTER TABLE users ADD COLUMN other other DEFAULT 'new'")
        """,
        advised=(ADD_VALUE, USE_VALUE),
        same=False,
    ),
    # a view depends on the column
    Case(
        "hygiene/fails",
        "postgresql",
        USERS + "\nCREATE VIEW emails AS SELECT email FROM users;",
        bad='op.drop_column("users", "email")',
        good='op.drop_column("users", "nick")',
        advised="""
            op.execute("DROP VIEW emails")
            op.drop_column("users", "email")
        """,
        same=False,
    ),
    Case(
        "hygiene/fails",
        "postgresql",
        USERS,
        bad='op.execute("CREATE EXTENSION assay_has_no_such")',
        good='op.execute("CREATE EXTENSION IF NOT EXISTS plpgsql")',
        advised="pass",
    ),
)
HALF_WAY = tuple(
    Case(
        "hygiene/fails",
        engine,
        USERS,
        bad="""
            op.add_column("users", sa.Column("age", sa.Integer()))
            raise RuntimeError("half-way")
        """,
        good="""
            op.add_column("users", sa.Column("age", sa.Integer()))
            try:
                raise RuntimeError("half-way")
            except RuntimeError:
                pass
        """,
        advised='op.add_column("users", sa.Column("age", sa.Integer()))',
        same=False,
    )
    for engine in ("postgresql", "mysql", "sqlite")
)
BATCH = 'with op.batch_alter_table("users") as batch_op:\n    batch_op.'
SQLITE = (
    Case(
        "hygiene/fails",
        "sqlite",
        USERS,
        bad='op.execute("ALTER TABLE users ADD COLUMN age INTEGER UNIQUE")',
        good='op.add_column("users", sa.Column("age", sa.Integer()))',
        advised='op.add_column("users", sa.Column("age", sa.Integer()))\n'
        + f'{BATCH}create_unique_constraint("uq_users_age", ["age"])',
        same=False,
    ),
    Case(
        "hygiene/fails",
        "sqlite",
        USERS,
        bad='op.alter_column("users", "nick", nullable=False)',
        good='op.alter_column("users", "nick", new_column_name="handle")',
        advised=f'{BATCH}alter_column("nick", nullable=False)',
        same=False,
    ),
    Case(
        "hygiene/fails",
        "sqlite",
        USERS,
        bad='op.create_unique_constraint("uq", "users", ["nick"])',
        good='op.create_index("uq", "users", ["nick"], unique=True)',
        advised=f'{BATCH}create_unique_constraint("uq", ["nick"])',
        same=False,
    ),
    Case(
        "hygiene/fails",
        "sqlite",
        USERS + "\nCREATE INDEX ix ON users (nick);",
        bad='op.drop_column("users", "nick")',
        good='op.drop_column("users", "email")',
        advised='op.drop_index("ix", "users")\nop.drop_column("users", "nick")',
        same=False,
    ),
)

CASES = (*SERVER, *HALF_WAY, *SQLITE)
