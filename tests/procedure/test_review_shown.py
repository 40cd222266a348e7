"""What a review says beside its findings: what each line did, in whose order, and what comes next."""

from __future__ import annotations

from pathlib import Path

from assay.procedure.commands import review
from small_project import lay_out, opened, revision

UP = """
op.execute("SET LOCAL lock_timeout = '2s'")
op.execute("DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN a int', 'users'); END $$")
op.execute("TRUNCATE users")
op.execute("GRANT SELECT ON users TO PUBLIC")
import time
time.sleep(0.01)
op.execute("CREATE TABLE events (id bigint PRIMARY KEY) PARTITION BY RANGE (id)")
"""


def _shown(folder: Path, server: str, up: str) -> tuple[list[str], str]:
    """The lines of a review, and its last word."""
    made = lay_out(
        folder,
        url=server,
        assay=f"[tool.assay.shadow]\npostgresql = {server!r}\n",
        revisions={"a1.py": revision(), "a2.py": revision(up, "pass", "a2", "a1")},
    )
    with opened(made) as session:
        report = review(session, "a2")
    return [line.text for step in report.steps for line in step.lines], report.next_step or ""


def test_each_line_says_what_it_did(tmp_path: Path, quick_postgresql: str) -> None:
    lines, _ = _shown(tmp_path / "p", quick_postgresql, UP)
    heads = [
        line.partition(":")[2].partition("  ")[2] for line in lines if line.startswith("a2.py:")
    ]
    assert heads[:6] == [
        "execute  (setting)",
        "execute  (added column users.a)",
        "execute  (data)",
        "execute  (privileges)",
        "",  # the sleep, before what comes after it
        "execute  (added table events)",
    ]
    assert any("format('ALTER TABLE %I ADD COLUMN a int'" in line for line in lines)


def test_what_an_online_operation_sets_for_itself_is_not_shown(
    tmp_path: Path, quick_postgresql: str
) -> None:
    up = (
        "import assay.operations\nwith op.get_context().autocommit_block():\n"
        '    op.create_index_online("ix", "users", ["id"])\nop.execute("SET lock_timeout = \'3s\'")'
    )
    lines, _ = _shown(tmp_path / "p", quick_postgresql, up)
    settings = [line for line in lines if line.startswith("SET ")]
    assert settings == ["SET lock_timeout = '3s'"]
    assert any(line.startswith("CREATE INDEX CONCURRENTLY") for line in lines)


def test_what_a_failed_upgrade_did_until_there_is_said(
    tmp_path: Path, quick_postgresql: str
) -> None:
    up = 'op.add_column("users", sa.Column("a", sa.Integer()))\nraise ValueError("half way")'
    lines, then = _shown(tmp_path / "p", quick_postgresql, up)
    assert any(line.endswith("add_column  (added column users.a)") for line in lines)
    assert then == "Correct the revision where it raises, and review it again."
