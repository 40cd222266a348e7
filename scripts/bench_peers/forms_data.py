"""Rows: what loses them, changes all of them, or changes them under a lock."""

from __future__ import annotations

from forms import AUTO, NEW_COLUMN, Body, Form

__all__ = ["FORMS"]

BATCHED = Body(
    'op.add_column("customers", sa.Column("channel", sa.Text()))\n'
    + AUTO
    + "for low in range(0, 100, 50):\n"
    "        op.execute(\"UPDATE customers SET channel = 'web' WHERE channel IS NULL \"\n"
    '                   f"AND id >= {low} AND id < {low + 50}")',
    'op.drop_column("customers", "channel")',
)
TRIMMED = Body(
    'op.create_table("audit_old", sa.Column("id", sa.BigInteger(), primary_key=True, '
    'autoincrement=False), sa.Column("at", sa.DateTime(timezone=True), nullable=False), '
    'sa.Column("what", sa.Text(), nullable=False))\n'
    + AUTO
    + 'op.execute("WITH gone AS (DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log '
    "WHERE at < now() - interval '2 years' ORDER BY id LIMIT 1000) RETURNING id, at, what) \"\n"
    '               "INSERT INTO audit_old SELECT id, at, what FROM gone")',
    'op.execute("INSERT INTO audit_log (id, at, what) SELECT id, at, what FROM audit_old")\n'
    'op.drop_table("audit_old")',
)
"""Old rows, not all of them, put aside and brought back by the downgrade."""
OWN_COLUMN = Body(
    'op.create_table("scratch", sa.Column("id", sa.BigInteger(), primary_key=True), '
    'sa.Column("a", sa.Text()), sa.Column("b", sa.Text()))\n'
    'op.drop_column("scratch", "b")',
    'op.drop_table("scratch")',
)

FORMS = (
    Form(
        "P29",
        "rows-under-lock",
        "DDL mixed with data: rows written while ACCESS EXCLUSIVE is held",
        Body(
            'op.add_column("orders", sa.Column("memo", sa.Text()))\n'
            'op.execute("INSERT INTO audit_log (what) SELECT note FROM orders")',
            'op.drop_column("orders", "memo")',
        ),
        Body(
            AUTO + 'op.execute("ALTER TABLE orders ADD COLUMN memo text")\n'
            "op.execute(\"INSERT INTO audit_log (what) SELECT 'memo added' WHERE NOT EXISTS "
            "(SELECT FROM audit_log WHERE what = 'memo added')\")",
            "op.execute(\"DELETE FROM audit_log WHERE what = 'memo added'\")\n"
            'op.drop_column("orders", "memo")',
        ),
    ),
    Form(
        "P32",
        "truncate",
        "TRUNCATE",
        Body('op.execute("TRUNCATE audit_log")', 'op.execute("SELECT 1")'),
        TRIMMED,
    ),
    Form(
        "P32",
        "truncate-cascade",
        "TRUNCATE ... CASCADE",
        Body('op.execute("TRUNCATE orders CASCADE")', 'op.execute("SELECT 1")'),
        TRIMMED,
    ),
    Form(
        "P44",
        "update-all",
        "UPDATE of all rows in the transaction of the DDL",
        Body(
            'op.add_column("customers", sa.Column("channel", sa.Text()))\n'
            "op.execute(\"UPDATE customers SET channel = 'web'\")",
            'op.drop_column("customers", "channel")',
        ),
        BATCHED,
    ),
    Form(
        "X03",
        "drop-column",
        "column dropped that the running release reads",
        Body(
            'op.drop_column("orders", "note")',
            'op.add_column("orders", sa.Column("note", sa.Text()))',
        ),
        OWN_COLUMN,
    ),
    Form(
        "X04",
        "drop-table",
        "table dropped",
        Body(
            'op.drop_table("coupons")',
            'op.create_table("coupons", sa.Column("id", sa.BigInteger(), sa.Identity(), '
            'primary_key=True), sa.Column("code", sa.Text(), nullable=False), '
            'sa.Column("expires", sa.Date()))',
        ),
        Body(
            'op.create_table("scratch", sa.Column("id", sa.BigInteger(), primary_key=True))\n'
            'op.drop_table("scratch")',
            'op.execute("SELECT 1")',
        ),
    ),
    Form(
        "X10",
        "narrowed",
        "varchar narrowed",
        Body(
            'op.alter_column("customers", "email", type_=sa.String(20))',
            'op.alter_column("customers", "email", type_=sa.String(200))',
        ),
        Body(
            'op.alter_column("customers", "email", type_=sa.String(400))',
            'op.alter_column("customers", "email", type_=sa.String(200))',
        ),
    ),
    Form(
        "X11",
        "backfill-twice",
        "backfill that changes rows again when run again",
        Body(
            AUTO + 'op.execute("UPDATE products SET price = price * 100 WHERE id < 50")',
            AUTO + 'op.execute("UPDATE products SET price = price / 100 WHERE id < 50")',
        ),
        Body(
            'op.add_column("products", sa.Column("price_minor", sa.BigInteger()))\n'
            + AUTO
            + 'op.execute("UPDATE products SET price_minor = price * 100 '
            'WHERE price_minor IS NULL AND id < 50")',
            'op.drop_column("products", "price_minor")',
        ),
    ),
    Form(
        "X19",
        "delete-all",
        "DELETE without WHERE",
        Body('op.execute("DELETE FROM audit_log")', 'op.execute("SELECT 1")'),
        TRIMMED,
    ),
    Form(
        "X19",
        "update-all-rows",
        "UPDATE without WHERE, in a revision of its own",
        Body(
            "op.execute(\"UPDATE products SET kind = 'other'\")",
            'op.execute("UPDATE products SET kind = NULL")',
        ),
        Body(
            AUTO + "op.execute(\"UPDATE products SET kind = 'other' "
            'WHERE kind IS NULL AND id < 50")',
            'op.execute("SELECT 1")',
        ),
    ),
    Form(
        "X12",
        "empty-downgrade",
        "downgrade that does nothing",
        Body(NEW_COLUMN.up, "pass"),
        NEW_COLUMN,
    ),
    Form(
        "X12",
        "half-downgrade",
        "downgrade that forgets one of two changes",
        Body(
            'op.add_column("orders", sa.Column("memo", sa.Text()))\n'
            'op.add_column("customers", sa.Column("nickname", sa.Text()))',
            'op.drop_column("orders", "memo")',
        ),
        Body(
            'op.add_column("orders", sa.Column("memo", sa.Text()))\n'
            'op.add_column("customers", sa.Column("nickname", sa.Text()))',
            'op.drop_column("customers", "nickname")\nop.drop_column("orders", "memo")',
        ),
    ),
    Form(
        "X13",
        "enum-left",
        "enum type that the downgrade leaves",
        Body(
            'op.create_table("parcels", sa.Column("id", sa.BigInteger(), primary_key=True), '
            'sa.Column("state", sa.Enum("packed", "sent", name="parcel_state")))',
            'op.drop_table("parcels")',
        ),
        Body(
            'op.create_table("parcels", sa.Column("id", sa.BigInteger(), primary_key=True), '
            'sa.Column("state", sa.Enum("packed", "sent", name="parcel_state")))',
            'op.drop_table("parcels")\nop.execute("DROP TYPE parcel_state")',
        ),
    ),
    Form(
        "X14",
        "downgrade-by-setting",
        "downgrade that asks the environment what to do",
        Body(
            NEW_COLUMN.up,
            'if os.environ.get("DROP_MEMO"):\n    op.drop_column("orders", "memo")',
        ),
        NEW_COLUMN,
    ),
)
