from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE users (id int PRIMARY KEY, nick text);"

CASES = (
    Case(
        "compatibility/column-renamed",
        "postgresql",
        SETUP,
        bad="op.execute('DO $$ BEGIN ALTER TABLE users RENAME nick TO handle; END $$')",
        good="""
            op.add_column("users", sa.Column("handel", sa.Text()))
            op.alter_column("users", "handel", new_column_name="handle")
        """,
        advised="pass",
        same=False,
    ),
    Case(
        "compatibility/column-renamed",
        "sqlite",
        SETUP,
        bad="""
            with op.batch_alter_table("users") as batch_op:
                batch_op.alter_column("nick", new_column_name="handle")
        """,
        good="op.rename_table('users', 'people')",
        advised="op.add_column('users', sa.Column('handle', sa.Text()))",
        same=False,
    ),
    Case(
        "compatibility/column-renamed",
        "mysql",
        SETUP,
        bad="op.alter_column('users', 'nick', new_column_name='handle', existing_type=sa.Text())",
        good="op.add_column('users', sa.Column('handle', sa.Text()))",
        advised="op.add_column('users', sa.Column('handle', sa.Text()))",
        same=False,
    ),
)
