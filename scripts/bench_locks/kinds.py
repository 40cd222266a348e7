"""The kinds of change: what the models say before and after, and what a table is like before."""

from __future__ import annotations

from dataclasses import dataclass

_MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("visits", sa.Integer(), nullable=False),
)

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
    sa.Column("number", sa.BigInteger(), nullable=False),
    sa.Column("customer_id", sa.BigInteger(), nullable=False),
    sa.Column("code", sa.String(32), nullable=False),
    sa.Column("amount", sa.Integer(), nullable=False),
    sa.Column("note", sa.String(100)),
    # more columns
    sa.PrimaryKeyConstraint("id", name="orders_pkey"),
    sa.Index("ix_orders_number", "number", unique=True),
    # more constraints and indexes
)
"""
_COLUMN, _MORE = "    # more columns\n", "    # more constraints and indexes\n"

ROWS_A_CUSTOMER = 20

FILL = (
    "INSERT INTO customers SELECT i, 'customer ' || i, 0"
    " FROM generate_series(0, {customers} - 1) AS i",
    "INSERT INTO orders SELECT i, i, i % {customers}, md5(CAST(i AS text)), i % 1000,"
    " rpad('note ' || i, 60, '.') FROM generate_series(0, {rows} - 1) AS i",
)
"""Fills the tables. A row of ``orders`` takes about 150 bytes on its page."""

Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Kind:
    """One kind of change.

    :param after: texts in the models and what they become.
    :param before: the same, to come from the common models to those before the change.
    :param setup: SQL that brings the filled tables to the models before the change.
    :param by_hand: the line of ``upgrade()`` where Alembic's autogenerate sees no change.
    :param answers: what a person tells ``assay generate``, as its options.
    :param held: the change comes while a transaction that has read the table stays open.
    """

    name: str
    title: str
    after: Edits
    before: Edits = ()
    setup: tuple[str, ...] = ()
    by_hand: str | None = None
    answers: tuple[str, ...] = ()
    held: bool = False

    def models(self, *, changed: bool) -> str:
        """The text of the models before or after the change."""
        text = _MODELS
        for old, new in (*self.before, *(self.after if changed else ())):
            if text.count(old) != 1:
                raise SystemExit(f"{self.name}: {old!r} is not once in the models")
            text = text.replace(old, new)
        return text


def _column(text: str) -> Edits:
    return ((_COLUMN, f"    {text},\n{_COLUMN}"),)


def _more(text: str) -> Edits:
    return ((_MORE, f"    {text},\n{_MORE}"),)


_INDEX = 'sa.Index("ix_orders_code_amount", "code", "amount")'
_KEY = '    sa.PrimaryKeyConstraint("id", name="orders_pkey"),\n'

KINDS = (
    Kind("index", "create an index", _more(_INDEX)),
    Kind(
        "drop-index",
        "drop an index",
        after=((f"    {_INDEX},\n", ""),),
        before=_more(_INDEX),
        setup=("CREATE INDEX ix_orders_code_amount ON orders (code, amount)",),
    ),
    Kind(
        "foreign-key",
        "add a foreign key",
        _more(
            'sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_orders_customer")'
        ),
    ),
    Kind(
        "check",
        "add a CHECK",
        _more('sa.CheckConstraint("amount >= 0", name="ck_orders_amount")'),
        by_hand='op.create_check_constraint("ck_orders_amount", "orders", "amount >= 0")',
    ),
    Kind(
        "not-null",
        "set NOT NULL",
        ((('"note", sa.String(100)'), '"note", sa.String(100), nullable=False'),),
        answers=("--backfill", "orders.note=''"),
    ),
    Kind(
        "unique",
        "add a UNIQUE constraint",
        _more('sa.UniqueConstraint("code", name="uq_orders_code")'),
    ),
    Kind(
        "primary-key",
        "add a PRIMARY KEY",
        after=_more('sa.PrimaryKeyConstraint("id", name="orders_pkey")'),
        before=((_KEY, ""),),
        setup=("ALTER TABLE orders DROP CONSTRAINT orders_pkey",),
        by_hand='op.create_primary_key("orders_pkey", "orders", ["id"])',
    ),
    Kind(
        "volatile-default",
        "add a column, default gen_random_uuid()",
        _column(
            'sa.Column("token", sa.Uuid(), server_default=sa.text("gen_random_uuid()"),'
            " nullable=False)"
        ),
    ),
    Kind("nullable-column", "add a nullable column", _column('sa.Column("remark", sa.Text())')),
    Kind(
        "constant-default",
        "add a column, constant default",
        _column('sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False)'),
    ),
    Kind(
        "open-reader",
        "add a nullable column behind an open reader",
        _column('sa.Column("remark", sa.Text())'),
        held=True,
    ),
)
