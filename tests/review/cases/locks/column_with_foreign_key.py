from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/column-with-foreign-key",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY);
        CREATE TABLE orders (id serial PRIMARY KEY);
        """,
        bad="""
            op.execute("ALTER TABLE orders ADD user_id int CONSTRAINT fk_user REFERENCES users")
        """,
        good="""
            op.execute("CREATE TABLE notes (user_id int CONSTRAINT fk_user REFERENCES users)")
        """,
        advised=(
            'op.add_column("orders", sa.Column("user_id", sa.Integer()))',
            """
            op.create_foreign_key("fk_user", "orders", "users", ["user_id"], ["id"],
                postgresql_not_valid=True)
            """,
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_user")',
        ),
    ),
)
