from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(50), age INT);"


def _case(bad: str, good: str, *advised: str) -> Case:
    return Case("hygiene/implicit-commits", "mysql", SETUP, bad=bad, good=good, advised=advised)


CASES = (
    _case(
        """
        op.add_column("users", sa.Column("nick", sa.Text()))
        op.create_index("ix_users_email", "users", ["email"])
        """,
        """
        op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
        op.create_index("ix_notes_id", "notes", ["id"])
        op.create_index("ix_users_email", "users", ["email"])
        """,
        """
        with op.resuming():
            op.add_column("users", sa.Column("nick", sa.Text()))
            op.create_index("ix_users_email", "users", ["email"])
        """,
    ),
    _case(
        """
        op.execute("UPDATE users SET age = age + 1 WHERE id > -1000000")
        op.drop_column("users", "email")
        """,
        """
        op.execute("UPDATE users SET age = 7 WHERE id > -1000000")
        op.drop_column("users", "email")
        """,
        'op.execute("UPDATE users SET age = age + 1 WHERE id > -1000000")',
        'op.drop_column("users", "email")',
    ),
    _case(
        # the index is not made where the run before died between the two
        """
        names = [c["name"] for c in sa.inspect(op.get_bind()).get_columns("users")]
        if "nick" not in names:
            op.add_column("users", sa.Column("nick", sa.String(10)))
            op.create_index("ix_users_nick", "users", ["nick"])
        """,
        """
        op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS nick VARCHAR(10)")
        op.execute("CREATE INDEX IF NOT EXISTS ix_users_nick ON users (nick)")
        """,
        'op.add_column("users", sa.Column("nick", sa.String(10)))',
        'op.create_index("ix_users_nick", "users", ["nick"])',
    ),
    _case(
        """
        op.add_column("users", sa.Column("nick", sa.Text()))
        op.add_column("users", sa.Column("name", sa.Text()))
        """,
        'op.add_column("users", sa.Column("nick", sa.Text()))',
        'op.execute("ALTER TABLE users ADD COLUMN nick TEXT, ADD COLUMN name TEXT")',
    ),
)
