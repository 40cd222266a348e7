from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, email text);
"""

CASES = (
    Case(
        "locks/index-blocks-writes",
        "postgresql",
        SETUP,
        bad='op.create_index("ix_users_email", "users", ["email"])',
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
            op.create_index("ix_notes_id", "notes", ["id"])
        """,
        advised="""
            with op.get_context().autocommit_block():
                op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
        """,
    ),
    Case(
        "locks/index-blocks-writes",
        "mysql",
        "CREATE TABLE users (id INT PRIMARY KEY, bio TEXT);",
        bad='op.create_index("ft_users_bio", "users", ["bio"], mysql_prefix="FULLTEXT")',
        good='op.create_index("ix_users_bio", "users", ["bio"], mysql_length=20)',
        advised="pass",
        same=False,
    ),
    Case(
        "locks/index-blocks-writes",
        "postgresql",
        f"{SETUP}\nCREATE INDEX ix ON users (email);",
        bad="""
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.create_index("ix_users_nick", "users", ["nick"])
        """,
        good="""
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.execute("ALTER INDEX ix RENAME TO ix_users_email")
        """,
        advised='op.add_column("users", sa.Column("nick", sa.Text()))',
        same=False,
    ),
)
