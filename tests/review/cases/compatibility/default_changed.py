from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, plan varchar(9) DEFAULT 'free', age int);"

CASES = (
    *(
        Case(
            "compatibility/default-changed",
            engine,
            SETUP,
            bad="op.alter_column('users', 'plan', server_default='trial',"
            " existing_type=sa.String(9))",
            good="op.alter_column('users', 'age', server_default='0', existing_type=sa.Integer())",
            advised="pass",
            same=False,
        )
        for engine in ("postgresql", "mysql")
    ),
    Case(
        "compatibility/default-changed",
        "postgresql",
        SETUP,
        bad="op.execute('ALTER TABLE users ALTER plan DROP DEFAULT')",
        good="op.alter_column('users', 'plan', type_=sa.Text())",
        advised="pass",
        same=False,
    ),
    Case(
        "compatibility/default-changed",
        "sqlite",
        SETUP,
        bad="""
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("plan", server_default=None)
        """,
        good="""
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("age", nullable=False, server_default="0")
        """,
        advised="pass",
        same=False,
    ),
)
