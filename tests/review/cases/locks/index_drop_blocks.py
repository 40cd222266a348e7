from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/index-drop-blocks",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY, email text);
        CREATE INDEX ix_users_email ON users (email);
        CREATE TABLE notes (id serial PRIMARY KEY, text text);
        CREATE INDEX ix_notes_text ON notes (text);
        """,
        bad='op.drop_index("ix_users_email", "users")',
        good='op.drop_table("notes")',
        advised="""
            with op.get_context().autocommit_block():
                op.drop_index("ix_users_email", "users", postgresql_concurrently=True)
        """,
    ),
    Case(
        "locks/index-drop-blocks",
        "postgresql",
        "CREATE TABLE users (id int PRIMARY KEY, email text);\nCREATE INDEX ix ON users (email);",
        bad='op.drop_index("ix", "users")',
        good="""
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.execute("ALTER INDEX ix RENAME TO ix_users_email")
        """,
        advised="pass",
        same=False,
    ),
)
