"""What breaks the code that still runs, and what is bad from the start."""

from __future__ import annotations

from forms import AUTO, NEW_COLUMN, SHORT_WAIT, Body, Form

__all__ = ["FORMS"]

ADD_VALUE = Body(
    AUTO + "op.execute(\"ALTER TYPE customer_tier ADD VALUE IF NOT EXISTS 'silver' "
    "AFTER 'basic'\")",
    # PostgreSQL drops no value; a value nobody uses does no harm
    'op.execute("SELECT 1")',
)
LONG = "orders_by_the_customer_and_the_status_and_the_moment_of_its_placing"

FORMS = (
    Form(
        "X01",
        "rename-column",
        "column renamed",
        Body(
            'op.alter_column("orders", "note", new_column_name="remark")',
            'op.alter_column("orders", "remark", new_column_name="note")',
        ),
        NEW_COLUMN,
    ),
    Form(
        "X02",
        "rename-table",
        "table renamed",
        Body('op.rename_table("coupons", "vouchers")', 'op.rename_table("vouchers", "coupons")'),
        Body(
            'op.execute("CREATE VIEW vouchers AS SELECT * FROM coupons")',
            'op.execute("DROP VIEW vouchers")',
        ),
    ),
    Form(
        "X05",
        "nullable",
        "NOT NULL dropped: old code reads NULL",
        Body(
            'op.alter_column("orders", "status", nullable=True)',
            'op.alter_column("orders", "status", nullable=False)',
        ),
        NEW_COLUMN,
    ),
    Form(
        "X06",
        "required-column",
        "NOT NULL column filled by the revision, no server default: old code's INSERT fails",
        Body(
            'op.add_column("orders", sa.Column("channel", sa.Text()))\n'
            + AUTO
            + "op.execute(\"UPDATE orders SET channel = 'web' WHERE channel IS NULL AND id < 50\")\n"
            + SHORT_WAIT
            + 'op.execute("ALTER TABLE orders ADD CONSTRAINT orders_channel_set '
            'CHECK (channel IS NOT NULL) NOT VALID")\n'
            + AUTO
            + 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_channel_set")\n'
            + SHORT_WAIT
            + 'op.alter_column("orders", "channel", nullable=False)\n'
            'op.execute("ALTER TABLE orders DROP CONSTRAINT orders_channel_set")',
            'op.drop_column("orders", "channel")',
        ),
        Body(
            'op.add_column("orders", sa.Column("channel", sa.Text(), nullable=False, '
            'server_default="web"))',
            'op.drop_column("orders", "channel")',
        ),
    ),
    Form(
        "X07",
        "default-changed",
        "default changed",
        Body(
            'op.alter_column("orders", "status", server_default="open")',
            'op.alter_column("orders", "status", server_default="new")',
        ),
        Body(
            'op.add_column("orders", sa.Column("state", sa.Text(), server_default="open"))',
            'op.drop_column("orders", "state")',
        ),
    ),
    Form(
        "P40",
        "enum-value-used",
        "enum value used in the transaction that adds it",
        Body(
            "op.execute(\"ALTER TYPE customer_tier ADD VALUE 'silver' AFTER 'basic'\")\n"
            "op.execute(\"UPDATE customers SET tier = 'silver' WHERE id = 1\")",
            'op.execute("SELECT 1")',
        ),
        ADD_VALUE,
        fails="unsafe use of new value",
    ),
    Form(
        "P41",
        "enum-value-anywhere",
        "enum value added without its place",
        Body(
            AUTO + "op.execute(\"ALTER TYPE customer_tier ADD VALUE IF NOT EXISTS 'silver'\")",
            'op.execute("SELECT 1")',
        ),
        ADD_VALUE,
    ),
    Form(
        "P42",
        "enum-value-renamed",
        "enum value renamed",
        Body(
            "op.execute(\"ALTER TYPE customer_tier RENAME VALUE 'gold' TO 'best'\")",
            "op.execute(\"ALTER TYPE customer_tier RENAME VALUE 'best' TO 'gold'\")",
        ),
        ADD_VALUE,
    ),
    Form(
        "P43",
        "json",
        "json column",
        Body(
            'op.add_column("customers", sa.Column("prefs", sa.JSON()))',
            'op.drop_column("customers", "prefs")',
        ),
        Body(
            'op.add_column("customers", sa.Column("prefs", postgresql.JSONB()))',
            'op.drop_column("customers", "prefs")',
        ),
    ),
    Form(
        "P47",
        "long-name",
        "name longer than 63 bytes, cut silently",
        Body(
            AUTO + f'op.execute("CREATE INDEX CONCURRENTLY {LONG} ON orders (placed_at)")',
            AUTO + f'op.execute("DROP INDEX CONCURRENTLY {LONG}")',
        ),
        Body(
            AUTO + 'op.execute("CREATE INDEX CONCURRENTLY orders_placed_ix ON orders (placed_at)")',
            AUTO + 'op.execute("DROP INDEX CONCURRENTLY orders_placed_ix")',
        ),
    ),
    Form(
        "X20",
        "integer-key",
        "32-bit primary key",
        Body(
            'op.create_table("parcels", sa.Column("id", sa.Integer(), sa.Identity(always=True), '
            'primary_key=True), sa.Column("mark", sa.Text()))',
            'op.drop_table("parcels")',
        ),
        Body(
            'op.create_table("parcels", sa.Column("id", sa.BigInteger(), '
            'sa.Identity(always=True), primary_key=True), sa.Column("mark", sa.Text()))',
            'op.drop_table("parcels")',
        ),
    ),
    Form(
        "X21",
        "no-primary-key",
        "table without a primary key",
        Body(
            'op.create_table("parcels", sa.Column("number", sa.BigInteger(), nullable=False), '
            'sa.Column("mark", sa.Text()))',
            'op.drop_table("parcels")',
        ),
        Body(
            'op.create_table("parcels", sa.Column("number", sa.BigInteger(), primary_key=True, '
            'autoincrement=False), sa.Column("mark", sa.Text()))',
            'op.drop_table("parcels")',
        ),
    ),
    Form(
        "X22",
        "grant-public",
        "privileges granted to everyone",
        Body(
            'op.execute("GRANT ALL ON orders TO PUBLIC")',
            'op.execute("REVOKE ALL ON orders FROM PUBLIC")',
        ),
        Body(
            "op.execute(\"COMMENT ON TABLE orders IS 'what was bought'\")",
            'op.execute("COMMENT ON TABLE orders IS NULL")',
        ),
    ),
    Form(
        "X18",
        "drop-cascade",
        "DROP ... CASCADE takes a trigger with it",
        Body(
            'op.execute("DROP FUNCTION touch() CASCADE")',
            'op.execute("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS '
            '$$ BEGIN NEW.touched_at := now(); RETURN NEW; END $$")\n'
            'op.execute("CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW '
            'EXECUTE FUNCTION touch()")',
        ),
        Body(
            'op.execute("CREATE FUNCTION shout() RETURNS text LANGUAGE sql AS '
            "$$ SELECT 'hey' $$\")",
            'op.execute("DROP FUNCTION shout()")',
        ),
    ),
)
