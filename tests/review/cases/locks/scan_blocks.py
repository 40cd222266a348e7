from __future__ import annotations

from review.case import Case

SETUP = """
CREATE TABLE users (id serial PRIMARY KEY, code varchar(50) CONSTRAINT set CHECK (code <> ''),
    nick varchar(50));
"""

CASES = (
    Case(
        "locks/scan-blocks",
        "postgresql",
        SETUP,
        bad='op.alter_column("users", "code", type_=sa.String(100))',
        good='op.alter_column("users", "nick", type_=sa.String(100))',
        advised=(
            """
            op.drop_constraint("set", "users")
            op.alter_column("users", "code", type_=sa.String(100))
            op.create_check_constraint("set", "users", "code <> ''", postgresql_not_valid=True)
            """,
            'op.execute("ALTER TABLE users VALIDATE CONSTRAINT set")',
        ),
    ),
    # rows that are changed are read for that
    Case(
        "locks/scan-blocks",
        "postgresql",
        SETUP,
        bad='op.alter_column("users", "code", type_=sa.String(100))',
        good="""
            op.execute(
                "DO $$ BEGIN ALTER TABLE users ADD COLUMN n int;"
                " UPDATE users SET n = 1 WHERE code <> 'x'; END $$"
            )
        """,
        advised="pass",
        same=False,
    ),
)
