from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id int PRIMARY KEY, email text);
CREATE INDEX ix ON users (email);
"""
BROKEN = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass;"
AGAIN = """
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON users (email)")
"""

CASES = (
    Case(
        "hygiene/invalid-index",
        "postgresql",
        SETUP + BROKEN,
        bad=AGAIN,
        good="op.add_column('users', sa.Column('nick', sa.Text()))",
        advised="""
            with op.get_context().autocommit_block():
                op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix")
                op.execute("CREATE INDEX CONCURRENTLY ix ON users (email)")
        """,
        same=False,
    ),
    Case(
        "hygiene/invalid-index",
        "postgresql",
        "CREATE TABLE users (id int, email text);\nINSERT INTO users VALUES (1, 'a'), (2, 'a');",
        bad="""
            from sqlalchemy.exc import DBAPIError
            with op.get_context().autocommit_block():
                try:
                    op.execute("CREATE UNIQUE INDEX CONCURRENTLY uq ON users (email)")
                except DBAPIError:
                    pass
        """,
        good="op.create_index('uq', 'users', ['id'], unique=True)",
        advised="""
            op.execute("UPDATE users SET email = id::text")
            op.create_index("uq", "users", ["email"], unique=True)
        """,
        same=False,
    ),
)
