"""``assay review --fix`` on a real PostgreSQL server: rewritten, proven, kept; or the file is as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from assay.errors import ProcedureStop
from assay.procedure import state
from assay.procedure.commands import review
from assay.procedure.fixing import fix
from assay.report import Report
from generate.recipes.in_use import InUse, in_use
from helpers import Ran, assay, clean_environment
from small_project import opened, revision

PARENTS = 'parents = sa.Table("parents", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'
MODELS = PARENTS + (
    'items = sa.Table("items", metadata, sa.Column("id", sa.Integer, primary_key=True),'
    ' sa.Column("parent_id", sa.Integer), sa.Column("a", sa.Integer),'
    ' sa.Column("name", sa.String(50)))\n'
)
ROWS = (
    "INSERT INTO parents SELECT i FROM generate_series(1, 30) i",
    "INSERT INTO items SELECT i, mod(i, 30) + 1, i, 'x' || i FROM generate_series(1, 30) i",
)
INDEX = 'op.create_index("ix_a", "items", ["a"])', 'op.drop_index("ix_a", "items")'


class Fixing:
    """A project whose head is a revision that nobody has."""

    def __init__(self, project: InUse) -> None:
        self.project = project
        self.versions = project.folder / "migrations" / "versions"
        self.file = self.versions / "c1_change.py"

    def head(self, up: str, down: str) -> None:
        """Write it."""
        self.file.write_text(revision(up, down, "c1", "b0"))

    def fix(self, *, dry_run: bool = False, unapplied: bool = False) -> Report:
        """``assay review --fix``."""
        with opened(self.project.folder) as session:
            return fix(session, None, dry_run=dry_run, unapplied=unapplied)

    def run(self, *arguments: str) -> Ran:
        """The program."""
        return assay("review", "--fix", *arguments, cwd=self.project.folder)

    @property
    def added(self) -> list[Path]:
        """Files that the fix added."""
        known = {"c1_change.py", *(p.name for p in self.versions.glob("b0*.py"))}
        return [path for path in self.versions.glob("*.py") if path.name not in known]

    def findings(self, *families: str) -> list[str]:
        """What the review of everything after the first revision says of locks."""
        with opened(self.project.folder) as session:
            found = review(session, "b0:head").steps
        return [
            finding["rule"]
            for step in found
            for finding in step.data["findings"]
            if finding["rule"].startswith(families or ("locks/",))
        ]

    def there_and_back(self) -> None:
        """Plain Alembic: up, down one by one, up."""
        before = self.project.catalog
        self.project.upgrade()
        after = self.project.catalog
        self.project.downgrade("b0")
        assert self.project.catalog.objects == before.objects
        self.project.upgrade()
        assert self.project.catalog.objects == after.objects


@pytest.fixture
def fixing(postgresql_server: str, tmp_path: Path) -> Iterator[Fixing]:
    """Two tables in use, and a head to come."""
    with in_use(postgresql_server, tmp_path / "app", MODELS, *ROWS) as project:
        yield Fixing(project)


KINDS = {
    "index": (*INDEX, "create_index_online"),
    "foreign key": (
        'op.create_foreign_key("fk", "items", "parents", ["id"], ["id"])',
        'op.drop_constraint("fk", "items", type_="foreignkey")',
        "create_foreign_key_online",
    ),
    "check": (
        'op.create_check_constraint("positive", "items", "a > 0")',
        'op.drop_constraint("positive", "items", type_="check")',
        "create_check_constraint_online",
    ),
    "unique": (
        'op.create_unique_constraint("uq_a", "items", ["a"])',
        'op.drop_constraint("uq_a", "items", type_="unique")',
        "create_unique_constraint_online",
    ),
    "not null": (
        'op.alter_column("items", "a", existing_type=sa.Integer(), nullable=False)',
        'op.alter_column("items", "a", existing_type=sa.Integer(), nullable=True)',
        "set_not_null_online",
    ),
    "volatile default": (
        'op.add_column("items", sa.Column("u", sa.Uuid(), nullable=False,'
        ' server_default=sa.text("gen_random_uuid()")))',
        'op.drop_column("items", "u")',
        "add_column_online",
    ),
    "in a batch": (
        'with op.batch_alter_table("items", schema=None) as batch_op:\n'
        '    batch_op.create_index(batch_op.f("ix_a"), ["a"], unique=False)\n',
        'with op.batch_alter_table("items", schema=None) as batch_op:\n'
        '    batch_op.drop_index(batch_op.f("ix_a"))\n',
        "create_index_online",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_plain_alembic_becomes_its_safe_form(fixing: Fixing, kind: str) -> None:
    up, down, written = KINDS[kind]
    fixing.head(up, down)
    assert fixing.findings() != []
    report = fixing.fix()
    assert report.exit_code == 0
    assert report.data["written"]
    assert written in fixing.file.read_text()
    assert fixing.added == []
    assert fixing.findings() == []
    fixing.there_and_back()


MIXED = """
# a new column
op.add_column("items", sa.Column("b", sa.Integer()))
# every row gets one
op.execute('''
    UPDATE items
  SET b = 1
''')
op.alter_column("items", "b", nullable=False)  # all have it now
# to the parent
op.create_foreign_key("fk_p", "items", "parents", ["id"], ["id"])
op.create_index("ix_b", "items", ["b"])
"""
MIXED_DOWN = """
op.drop_index("ix_b", "items")
op.drop_constraint("fk_p", "items", type_="foreignkey")
op.drop_column("items", "b")
"""


def test_a_mixed_revision_becomes_several_and_keeps_its_words(fixing: Fixing) -> None:
    fixing.head(MIXED, MIXED_DOWN)
    report = fixing.fix()
    assert report.data["revisions"][-1] == "c1"
    texts = [Path(fixing.project.folder / name).read_text() for name in report.data["files"]]
    assert len(texts) == 3
    first, data, last = texts
    assert "# a new column" in first
    assert "add_column(" in first
    assert "# every row gets one" in data
    assert "\n        UPDATE items\n      SET b = 1\n" in data
    assert [part for part in ("# all have it now", "# to the parent") if part not in last] == []
    assert last.index("set_not_null_online") < last.index("create_foreign_key_online")
    # an UPDATE of every row is a person's own; it holds up nobody else any more
    assert fixing.findings() == ["locks/every-row-updated"]
    assert [s["why"] for s in report.data["stays"]] == ["it is SQL text, not an operation"]
    fixing.there_and_back()


FILLING = """
op.add_column("items", sa.Column("b", sa.Integer()))
# assay: backfill items.b
# whatever it was
op.execute("UPDATE items SET b = coalesce(a, 0) WHERE b IS NULL")
# assay: end backfill
op.execute("UPDATE items SET name = 'none' WHERE name IS NULL AND a > 3")
op.alter_column("items", "b", nullable=False)
"""
FILLING_DOWN = 'op.drop_column("items", "b")'


def test_an_update_of_rows_without_a_value_runs_in_batches(fixing: Fixing) -> None:
    fixing.head(FILLING, FILLING_DOWN)
    assert "locks/every-row-updated" in fixing.findings()
    report = fixing.fix()
    text = "".join(Path(fixing.project.folder / name).read_text() for name in report.data["files"])
    assert (
        "    # assay: backfill items.b\n"
        "    # whatever it was\n"
        "    with op.get_context().autocommit_block():\n"
        '        op.backfill_online("items", "b", "coalesce(a, 0)")\n'
        "    # assay: end backfill\n"
    ) in text
    assert "op.backfill_online('items', 'name', \"'none'\", where='a > 3')" in text
    assert 'op.execute("UPDATE' not in text
    assert fixing.findings("") == ["compatibility/value-required"]
    fixing.there_and_back()
    assert fixing.project.sql("SELECT count(*) FROM items WHERE b = a") == [(30,)]


def test_an_update_that_reads_its_own_table_stays(fixing: Fixing) -> None:
    fixing.head(FILLING.replace("coalesce(a, 0)", "(SELECT count(*) FROM items)"), FILLING_DOWN)
    fixing.fix()
    texts = [path.read_text() for path in (*fixing.added, fixing.file)]
    assert sum("SET b = (SELECT count(*) FROM items) WHERE" in text for text in texts) == 1
    fixing.there_and_back()


def test_each_of_several_revisions_reverses_by_itself(fixing: Fixing) -> None:
    fixing.head(MIXED, MIXED_DOWN)
    fixing.fix()
    states = [fixing.project.catalog]
    for _ in range(3):
        fixing.project.upgrade("+1")
        states.append(fixing.project.catalog)
    for expected in reversed(states[:-1]):
        fixing.project.downgrade("-1")
        assert fixing.project.catalog.objects == expected.objects


def test_revisions_behind_it_stay_valid(fixing: Fixing) -> None:
    fixing.head(MIXED, MIXED_DOWN)
    (fixing.versions / "d1.py").write_text(
        revision('op.add_column("items", sa.Column("z", sa.Integer()))',
                 'op.drop_column("items", "z")', "d1", "c1")
    )  # fmt: skip
    with opened(fixing.project.folder) as session:
        report = fix(session, "c1", dry_run=False, unapplied=False)
    assert len(report.data["files"]) == 3
    fixing.there_and_back()


def test_a_statement_in_a_loop_stays_and_is_said(fixing: Fixing) -> None:
    fixing.head(
        'for name in ("a", "name"):\n    op.create_index(f"ix_{name}", "items", [name])\n'
        'op.create_index("ix_p", "items", ["parent_id"])',
        'op.drop_index("ix_p", "items")\n'
        'for name in ("a", "name"):\n    op.drop_index(f"ix_{name}", "items")',
    )
    report = fixing.fix()
    (stays,) = report.data["stays"]
    assert stays["line"] == 7
    assert "loop" in stays["why"]
    assert {f["rule"] for f in stays["findings"]} == {"locks/index-blocks-writes"}
    assert fixing.findings() == ["locks/index-blocks-writes"] * 2
    fixing.there_and_back()


def test_sql_text_and_helpers_stay(fixing: Fixing) -> None:
    text = revision(
        'op.execute("CREATE INDEX ix_a ON items (a)")\nmake("ix_n", "parents")',
        'op.execute("DROP INDEX ix_n")\nop.execute("DROP INDEX ix_a")',
        "c1",
        "b0",
    )
    text += '\ndef make(name, table):\n    op.create_index(name, table, ["id"])\n'
    fixing.file.write_text(text)
    report = fixing.fix()
    assert [s["line"] for s in report.data["stays"]] == [7, 14]
    assert "SQL" in report.data["stays"][0]["why"]
    assert "function" in report.data["stays"][1]["why"]


def test_a_waiver_of_what_is_gone_goes_with_it(fixing: Fixing) -> None:
    up, down = INDEX
    fixing.head(f"# assay: allow index-blocks-writes -- it is small\n# a reader's word\n{up}", down)
    fixing.fix()
    text = fixing.file.read_text()
    assert "assay: allow" not in text
    assert "# a reader's word" in text
    assert fixing.findings("hygiene/waiver", "locks/") == []


@pytest.mark.parametrize(
    ("up", "down", "name"),
    [
        (
            'op.create_check_constraint("positive", "items", "a > 0")',
            'op.drop_constraint("positive", "items", type_="check")',
            "ck_items_positive",
        ),
        (
            'op.create_foreign_key(None, "items", "parents", ["id"], ["id"])',
            'op.drop_constraint("items_id_fkey", "items", type_="foreignkey")',
            "items_id_fkey",
        ),
    ],
)
def test_a_constraint_keeps_the_name_that_the_server_has_it_by(
    fixing: Fixing, up: str, down: str, name: str
) -> None:
    convention = '{"ck": "ck_%(table_name)s_%(constraint_name)s"}'
    fixing.project.models(f"metadata.naming_convention = {convention}\n{MODELS}")
    fixing.head(up, down)
    assert fixing.fix().data["written"]
    assert f"_online(op.f('{name}'), " in fixing.file.read_text()
    fixing.there_and_back()


def test_a_dropped_column_takes_its_index_along_in_two_steps(fixing: Fixing) -> None:
    fixing.head(
        'op.add_column("items", sa.Column("b", sa.Integer()))\n'
        'op.create_index("ix_b", "items", ["b"])',
        'op.drop_column("items", "b")',
    )
    report = fixing.fix()
    assert len(report.data["files"]) == 2
    assert "drop_index_online" in fixing.file.read_text()
    fixing.there_and_back()


def test_names_that_another_part_needs_go_along_or_it_is_refused(fixing: Fixing) -> None:
    down = INDEX[1] + '\nop.drop_column("items", "b")'
    up = (
        "conn = op.get_bind()\n"
        'op.add_column("items", sa.Column("b", sa.Integer()))\n'
        "{}\n" + INDEX[0] + "\nconn.execute(sa.text({}))"
    )
    fixing.head(up.format("", '"UPDATE items SET b = 1"'), down)
    report = fixing.fix()
    assert len(report.data["files"]) == 3
    assert fixing.file.read_text().count("conn = op.get_bind()") == 1
    fixing.there_and_back()


def test_a_value_that_was_asked_for_cannot_go_along(fixing: Fixing) -> None:
    fixing.head(
        'op.add_column("items", sa.Column("b", sa.Integer()))\n'
        'most = op.get_bind().execute(sa.text("SELECT max(a) FROM items")).scalar() or 0\n'
        + INDEX[0]
        + '\nop.execute(f"UPDATE items SET b = {most}")',
        INDEX[1] + '\nop.drop_column("items", "b")',
    )
    before = fixing.file.read_text()
    with pytest.raises(ProcedureStop, match="most of line 8"):
        fixing.fix()
    assert fixing.file.read_text() == before


def test_a_table_of_the_same_revision_is_left_alone(fixing: Fixing) -> None:
    fixing.head(
        'op.create_table("kids", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'op.create_index("ix_kids", "kids", ["id"])',
        'op.drop_table("kids")',
    )
    before = fixing.file.read_text()
    report = fixing.fix()
    assert report.exit_code == 0
    assert fixing.file.read_text() == before
    assert "Nothing" in report.summary


def test_a_type_given_as_a_class_is_written_as_one(fixing: Fixing) -> None:
    fixing.head(
        f'{INDEX[0]}\nop.alter_column("items", "a", existing_type=sa.Integer, server_default="7")',
        f'op.alter_column("items", "a", existing_type=sa.Integer, server_default=None)\n{INDEX[1]}',
    )
    fixing.fix()
    assert "existing_type=sa.Integer()" in fixing.file.read_text()
    assert fixing.findings() == []


def test_what_was_applied_is_refused(fixing: Fixing) -> None:
    fixing.head(*INDEX)
    before = fixing.file.read_text()
    fixing.project.upgrade()
    with pytest.raises(ProcedureStop, match="has c1 already"):
        fixing.fix(unapplied=True)
    assert fixing.file.read_text() == before


def test_a_receipt_says_that_it_was_applied(fixing: Fixing) -> None:
    fixing.head(*INDEX)
    receipts = fixing.project.folder / ".assay" / "receipts"
    receipts.mkdir(parents=True)
    (receipts / "c1.json").write_text("{}")
    with pytest.raises(ProcedureStop, match="receipt"):
        fixing.fix()


@pytest.mark.parametrize(
    ("path", "said"), [("other.py", "A change is in the making"), (None, "--again --online")]
)
def test_a_change_in_the_making_comes_first(fixing: Fixing, path: str | None, said: str) -> None:
    fixing.head(*INDEX)
    folder = fixing.project.folder
    mine = str(fixing.file.relative_to(folder))
    state.save(folder / ".assay", state.Change("c1", "a change", path=path or mine))
    with pytest.raises(ProcedureStop) as stop:
        fixing.fix()
    assert said in f"{stop.value.what} {stop.value.next_step}"


def test_a_block_of_its_own_is_a_revision_of_its_own(fixing: Fixing) -> None:
    block = (
        "with op.get_context().autocommit_block():\n"
        '    op.{}_index("ix_n", {}, postgresql_concurrently=True)\n'
    )
    fixing.head(
        'op.add_column("items", sa.Column("b", sa.Integer()))\n'
        + block.format("create", '"items", ["name"]')
        + INDEX[0],
        INDEX[1] + "\n" + block.format("drop", '"items"') + 'op.drop_column("items", "b")',
    )
    report = fixing.fix()
    assert len(report.data["files"]) == 2
    text = fixing.file.read_text()
    assert "postgresql_concurrently=True" in text
    assert "create_index_online" in text
    assert fixing.findings() == []
    fixing.there_and_back()


def test_a_timeout_stays_where_a_transaction_needs_it(fixing: Fixing) -> None:
    timeout = "op.execute(\"SET LOCAL lock_timeout = '5s'\")\n"
    fixing.head(timeout + INDEX[0], timeout + INDEX[1])
    fixing.fix()
    # outside of a transaction the operations say it themselves
    assert "lock_timeout" not in fixing.file.read_text()
    add = 'op.alter_column("items", "name", new_column_name="title")\n'
    back = 'op.alter_column("items", "title", new_column_name="name")'
    fixing.head(timeout + add + INDEX[0], f"{timeout}{INDEX[1]}\n{back}")
    report = fixing.fix()
    texts = [(fixing.project.folder / name).read_text() for name in report.data["files"]]
    assert texts[0].count("lock_timeout = '5s'") == 1
    # the downgrade of the first has no statement of its own that says so any more
    assert texts[0].count("lock_timeout = '2s'") == 1
    assert "lock_timeout" not in texts[1]
    assert fixing.findings("locks/", "hygiene/no-lock-timeout") == []
    fixing.there_and_back()


def test_two_statements_in_a_line_are_refused(fixing: Fixing) -> None:
    fixing.head(f'{INDEX[0]}; op.execute("SELECT 1")', INDEX[1])
    with pytest.raises(ProcedureStop, match="plain functions"):
        fixing.fix()


def test_a_database_that_does_not_answer_must_be_spoken_for(fixing: Fixing) -> None:
    fixing.head(*INDEX)
    ini = fixing.project.folder / "alembic.ini"
    name = fixing.project.url.rpartition("/")[2]
    ini.write_text(ini.read_text().replace(name, "assay_t_nobody"))
    with pytest.raises(ProcedureStop, match="cannot be asked") as stop:
        fixing.fix()
    assert "--unapplied" in str(stop.value.next_step)
    assert fixing.fix(unapplied=True).data["written"]


def test_a_revision_that_does_not_reverse_is_not_rewritten(fixing: Fixing) -> None:
    fixing.head(INDEX[0], "pass")
    before = fixing.file.read_text()
    with pytest.raises(ProcedureStop, match="does not reverse"):
        fixing.fix()
    assert fixing.file.read_text() == before


def test_an_order_that_is_not_the_mirror_image_is_refused_with_its_line(fixing: Fixing) -> None:
    down = 'op.drop_column("items", "b")\nop.drop_index("ix_a", "items")'
    fixing.head('op.add_column("items", sa.Column("b", sa.Integer()))\n' + INDEX[0], down)
    before = fixing.file.read_text()
    with pytest.raises(ProcedureStop, match="opposite order") as stop:
        fixing.fix()
    assert str(stop.value.where).endswith("c1_change.py:11")
    assert fixing.file.read_text() == before
    assert fixing.added == []


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (
            'op.execute("CREATE INDEX ix_n ON items (name); ALTER TABLE items ADD COLUMN y int")',
            'op.execute("ALTER TABLE items DROP COLUMN y")\nop.drop_index("ix_n", "items")',
        ),
        (
            'op.execute("ALTER TABLE items DROP COLUMN name")',
            'op.execute("ALTER TABLE items ADD COLUMN name varchar(50)")\n'
            "op.execute(\"UPDATE items SET name = 'x' WHERE name IS NULL\")",
        ),
    ],
    ids=["index", "rows"],
)
def test_what_shares_a_statement_with_what_needs_a_transaction_stays(
    fixing: Fixing, up: str, down: str
) -> None:
    fixing.head(f"{up}\n{INDEX[0]}", f"{INDEX[1]}\n{down}")
    stays = {
        one["line"]: one["why"] for one in fixing.fix().data["stays"] if "upgrade()" in one["why"]
    }
    assert list(stays) == [12]
    assert "as line 11 does, which needs a transaction" in stays[12]
    (first,) = fixing.added
    assert down.splitlines()[-1] in first.read_text()
    assert "_online" not in first.read_text()
    assert "drop_index_online('ix_a'" in fixing.file.read_text()
    fixing.there_and_back()


def test_what_leads_elsewhere_is_put_back(fixing: Fixing) -> None:
    # the second run, that of the safe form, is another revision
    up = f'{INDEX[0]}\nif ("on" + "line") in open(__file__).read():\n    op.drop_column("items", "name")'
    down = (
        'if ("on" + "line") in open(__file__).read():\n'
        '    op.add_column("items", sa.Column("name", sa.String(50)))\n' + INDEX[1]
    )
    fixing.head(up, down)
    before = fixing.file.read_bytes()
    with pytest.raises(ProcedureStop, match="not kept"):
        fixing.fix()
    assert fixing.file.read_bytes() == before
    assert fixing.added == []
    assert (fixing.project.folder / ".assay" / "backups" / "c1_change.py").read_bytes() == before


def test_a_dry_run_shows_and_writes_nothing(fixing: Fixing) -> None:
    fixing.head(MIXED, MIXED_DOWN)
    before = {path: path.read_bytes() for path in fixing.versions.glob("*.py")}
    ran = fixing.run("--dry-run")
    assert ran.code == 0, ran.text
    assert "+        op.create_index_online('ix_b', 'items', ['b'], unique=False)" in ran.out
    assert "dry-run" in ran.out
    assert {path: path.read_bytes() for path in fixing.versions.glob("*.py")} == before


def test_json_has_the_difference_the_files_and_what_stays(fixing: Fixing) -> None:
    fixing.head(*INDEX)
    ran = fixing.run("--json")
    assert ran.code == 0, ran.text
    document = ran.document
    assert document["files"] == ["migrations/versions/c1_change.py"]
    assert document["written"] is True
    assert document["stays"] == []
    assert "-    op.create_index(" in document["diff"]
    assert [s["name"] for s in document["steps"]] == ["fix", "proof"]
    again = fixing.run("--json")
    assert again.code == 0
    assert again.document["written"] is False


def test_a_file_with_other_line_ends_keeps_them(fixing: Fixing) -> None:
    fixing.head(*INDEX)
    fixing.file.write_bytes(fixing.file.read_bytes().replace(b"\n", b"\r\n"))
    fixing.fix()
    written = fixing.file.read_bytes()
    assert b"create_index_online" in written
    assert written.count(b"\n") == written.count(b"\r\n")


def test_prove_accepts_what_was_fixed(fixing: Fixing) -> None:
    more = MODELS + 'sa.Index("ix_a", items.c.a)\n'
    fixing.project.models(more)
    fixing.head(*INDEX)
    fixing.fix()
    ran = assay("prove", cwd=fixing.project.folder)
    assert ran.code == 0, ran.text


def test_prove_accepts_several_revisions(fixing: Fixing) -> None:
    key = 'sa.Column("id", sa.Integer, '
    items = MODELS.partition("items = ")[2].replace(
        key, f'{key}sa.ForeignKey("parents.id", name="fk_p"), autoincrement=True, '
    )
    more = f"{PARENTS}items = {items}".replace(
        'sa.Column("name"', 'sa.Column("b", sa.Integer, nullable=False), sa.Column("name"'
    )
    fixing.project.models(more + 'sa.Index("ix_b", items.c.b)\n')
    fixing.head(MIXED, MIXED_DOWN)
    fixing.fix()
    for which in ((), ("b0:head",)):
        ran = assay("prove", *which, cwd=fixing.project.folder)
        assert ran.code == 0, ran.text


def test_sqlite_has_nothing_to_fix(tmp_path: Path) -> None:
    from small_project import lay_out

    folder = tmp_path / "app"
    folder.mkdir()
    lay_out(folder, url=f"sqlite:///{folder}/real.db")
    ran = assay("review", "--fix", cwd=folder)
    assert ran.code == 0, ran.text
    assert "sqlite" in ran.out


def test_a_killed_run_leaves_the_original(fixing: Fixing) -> None:
    import os
    import signal
    import subprocess
    import sys
    import time

    from helpers import clean_environment

    hold = dedent(
        """
        import pathlib, time
        here = pathlib.Path(__file__)
        if "online" in here.read_text():
            (here.parent / "held").touch()
            while True:
                time.sleep(0.05)
        """
    )
    fixing.head(*INDEX)
    text = fixing.file.read_text().replace("revision = 'c1'", f"{hold}\nrevision = 'c1'")
    # the word itself must not be in the original
    text = text.replace('"online" in', '"on" + "line" in')
    fixing.file.write_text(text.replace('"on" + "line" in', '("on" + "line") in'))
    before = fixing.file.read_bytes()
    running = subprocess.Popen(
        [sys.executable, "-m", "assay", "review", "--fix"],
        cwd=fixing.project.folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    try:
        while not (fixing.versions / "held").exists():
            assert running.poll() is None, running.stdout and running.stdout.read()
            time.sleep(0.05)
    finally:
        if running.poll() is None:
            os.kill(running.pid, signal.SIGKILL)
        running.wait()
    assert fixing.file.read_bytes() != before
    backup = fixing.project.folder / ".assay" / "backups" / "c1_change.py"
    assert backup.read_bytes() == before


@pytest.fixture
def fixing_mysql(mariadb_server: str, tmp_path: Path) -> Iterator[Fixing]:
    """The same on MariaDB."""
    rows = (
        "INSERT INTO parents SELECT seq FROM seq_1_to_30",
        ("INSERT INTO items SELECT seq, mod(seq, 30) + 1, seq, 'x' FROM seq_1_to_30"),
    )
    with in_use(mariadb_server, tmp_path / "app", MODELS, *rows) as project:
        yield Fixing(project)


def test_mariadb_states_the_cheapest_form(fixing_mysql: Fixing) -> None:
    up = 'op.add_column("items", sa.Column("b", sa.Integer()))  # new\n' + INDEX[0]
    down = INDEX[1] + '\nop.drop_column("items", "b")'
    fixing_mysql.head(up, down)
    report = fixing_mysql.fix()
    assert report.data["written"]
    assert fixing_mysql.added == []
    text = fixing_mysql.file.read_text()
    assert "with op.stating('INSTANT'):\n        op.add_column(" in text
    assert "with op.stating('INPLACE', 'NONE'):\n        op.create_index(" in text
    assert "# new" in text
    fixing_mysql.there_and_back()


MARIADB_KEYS = {
    # the server makes an index, named as the key
    "named": ('"fk"', "'INPLACE', 'NONE'", "'fk'", '\nop.drop_index("fk", "items")'),
    # the server has the index, and gives the key its name
    "unnamed": ("None", "'INSTANT'", "op.f('items_ibfk_1')", ""),
}


@pytest.mark.parametrize("kind", MARIADB_KEYS)
def test_on_mariadb_rows_of_a_foreign_key_are_looked_at_afterwards(
    fixing_mysql: Fixing, kind: str
) -> None:
    given, form, name, index = MARIADB_KEYS[kind]
    columns = ["parent_id"] if kind == "named" else ["id"]
    up = f'op.create_foreign_key({given}, "items", "parents", {columns}, ["id"])'
    down = f'op.drop_constraint({name}, "items", type_="foreignkey")'
    fixing_mysql.head(up, down + index)
    assert fixing_mysql.findings() == ["locks/foreign-key-blocks-writes"]
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    assert f"with op.stating({form}):\n        op.create_foreign_key_online({name}, 'items'" in text
    assert fixing_mysql.findings("locks/", "hygiene/implicit", "data/") == []
    fixing_mysql.there_and_back()


def test_on_mariadb_the_key_of_a_new_column_comes_after_it(fixing_mysql: Fixing) -> None:
    key = 'sa.ForeignKey("parents.id", name="fk_owner", ondelete="SET NULL")'
    up = f'op.add_column("items", sa.Column("owner_id", sa.Integer(), {key}))  # whose'
    down = (
        'op.drop_constraint("fk_owner", "items", type_="foreignkey")\n'
        'op.drop_index("fk_owner", "items")\nop.drop_column("items", "owner_id")'
    )
    fixing_mysql.head(up, down)
    assert "locks/foreign-key-blocks-writes" in fixing_mysql.findings()
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    assert "# whose" in text
    assert "    with op.stating('INSTANT'):\n        op.add_column('items', sa.Column(" in text
    assert "\n        op.create_foreign_key_online('fk_owner', 'items', 'parents'" in text
    assert "ForeignKey(" not in text
    assert fixing_mysql.findings("locks/", "hygiene/implicit") == []
    fixing_mysql.there_and_back()


def test_on_mariadb_a_new_columns_key_without_a_name_stays(fixing_mysql: Fixing) -> None:
    up = 'op.add_column("items", sa.Column("owner_id", sa.Integer(), sa.ForeignKey("parents.id")))'
    down = (
        'op.drop_constraint("items_ibfk_1", "items", type_="foreignkey")\n'
        'op.drop_column("items", "owner_id")'
    )
    fixing_mysql.head(up, down)
    fixing_mysql.fix()
    assert "create_foreign_key_online" not in fixing_mysql.file.read_text()
    fixing_mysql.there_and_back()


def test_on_mariadb_a_key_without_name_or_index_stays(fixing_mysql: Fixing) -> None:
    """By its new name the server's index would be called otherwise."""
    up = 'op.create_foreign_key(None, "items", "parents", ["parent_id"], ["id"])'
    down = (
        'op.drop_constraint("items_ibfk_1", "items", type_="foreignkey")\n'
        'op.drop_index("parent_id", "items")'
    )
    fixing_mysql.head(up + "\n" + INDEX[0], INDEX[1] + "\n" + down)
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    assert f"    {up}\n" in text
    assert "op.stating('INPLACE', 'NONE'):\n        op.create_index(" in text
    fixing_mysql.there_and_back()


