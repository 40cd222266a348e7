from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, nick text);"
VIEW = 'op.execute("CREATE VIEW users AS SELECT * FROM people")'

CASES = (
    *(
        Case(
            "compatibility/table-renamed",
            engine,
            SETUP,
            bad='op.rename_table("users", "people")',
            good="""
                op.create_table("humans", sa.Column("id", sa.Integer(), primary_key=True))
                op.rename_table("humans", "people")
            """,
            advised=f'op.rename_table("users", "people")\n{VIEW}',
            same=False,
        )
        for engine in ("postgresql", "mysql", "sqlite")
    ),
    Case(
        "compatibility/table-renamed",
        "postgresql",
        f"CREATE SCHEMA side;\n{SETUP}",
        bad='op.execute("ALTER TABLE users SET SCHEMA side")',
        good="op.execute('ALTER TABLE users ADD UNIQUE (nick)')",
        advised="""
            op.execute("ALTER TABLE users SET SCHEMA side")
            op.execute("CREATE VIEW users AS SELECT * FROM side.users")
        """,
        same=False,
    ),
)
