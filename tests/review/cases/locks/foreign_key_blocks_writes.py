from __future__ import annotations

from review.case import Case

CASES = (
    Case(
        "locks/foreign-key-blocks-writes",
        "postgresql",
        """
        CREATE TABLE users (id serial PRIMARY KEY);
        CREATE TABLE orders (id serial PRIMARY KEY, user_id int);
        ALTER TABLE orders ADD CONSTRAINT one CHECK (user_id = 1 OR user_id IS NULL);
        """,
        bad='op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])',
        good="""
            op.create_table("notes", sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")))
        """,
        advised=(
            """
            op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"],
                postgresql_not_valid=True)
            """,
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user")',
        ),
    ),
    Case(
        "locks/foreign-key-blocks-writes",
        "mysql",
        """
        CREATE TABLE users (id INT PRIMARY KEY);
        CREATE TABLE orders (id INT PRIMARY KEY, user_id INT);
        INSERT INTO users VALUES (1), (2), (3);
        INSERT INTO orders VALUES (1, 1), (2, 2), (3, NULL);
        """,
        bad='op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"])',
        good='op.create_index("ix_orders_user", "orders", ["user_id"])',
        advised="""
            op.create_foreign_key_online("fk_orders_user", "orders", "users", ["user_id"], ["id"])
        """,
    ),
)