def test_on_mariadb_what_states_no_form_can_be_run_again_too(fixing_mysql: Fixing) -> None:
    up = (
        'op.create_table("notes", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'op.create_check_constraint("positive", "items", "a > 0")\n'
        'op.alter_column("items", "name", existing_type=sa.String(50), type_=sa.Text())'
    )
    down = (
        'op.alter_column("items", "name", existing_type=sa.Text(), type_=sa.String(50))\n'
        'op.drop_constraint("positive", "items", type_="check")\n'
        'op.drop_table("notes")'
    )
    fixing_mysql.head(up, down)
    assert "hygiene/implicit-commits" in fixing_mysql.findings("hygiene/")
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    for name in ("create_table", "create_check_constraint", "drop_table"):
        assert f"with op.resuming():\n        op.{name}(" in text
    assert '\n    op.alter_column("items", "name"' in text
    assert "hygiene/implicit-commits" not in fixing_mysql.findings("hygiene/")
    fixing_mysql.there_and_back()


def test_on_mariadb_a_primary_key_can_be_run_again_too(fixing_mysql: Fixing) -> None:
    """Alembic has no renderer for it (1.20.1)."""
    fixing_mysql.head(
        'op.create_table("notes", sa.Column("id", sa.Integer(), nullable=False))\n'
        'op.create_primary_key("pk_notes", "notes", ["id"])\n'
        'op.alter_column("items", "name", existing_type=sa.String(50), type_=sa.Text())',
        'op.alter_column("items", "name", existing_type=sa.Text(), type_=sa.String(50))\n'
        'op.drop_table("notes")',
    )
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    assert "with op.resuming():\n        op.create_primary_key('pk_notes', 'notes', ['id'])" in text
    assert "hygiene/implicit-commits" not in fixing_mysql.findings("hygiene/")
    fixing_mysql.there_and_back()


