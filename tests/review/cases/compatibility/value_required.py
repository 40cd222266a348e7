from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, locale varchar(5));"
REQUIRED = "op.alter_column('users', 'locale', nullable=False, existing_type=sa.String(5)"
FILLED = "op.execute(\"UPDATE users SET locale = 'en' WHERE locale IS NULL\")\n"

CASES = (
    *(
        Case(
            "compatibility/value-required",
            engine,
            SETUP,
            bad=f"{FILLED}{REQUIRED})",
            good="""
                op.create_table(
                    "posts",
                    sa.Column("id", sa.Integer(), primary_key=True),
                    sa.Column("title", sa.Text(), nullable=False),
                )
            """,
            advised=f"{FILLED}{REQUIRED}, server_default='en')",
            same=False,
        )
        for engine in ("postgresql", "mysql")
    ),
    Case(
        "compatibility/value-required",
        "postgresql",
        SETUP,
        bad="""
            op.add_column("users", sa.Column("age", sa.Integer(), nullable=False, server_default="0"))
            op.alter_column("users", "age", server_default=None)
        """,
        good='op.add_column("users", sa.Column("age", sa.Integer()))',
        advised="""
            op.add_column("users", sa.Column("age", sa.Integer(), nullable=False, server_default="0"))
        """,
        same=False,
    ),
    Case(
        "compatibility/value-required",
        "sqlite",
        SETUP,
        bad="""
            op.execute("UPDATE users SET locale = 'en' WHERE locale IS NULL")
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("locale", nullable=False)
        """,
        good='op.add_column("users", sa.Column("age", sa.Integer(), server_default="0"))',
        advised="""
            op.execute("UPDATE users SET locale = 'en' WHERE locale IS NULL")
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("locale", nullable=False, server_default="en")
        """,
        same=False,
    ),
)
