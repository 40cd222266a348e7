"""A revision edited by hand, models changed late, receipts: what ``change`` and ``status`` say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers import Laid, copied

SLOT = '    # op.execute("UPDATE users SET email = ... WHERE email IS NULL")'
FILL = '    op.execute("UPDATE users SET email = name")'


@pytest.fixture(scope="module")
def stopped(begun: Laid, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """A change that stopped at its empty slot."""
    project = copied(begun, tmp_path_factory.mktemp("stopped") / "app")
    project.people("Ann", "Bob")
    project.column('Column("email", String(100), nullable=False)')
    project.change("email", code=3)
    return project


@pytest.fixture
def slot(stopped: Laid, tmp_path: Path) -> Laid:
    """Its own copy for each test."""
    return copied(stopped, tmp_path / "app")


@pytest.mark.parametrize(
    ("edit", "sql"),
    [
        ('    op.execute("CREATE INDEX ix_hand ON users (name)")', "ix_hand"),
        ('    op.create_table("extra", sa.Column("id", sa.Integer()))', "extra"),
        ('    op.get_bind().execute(sa.text("CREATE TABLE hand (id INTEGER)"))', "hand"),
        (
            '    sa.Table("hand", sa.MetaData(), sa.Column("id", sa.Integer)).create(op.get_bind())',
            "hand",
        ),
        (
            "    from sqlalchemy.orm import Session\n"
            '    Session(op.get_bind()).execute(sa.text("CREATE VIEW hand AS SELECT 1 AS a"))',
            "hand",
        ),
    ],
    ids=["execute", "operation", "connection", "metadata", "session"],
)
def test_ddl_by_hand_in_the_slot(slot: Laid, edit: str, sql: str) -> None:
    """Nobody asked for it: step 3 stops and names the line."""
    slot.edit(slot.newest, SLOT, f"{FILL}\n{edit}")
    before = slot.dump
    ran = slot.go_on(code=1)
    assert ran.statuses == {1: "passed", 2: "passed", 3: "stopped"}
    wanted = slot.line_of(edit.splitlines()[-1].strip())
    operation = next(o for o in ran.step("review")["operations"] if o["not_asked_for"])
    assert operation["line"] == wanted
    assert sql in json.dumps(operation)
    assert slot.dump == before
    text = slot.run("review", code=0).out  # without the models, only shown
    assert f"{slot.newest.name}:{wanted}" in text
    assert slot.run("change", "--continue", code=1).out.count("nobody asked for") >= 1


def test_ddl_by_hand_that_makes_what_was_asked_stops_at_4(slot: Laid) -> None:
    text = slot.newest.read_text()
    generated = "op.add_column('users', sa.Column('email', sa.String(length=100), nullable=True))"
    by_hand = "op.execute('ALTER TABLE users ADD COLUMN email VARCHAR(100)')"
    slot.newest.write_text(text.replace(generated, by_hand).replace(SLOT, FILL))
    ran = slot.go_on(code=1)
    assert ran.statuses == {1: "passed", 2: "passed", 3: "passed", 4: "stopped"}
    (found,) = ran.step("backfill")["hand_written_ddl"]
    (missing,) = ran.step("backfill")["missing_ddl"]
    assert missing["sql"] == found["sql"]
    assert found["direction"] == "upgrade"
    assert found["line"] == slot.line_of(by_hand)
    assert f"{slot.newest.name}:{found['line']}" in slot.run("change", "--continue").out
    assert slot.run("prove", code=1).out.count("DDL") >= 1


def test_ddl_in_downgrade_stops_at_4(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, FILL)
    edit = '    op.execute("DROP INDEX IF EXISTS ix_gone")'
    text = slot.newest.read_text()
    at = text.index("    # ### commands auto", text.index("def downgrade"))
    created = '    op.execute("CREATE INDEX ix_gone ON users (name)")'
    slot.newest.write_text(f"{text[:at]}{created}\n{edit}\n{text[at:]}")
    ran = slot.go_on(code=1)
    assert ran.statuses[4] == "stopped"
    lines = {one["line"] for one in ran.step("backfill")["hand_written_ddl"]}
    assert lines >= {slot.line_of("CREATE INDEX ix_gone"), slot.line_of("DROP INDEX IF")}
    assert {one["direction"] for one in ran.step("backfill")["hand_written_ddl"]} == {"downgrade"}


def test_a_removed_line_is_missed(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, FILL)
    text = slot.newest.read_text()
    down = text.index("    op.rebuild_table", text.index("def downgrade"))
    slot.newest.write_text(text[:down] + "    pass\n")
    ran = slot.go_on(code=1)
    assert ran.statuses[4] == "stopped"
    assert ran.step("backfill")["missing_ddl"]
    assert ran.step("backfill")["missing_ddl"][0]["direction"] == "downgrade"


def test_data_by_orm_in_the_slot_is_no_ddl(slot: Laid) -> None:
    slot.edit(
        slot.newest,
        SLOT,
        "    users = sa.table('users', sa.column('name'), sa.column('email'))\n"
        "    from sqlalchemy.orm import Session\n"
        "    session = Session(op.get_bind())\n"
        "    session.execute(sa.update(users).values(email=users.c.name))\n"
        "    op.get_bind().execute(sa.select(users)).all()",
    )
    ran = slot.go_on(code=0)
    assert ran.statuses == dict.fromkeys(range(1, 9), "passed")
    assert slot.sql("SELECT email FROM users") == [("Ann",), ("Bob",)]


def test_models_changed_after_generation_and_again(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, FILL)
    slot.column('Column("late", String(10))')
    ran = slot.go_on(code=1)
    stopped_at = max(ran.statuses)
    assert stopped_at in (4, 5)
    assert "late" in json.dumps(ran.document)
    assert "--again" in ran.document["next_step"]
    name = slot.newest.name
    ran = slot.json("generate", "--again", code=0)
    assert FILL in slot.newest.read_text()
    assert "late" in slot.newest.read_text()
    assert slot.newest.name.split("-")[1] == name.split("-")[1]
    assert len(slot.revisions) == 2
    assert slot.go_on(code=0).statuses[8] == "passed"


def test_again_without_a_change_in_the_making(app: Laid) -> None:
    assert "--again" not in app.json("generate", "--again", code=2).document["summary"]


def test_a_downgrade_that_forgets_data_types_stops_at_7_or_before(slot: Laid) -> None:
    """What step 4 cannot see: the downgrade raises on rows."""
    slot.edit(slot.newest, SLOT, FILL)
    text = slot.newest.read_text()
    at = text.index("    # ### commands auto", text.index("def downgrade"))
    slot.newest.write_text(f"{text[:at]}    raise RuntimeError('no way back')\n{text[at:]}")
    ran = slot.go_on(code=1)
    assert max(ran.statuses) in (4, 7)
    assert "no way back" in json.dumps(ran.document)
    assert 6 not in ran.statuses


def test_a_revision_that_counts_on_first_runs_stops_at_7(slot: Laid) -> None:
    """Up works, up again does not: the downgrade leaves something the catalog does not show."""
    slot.edit(
        slot.newest,
        SLOT,
        f'{FILL}\n    op.execute("INSERT INTO users (id, name, created_at, email)'
        " VALUES (777, 'x', '2024-01-01', 'x')\")",
    )
    before = slot.dump
    ran = slot.go_on(code=1)
    assert ran.statuses[7] == "stopped"
    assert ran.step("reverse")["shadow"]["raised"]["step"] == "second upgrade"
    assert slot.dump == before


def test_a_syntax_error_and_its_correction(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, "    op.execute(")
    for arguments in (("change", "--continue"), ("status",), ("prove",), ("check",)):
        ran = slot.json(*arguments, code=2)
        assert slot.newest.name in json.dumps(ran.document)
        assert "syntax" in json.dumps(ran.document).lower() or "never closed" in ran.out
    slot.edit(slot.newest, "    op.execute(\n", FILL + "\n")
    assert slot.go_on("--no-apply", code=0).statuses[7] == "passed"


def test_abort_with_a_syntax_error(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, "    op.execute(")
    slot.json("change", "--abort", code=0)
    assert len(slot.revisions) == 1


def test_receipt_goes_stale(slot: Laid) -> None:
    slot.edit(slot.newest, SLOT, FILL)
    slot.go_on(code=0)

    def receipt() -> str:
        return str(slot.json("status", code=0).step("receipt")["summary"])

    assert "was proven" in receipt()
    kept = slot.newest.read_text()
    slot.newest.write_text("# a comment\n\n\n" + kept.replace("Upgrade schema.", "Other words."))
    assert "was proven" in receipt()
    slot.edit(slot.newest, "SET email = name", "SET email = lower(name)")
    assert "file was changed" in receipt()
    slot.newest.write_text(kept)
    slot.column('Column("later", String(10))')
    assert "models were changed" in receipt()


@pytest.mark.parametrize("engine", ["app", "app_postgresql"])
def test_a_backfill_beside_a_default(request: pytest.FixtureRequest, engine: str) -> None:
    """Rows without a value would get the default; who says another value is asked no more."""
    app: Laid = request.getfixturevalue(engine)
    app.people("Ann", "Bob")
    app.model(
        'Column("nick", String(50))',
        'Column("nick", String(50), nullable=False, server_default="x")',
    )
    app.change("nick", "--backfill", "users.nick=lower(name)", "--no-apply", code=0)
    assert "SET nick = lower(name)" in app.newest.read_text()
    app.run("generate", "--again", code=0)
    assert "SET nick = lower(name)" in app.newest.read_text()
    app.go_on(code=0)
    assert {row[0] for row in app.sql("SELECT nick FROM users")} == {"ann", "bob"}
