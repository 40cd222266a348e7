from __future__ import annotations

from review.case import Case

SETUP = "CREATE TABLE invoices (id int PRIMARY KEY, tenant text);"
POLICY = "op.execute('CREATE POLICY own ON invoices USING (tenant = current_user)')"

CASES = (
    Case(
        "compatibility/row-security",
        "postgresql",
        SETUP,
        bad=f"{POLICY}\nop.execute('ALTER TABLE invoices ENABLE ROW LEVEL SECURITY')",
        good="""
            op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))
            op.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
            op.execute("CREATE POLICY own ON notes USING (true)")
        """,
        advised=POLICY,
        same=False,
    ),
    Case(
        "compatibility/row-security",
        "postgresql",
        SETUP + "\nALTER TABLE invoices ENABLE ROW LEVEL SECURITY;",
        bad="op.execute('CREATE POLICY all_rows ON invoices USING (true)')",
        good="op.add_column('invoices', sa.Column('total', sa.Integer()))",
        advised="pass",
        same=False,
    ),
)
