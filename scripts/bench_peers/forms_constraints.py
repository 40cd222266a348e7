"""Keys, foreign keys, checks and NOT NULL: what scans, and locks while it does."""

from __future__ import annotations

from forms import AUTO, DROP_COLUMN, SHORT_WAIT, Body, Form

__all__ = ["FORMS"]

UNIQUE_SAFE = Body(
    AUTO + 'op.create_index("customers_code_key", "customers", ["code"], unique=True, '
    "postgresql_concurrently=True)\n"
    + SHORT_WAIT
    + 'op.execute("ALTER TABLE customers ADD CONSTRAINT customers_code_key '
    'UNIQUE USING INDEX customers_code_key")',
    'op.drop_constraint("customers_code_key", "customers")',
)
FK_SAFE = Body(
    'op.create_foreign_key("orders_coupon_fk", "orders", "coupons", ["coupon_id"], ["id"], '
    "postgresql_not_valid=True)\n"
    + AUTO
    + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_coupon_fk")',
    'op.drop_constraint("orders_coupon_fk", "orders", type_="foreignkey")',
)
CHECK_SAFE = Body(
    'op.create_check_constraint("orders_qty_check", "orders", "qty > 0", '
    "postgresql_not_valid=True)\n"
    + AUTO
    + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_qty_check")',
    'op.drop_constraint("orders_qty_check", "orders", type_="check")',
)
NOT_NULL_SAFE = Body(
    'op.execute("ALTER TABLE customers ADD CONSTRAINT customers_email_set '
    'CHECK (email IS NOT NULL) NOT VALID")\n'
    + AUTO
    + 'op.execute("ALTER TABLE customers VALIDATE CONSTRAINT customers_email_set")\n'
    + SHORT_WAIT
    + 'op.alter_column("customers", "email", nullable=False)\n'
    'op.execute("ALTER TABLE customers DROP CONSTRAINT customers_email_set")',
    'op.alter_column("customers", "email", nullable=True)',
)