def test_on_mariadb_an_update_of_rows_without_a_value_runs_in_batches(
    fixing_mysql: Fixing,
) -> None:
    fixing_mysql.head("op.execute(\"UPDATE items SET name = '50%' WHERE name IS NULL\")", "pass")
    fixing_mysql.fix()
    text = fixing_mysql.file.read_text()
    assert "op.backfill_online('items', 'name', \"'50%'\")" in text
    assert fixing_mysql.findings("locks/", "hygiene/") == []
    fixing_mysql.there_and_back()


def test_killed_while_it_is_proven(fixing: Fixing) -> None:
    """The next command, whatever it is, finds the chain as it was."""
    fixing.head(
        INDEX[0] + '\nop.add_column("items", sa.Column("b", sa.Integer()))',
        'op.drop_column("items", "b")\n' + INDEX[1],
    )
    before = fixing.file.read_text()
    code = (
        "import os, sys; from assay.procedure import fixing;"
        " fixing._proven = lambda *given: os._exit(9);"
        " sys.argv = ['assay', 'review', '--fix']; from assay.cli.app import run; run()"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=fixing.project.folder,
        env=clean_environment(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    assert fixing.added
    assert fixing.file.read_text() != before
    ran = assay("status", cwd=fixing.project.folder)
    assert "c1_change.py is as it was before `assay review --fix` was killed" in ran.out
    assert fixing.added == []
    assert fixing.file.read_text() == before
    assert "recover" not in assay("status", cwd=fixing.project.folder).out
    fixing.run()
    assert fixing.added
