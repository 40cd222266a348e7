from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "data/emptied",
        "postgresql",
        "CREATE TABLE orders (id serial PRIMARY KEY, state text);",
        bad='op.execute("TRUNCATE orders")',
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer()))
            op.execute("TRUNCATE notes")
        """,
        advised='op.execute("DELETE FROM orders WHERE id = 1")',
    ),
    Case(
        "data/emptied",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY);
        CREATE TABLE orders (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users);
        """,
        bad='op.execute("TRUNCATE users CASCADE")',
        good='op.execute("DELETE FROM orders WHERE id = 2")',
        advised='op.execute("DELETE FROM orders WHERE id = 1")',
    ),
    Case(
        "data/emptied",
        "mysql",
        "CREATE TABLE orders (id INT PRIMARY KEY, state TEXT);",
        bad='op.execute("TRUNCATE TABLE orders")',
        good='op.execute("DELETE FROM orders")',
        advised='op.execute("DELETE FROM orders WHERE id = 1")',
    ),
)