FORMS = (
    Form(
        "P07",
        "unique",
        "unique constraint on a table in use",
        Body(
            'op.create_unique_constraint("customers_code_key", "customers", ["code"])',
            'op.drop_constraint("customers_code_key", "customers")',
        ),
        UNIQUE_SAFE,
    ),
    Form(
        "P08",
        "unique-inline",
        "UNIQUE inlined in ADD COLUMN",
        Body(
            'op.execute("ALTER TABLE orders ADD COLUMN ref text UNIQUE")',
            DROP_COLUMN.format("ref"),
        ),
        Body(
            'op.execute("ALTER TABLE orders ADD COLUMN ref text")\n'
            + AUTO
            + 'op.execute("CREATE UNIQUE INDEX CONCURRENTLY orders_ref_key ON orders (ref)")',
            DROP_COLUMN.format("ref"),
        ),
    ),
    Form(
        "P09",
        "primary-key",
        "primary key on a table in use",
        Body(
            'op.create_primary_key("products_pkey", "products", ["id"])',
            'op.drop_constraint("products_pkey", "products", type_="primary")',
        ),
        Body(
            AUTO
            + 'op.execute("CREATE UNIQUE INDEX CONCURRENTLY products_pkey ON products (id)")\n'
            + SHORT_WAIT
            + 'op.execute("ALTER TABLE products ADD CONSTRAINT products_pkey '
            'PRIMARY KEY USING INDEX products_pkey")',
            'op.drop_constraint("products_pkey", "products", type_="primary")',
        ),
    ),
    Form(
        "P10",
        "foreign-key",
        "foreign key, validated at once",
        Body(
            'op.create_foreign_key("orders_coupon_fk", "orders", "coupons", ["coupon_id"], ["id"])',
            'op.drop_constraint("orders_coupon_fk", "orders", type_="foreignkey")',
        ),
        FK_SAFE,
    ),
    Form(
        "P11",
        "references-inline",
        "REFERENCES inlined in ADD COLUMN",
        Body(
            'op.execute("ALTER TABLE orders ADD COLUMN gift_id bigint REFERENCES coupons (id)")',
            DROP_COLUMN.format("gift_id"),
        ),
        Body(
            'op.add_column("orders", sa.Column("gift_id", sa.BigInteger()))\n'
            + AUTO
            + 'op.execute("CREATE INDEX CONCURRENTLY orders_gift_ix ON orders (gift_id)")\n'
            + SHORT_WAIT
            + 'op.create_foreign_key("orders_gift_fk", "orders", "coupons", ["gift_id"], ["id"], '
            "postgresql_not_valid=True)\n"
            + AUTO
            + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_gift_fk")',
            DROP_COLUMN.format("gift_id"),
        ),
    ),
    Form(
        "P12",
        "check",
        "CHECK, validated at once",
        Body(
            'op.create_check_constraint("orders_qty_check", "orders", "qty > 0")',
            'op.drop_constraint("orders_qty_check", "orders", type_="check")',
        ),
        CHECK_SAFE,
    ),
    Form(
        "P13",
        "check-inline",
        "CHECK inlined in ADD COLUMN",
        Body(
            'op.execute("ALTER TABLE orders ADD COLUMN boxes bigint DEFAULT 1 CHECK (boxes > 0)")',
            DROP_COLUMN.format("boxes"),
        ),
        Body(
            'op.execute("ALTER TABLE orders ADD COLUMN boxes bigint DEFAULT 1")\n'
            'op.execute("ALTER TABLE orders ADD CONSTRAINT orders_boxes_check '
            'CHECK (boxes > 0) NOT VALID")\n'
            + AUTO
            + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_boxes_check")',
            DROP_COLUMN.format("boxes"),
        ),
    ),
    Form(
        "P14",
        "validated-together",
        "NOT VALID and VALIDATE in one transaction",
        Body(
            'op.create_check_constraint("orders_qty_check", "orders", "qty > 0", '
            "postgresql_not_valid=True)\n"
            'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_qty_check")',
            'op.drop_constraint("orders_qty_check", "orders", type_="check")',
        ),
        CHECK_SAFE,
    ),
    Form(
        "P15",
        "not-null",
        "SET NOT NULL on a column in use",
        Body(
            'op.alter_column("customers", "email", nullable=False)',
            'op.alter_column("customers", "email", nullable=True)',
        ),
        NOT_NULL_SAFE,
    ),
    Form(
        "P16",
        "not-null-column",
        "NOT NULL column without a default",
        Body(
            'op.add_column("orders", sa.Column("channel", sa.Text(), nullable=False))',
            DROP_COLUMN.format("channel"),
        ),
        Body(
            'op.add_column("orders", sa.Column("channel", sa.Text(), nullable=False, '
            'server_default="web"))',
            DROP_COLUMN.format("channel"),
        ),
        fails="contains null values",
    ),
    Form(
        "P26",
        "exclude",
        "exclusion constraint on a table in use",
        Body(
            'op.create_exclude_constraint("bookings_during_excl", "bookings", ("during", "&&"), '
            'using="gist")',
            'op.drop_constraint("bookings_during_excl", "bookings")',
        ),
        Body(
            'op.execute("CREATE TABLE stays (id bigint PRIMARY KEY, during tsrange, '
            'CONSTRAINT stays_during_excl EXCLUDE USING gist (during WITH &&))")',
            'op.execute("DROP TABLE stays")',
        ),
    ),
    Form(
        "P28",
        "several-foreign-keys",
        "foreign keys of several tables in one transaction",
        Body(
            'op.add_column("order_items", sa.Column("seen_by", sa.BigInteger()))\n'
            'op.create_foreign_key("orders_coupon_fk", "orders", "coupons", ["coupon_id"], ["id"], '
            "postgresql_not_valid=True)\n"
            'op.create_foreign_key("items_seen_fk", "order_items", "customers", ["seen_by"], '
            '["id"], postgresql_not_valid=True)',
            'op.drop_column("order_items", "seen_by")\n'
            'op.drop_constraint("orders_coupon_fk", "orders", type_="foreignkey")',
        ),
        FK_SAFE,
    ),
    Form(
        "P45",
        "unindexed-foreign-key",
        "foreign key whose column has no index",
        Body(
            'op.add_column("orders", sa.Column("gift_id", sa.BigInteger()))\n'
            + AUTO
            + 'op.execute("ALTER TABLE orders ADD CONSTRAINT orders_gift_fk FOREIGN KEY '
            '(gift_id) REFERENCES coupons (id) NOT VALID")\n'
            '    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_gift_fk")',
            DROP_COLUMN.format("gift_id"),
        ),
        Body(
            'op.add_column("orders", sa.Column("gift_id", sa.BigInteger()))\n'
            + AUTO
            + 'op.execute("CREATE INDEX CONCURRENTLY orders_gift_ix ON orders (gift_id)")\n'
            '    op.execute("ALTER TABLE orders ADD CONSTRAINT orders_gift_fk FOREIGN KEY '
            '(gift_id) REFERENCES coupons (id) NOT VALID")\n'
            '    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_gift_fk")',
            DROP_COLUMN.format("gift_id"),
        ),
    ),
    Form(
        "P46",
        "foreign-key-types",
        "foreign key from a column of another type than the key's",
        Body(
            'op.execute("CREATE TABLE returns (id bigint PRIMARY KEY, '
            'order_id integer CONSTRAINT returns_order_fk REFERENCES orders (id))")\n'
            'op.execute("CREATE INDEX returns_order_ix ON returns (order_id)")',
            'op.execute("DROP TABLE returns")',
        ),
        Body(
            'op.execute("CREATE TABLE returns (id bigint PRIMARY KEY, '
            'order_id bigint CONSTRAINT returns_order_fk REFERENCES orders (id))")\n'
            'op.execute("CREATE INDEX returns_order_ix ON returns (order_id)")',
            'op.execute("DROP TABLE returns")',
        ),
    ),
    Form(
        "X09",
        "rows-in-the-way",
        "unique index that existing rows break",
        Body(
            AUTO + 'op.create_index("orders_status_key", "orders", ["status"], unique=True, '
            "postgresql_concurrently=True)",
            AUTO + 'op.drop_index("orders_status_key", table_name="orders", '
            "postgresql_concurrently=True)",
        ),
        Body(
            AUTO + 'op.create_index("orders_status_id_key", "orders", ["status", "id"], '
            "unique=True, postgresql_concurrently=True)",
            AUTO + 'op.drop_index("orders_status_id_key", table_name="orders", '
            "postgresql_concurrently=True)",
        ),
        fails="could not create unique index",
    ),
    Form(
        "X18",
        "cascade",
        "foreign key that deletes with its parent",
        Body(
            'op.create_foreign_key("orders_coupon_fk", "orders", "coupons", ["coupon_id"], ["id"], '
            'ondelete="CASCADE", postgresql_not_valid=True)\n'
            + AUTO
            + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_coupon_fk")',
            'op.drop_constraint("orders_coupon_fk", "orders", type_="foreignkey")',
        ),
        FK_SAFE,
    ),
)
