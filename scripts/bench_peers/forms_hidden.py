"""Hazards of the other files, in the ways of writing that a reader of text does not see through."""

from __future__ import annotations

from forms import AUTO, NEW_COLUMN, Body, Form
from forms_constraints import CHECK_SAFE, FK_SAFE, NOT_NULL_SAFE
from forms_data import BATCHED, OWN_COLUMN, TRIMMED
from forms_locks import INDEX_SAFE, TYPE_SAFE

__all__ = ["FORMS"]

INDEX_DOWN = 'op.drop_index("orders_total_ix", table_name="orders")'
MODEL = """
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Log(Base):
    __tablename__ = "audit_log"
    id = sa.Column(sa.BigInteger, primary_key=True)
    what = sa.Column(sa.Text)


class Customer(Base):
    __tablename__ = "customers"
    id = sa.Column(sa.BigInteger, primary_key=True)
    channel = sa.Column(sa.Text)
"""

FORMS = (
    Form(
        "P01",
        "index-in-batch",
        "index, in batch_alter_table",
        Body(
            'with op.batch_alter_table("orders") as batch:\n'
            '    batch.create_index("orders_total_ix", ["total"])',
            INDEX_DOWN,
        ),
        INDEX_SAFE,
    ),
    Form(
        "P01",
        "index-in-do",
        "index, in a DO block",
        Body(
            "op.execute(\"DO $$ BEGIN EXECUTE 'CREATE INDEX orders_total_ix ON orders (total)'; "
            'END $$")',
            INDEX_DOWN,
        ),
        INDEX_SAFE,
    ),
    Form(
        "P01",
        "index-in-helper",
        "index, in a function of the revision, text put together",
        Body(
            'lookup("orders", "total")',
            INDEX_DOWN,
            'def lookup(table, column):\n    op.execute(f"CREATE INDEX {table}_{column}_ix ON '
            '{table} ({column})")',
        ),
        INDEX_SAFE,
    ),
    Form(
        "P01",
        "index-in-loop",
        "indexes, in a loop over tables",
        Body(
            'for table, column in (("orders", "total"), ("customers", "email")):\n'
            '    op.create_index(f"{table}_{column}_ix", table, [column])',
            INDEX_DOWN + '\nop.drop_index("customers_email_ix", table_name="customers")',
        ),
        INDEX_SAFE,
    ),
    Form(
        "P01",
        "index-of-core",
        "index, made by SQLAlchemy's Index.create",
        Body(
            'orders = sa.Table("orders", sa.MetaData(), sa.Column("total", sa.Numeric()))\n'
            'sa.Index("orders_total_ix", orders.c.total).create(op.get_bind())',
            INDEX_DOWN,
        ),
        INDEX_SAFE,
    ),
    Form(
        "P10",
        "foreign-key-in-constant",
        "foreign key, text in a list of statements",
        Body(
            "for statement in STATEMENTS:\n    op.execute(statement)",
            'op.drop_constraint("orders_coupon_fk", "orders", type_="foreignkey")',
            'STATEMENTS = [\n    "ALTER TABLE orders ADD CONSTRAINT orders_coupon_fk "\n'
            '    "FOREIGN KEY (coupon_id) REFERENCES coupons (id)",\n]',
        ),
        FK_SAFE,
    ),
    Form(
        "P12",
        "check-in-do",
        "CHECK, in a DO block",
        Body(
            'op.execute("DO $$ BEGIN ALTER TABLE orders ADD CONSTRAINT orders_qty_check '
            'CHECK (qty > 0); END $$")',
            'op.drop_constraint("orders_qty_check", "orders", type_="check")',
        ),
        CHECK_SAFE,
    ),
    Form(
        "P15",
        "not-null-in-batch",
        "SET NOT NULL, in batch_alter_table",
        Body(
            'with op.batch_alter_table("customers") as batch:\n'
            '    batch.alter_column("email", nullable=False)',
            'op.alter_column("customers", "email", nullable=True)',
        ),
        NOT_NULL_SAFE,
    ),
    Form(
        "P22",
        "type-in-do",
        "type changed, in a DO block",
        Body(
            'op.execute("DO $$ BEGIN ALTER TABLE orders ALTER qty TYPE bigint; END $$")',
            'op.execute("ALTER TABLE orders ALTER qty TYPE integer")',
        ),
        TYPE_SAFE,
    ),
    Form(
        "P32",
        "truncate-in-function",
        "TRUNCATE, in a function of the database",
        Body('op.execute("SELECT purge_log()")', 'op.execute("SELECT 1")'),
        TRIMMED,
    ),
    Form(
        "P44",
        "update-by-orm",
        "UPDATE of all rows beside DDL, by an ORM session",
        Body(
            'op.add_column("customers", sa.Column("channel", sa.Text()))\n'
            "session = Session(bind=op.get_bind())\n"
            "for customer in session.query(Customer):\n"
            '    customer.channel = "web"\n'
            "session.flush()",
            'op.drop_column("customers", "channel")',
            MODEL,
        ),
        BATCHED,
    ),
    Form(
        "P44",
        "update-by-core",
        "UPDATE of all rows beside DDL, by SQLAlchemy Core",
        Body(
            'op.add_column("customers", sa.Column("channel", sa.Text()))\n'
            'customers = sa.table("customers", sa.column("channel", sa.Text()))\n'
            'op.get_bind().execute(customers.update().values(channel="web"))',
            'op.drop_column("customers", "channel")',
        ),
        BATCHED,
    ),
    Form(
        "X19",
        "delete-by-orm",
        "DELETE of all rows, by an ORM session",
        Body(
            "session = Session(bind=op.get_bind())\nsession.query(Log).delete()\nsession.flush()",
            'op.execute("SELECT 1")',
            MODEL,
        ),
        TRIMMED,
    ),
    Form(
        "X03",
        "drop-column-in-loop",
        "columns dropped, in a loop, text put together",
        Body(
            'for column in ("note", "extra"):\n    op.execute("ALTER TABLE orders DROP " + column)',
            'op.execute("ALTER TABLE orders ADD note text, ADD extra json")',
        ),
        OWN_COLUMN,
    ),
    Form(
        "X01",
        "rename-in-helper",
        "column renamed, in a function of the revision",
        Body(
            'rename("orders", note="remark")',
            'rename("orders", remark="note")',
            "def rename(table, **names):\n    for old, new in names.items():\n"
            '        op.execute(f"ALTER TABLE {table} RENAME {old} TO {new}")',
        ),
        NEW_COLUMN,
    ),
    Form(
        "X12",
        "no-downgrade-of-rows",
        "downgrade that does nothing after rows were changed",
        Body(
            AUTO + 'op.execute("UPDATE products SET kind = upper(kind) '
            'WHERE kind <> upper(kind) AND id < 50")',
            "pass",
        ),
        Body(
            AUTO + "op.execute(\"UPDATE products SET kind = 'B' WHERE kind = 'b' AND id < 50\")",
            AUTO + "op.execute(\"UPDATE products SET kind = 'b' WHERE kind = 'B' AND id < 50\")",
        ),
    ),
)
