"""What is read of a revision file's text."""

from __future__ import annotations

from pathlib import Path

from assay.project.revision_file import operations_in, written_at


def test_what_is_written_in_a_batch(tmp_path: Path) -> None:
    file = tmp_path / "r.py"
    file.write_text(
        "def upgrade():\n"
        "    with op.batch_alter_table('t') as batch:\n"
        "        batch.drop_constraint(op.f('ck'), type_='check')\n"
        "    with op.batch_alter_table('t') as batch:\n"
        "        batch.drop_constraint(name)\n"
        "    if op.get_bind().dialect.name == 'x':\n"
        "        op.execute('SELECT 1')\n"
    )
    assert written_at(file, 2) == {"t", "ck", "check"}
    assert written_at(file, 4) is None
    assert written_at(file, 7) is None
    assert operations_in(file) == (
        (2, "batch_alter_table"),
        (4, "batch_alter_table"),
        (7, "execute"),
    )
