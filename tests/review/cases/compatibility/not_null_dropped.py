from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL);"
NULLABLE = "op.alter_column('orders', 'total', nullable=True, existing_type=sa.Integer())"
DEFAULT = "op.alter_column('orders', 'total', server_default='0', existing_type=sa.Integer()"

CASES = (
    *(
        Case(
            "compatibility/not-null-dropped",
            engine,
            SETUP,
            bad=NULLABLE,
            good=NULLABLE + "\n" + NULLABLE.replace("=True", "=False"),
            advised=f"{DEFAULT}, existing_nullable=False)",
            same=False,
        )
        for engine in ("postgresql", "mysql")
    ),
    Case(
        "compatibility/not-null-dropped",
        "sqlite",
        SETUP,
        bad=f"with op.batch_alter_table('orders') as batch_op:\n    {NULLABLE}".replace(
            "op.alter_column('orders', ", "batch_op.alter_column("
        ),
        good="""
            with op.batch_alter_table('orders') as batch_op:
                batch_op.add_column(sa.Column('note', sa.Text()))
        """,
        advised="""
            with op.batch_alter_table('orders') as batch_op:
                batch_op.alter_column('total', server_default='0', existing_type=sa.Integer())
        """,
        same=False,
    ),
)
